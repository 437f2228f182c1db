use std::error::Error;
use std::time::Instant;

use ndarray::Axis;
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Fit, Images, Score, score_dataset};
use novelty_metrics::{RocCurve, roc_curve};
use novelty_models::{
    CriticAutoencoderConfig, CriticScore, CriticTrainer, Device, FaceAutoencoderConfig,
    MlpAutoencoderConfig, NetworkConfig, TrainConfig, Trainer,
};
use novelty_scoring::ReconstructionError;

use super::Task;
use super::task::Source;
use crate::{CommonArguments, EpochBar};

/// Images scored at a time.
const BATCH: usize = 256;
/// Images that principal components are taken of: what fits in memory.
const N_PCA: usize = 2_000;
/// Steps of a default run.
const STEPS: usize = 1_000;

/// How the tiers are trained: all alike.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The seed.
    pub seed: u64,
    /// Threads computed with.
    pub threads: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    device: Device,
}

impl Settings {
    /// Batches of 16 for small sets and 128 for large ones, and about 1,000 steps, at most 200
    /// passes, unless the epochs are given.
    #[must_use]
    pub fn new(common: &CommonArguments, task: &Task, threads: usize) -> Self {
        let n = task.train.len();
        let batch_size = if n < 5_000 { 16 } else { 128 };
        let epochs = (STEPS * batch_size).div_ceil(n.max(1)).clamp(1, 200);
        let (seed, device) = (common.seed, common.device);
        Self { seed, threads, epochs: common.epochs_or(epochs), batch_size, device }
    }

    fn config(&self) -> TrainConfig {
        TrainConfig::new()
            .epochs(self.epochs)
            .batch_size(self.batch_size)
            .learning_rate(1e-3)
            .seed(self.seed)
            .device(self.device)
    }
}

/// A method, and what it made of the images to score.
#[derive(Debug)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Numbers learned.
    pub n_parameters: usize,
    /// Seconds to learn them.
    pub seconds: f64,
    /// The published area under its ROC curve, on faces.
    pub published: Option<f64>,
    /// Whether it is a cheap baseline.
    pub is_baseline: bool,
    /// One score an image.
    pub scores: Vec<f32>,
    /// The ROC curve, where labels are known.
    pub roc: Option<RocCurve>,
}

/// Trains and scores every method: principal components, the three tiers, and the critic.
///
/// # Errors
/// If an image cannot be read, or is too small for the networks.
pub fn judge(task: &Task, settings: &Settings) -> anyhow::Result<Vec<Method>> {
    let shape = task.train.image_shape();
    let mut methods = components(task)?;
    let face = FaceAutoencoderConfig::new(shape);
    let mlp = MlpAutoencoderConfig::new(shape);
    methods.push(tier(task, settings, "simple", "fully connected", 0.64046, mlp)?);
    let plain = face.clone().batch_norm(false);
    methods.push(tier(task, settings, "medium", "convolutional", 0.75719, plain)?);
    methods.push(tier(task, settings, "strong", "with BatchNorm", 0.81304, face)?);
    methods.extend(critic(task, settings)?);
    Ok(methods)
}

/// Principal components of several numbers: which is best cannot be known without labels.
fn components(task: &Task) -> anyhow::Result<Vec<Method>> {
    let images = task.spread(N_PCA)?;
    let n = images.len_of(Axis(0));
    let pixels = images.len() / n.max(1);
    let limit = pixels.min(n);
    let numbers = [1, 4, 16, 64].into_iter().filter(|&k| k < limit);
    let one = |k: usize| -> anyhow::Result<Method> {
        let started = Instant::now();
        let pca: ImagePca = PcaConfig::new(k).fit(images.view())?;
        let seconds = started.elapsed().as_secs_f64();
        let scores = score(&ReconstructionError::euclidean(&pca), &*task.test)?;
        Ok(Method {
            name: format!("PCA {k}"),
            description: format!("{k} principal components"),
            n_parameters: (k + 1) * pixels,
            seconds,
            published: None,
            is_baseline: true,
            roc: roc(&scores, task)?,
            scores,
        })
    };
    numbers.map(one).collect()
}

fn tier<C: NetworkConfig>(
    task: &Task,
    settings: &Settings,
    name: &str,
    description: &str,
    published: f64,
    network: C,
) -> anyhow::Result<Method> {
    let started = Instant::now();
    let trainer = Trainer::new(network, settings.config());
    let trained = trainer.fit_dataset(&*task.train, None::<&Source>, &mut EpochBar::new())?;
    let seconds = started.elapsed().as_secs_f64();
    let scores = score(&ReconstructionError::euclidean(&trained.model), &*task.test)?;
    Ok(Method {
        name: name.to_owned(),
        description: description.to_owned(),
        n_parameters: trained.model.n_parameters(),
        seconds,
        published: Some(published),
        is_baseline: false,
        roc: roc(&scores, task)?,
        scores,
    })
}

/// The tier above: its two scores, and both together, last.
fn critic(task: &Task, settings: &Settings) -> anyhow::Result<Vec<Method>> {
    let started = Instant::now();
    let network = CriticAutoencoderConfig::new(task.train.image_shape());
    let trainer = CriticTrainer::new(network, settings.config());
    let trained = trainer.fit_dataset(&*task.train, None::<&Source>, &mut EpochBar::new())?;
    let (model, seconds) = (trained.model, started.elapsed().as_secs_f64());
    let method = |name: &str,
                  description: &str,
                  scorer: CriticScore<'_>,
                  published|
     -> anyhow::Result<Method> {
        let scores = score(&scorer, &*task.test)?;
        Ok(Method {
            name: name.to_owned(),
            description: description.to_owned(),
            n_parameters: model.n_parameters(),
            seconds,
            published,
            is_baseline: false,
            roc: roc(&scores, task)?,
            scores,
        })
    };
    let restored = CriticScore::reconstruction(&model);
    Ok(vec![
        method("restoring", "the critic's autoencoder alone", restored, None)?,
        method("critic alone", "its verdict alone", CriticScore::critic(&model), None)?,
        method("critic", "both together", CriticScore::combined(&model), Some(0.86590))?,
    ])
}

fn score<S, E>(scorer: &S, test: &Source) -> anyhow::Result<Vec<f32>>
where
    S: for<'a> Score<Images<'a>, Error = E>,
    E: Error + Send + Sync + 'static,
{
    Ok(score_dataset(scorer, test, BATCH, &mut ())?.scores.to_vec())
}

fn roc(scores: &[f32], task: &Task) -> anyhow::Result<Option<RocCurve>> {
    let curve = task.labels.as_ref().map(|labels| roc_curve(scores, labels));
    Ok(curve.transpose()?)
}
