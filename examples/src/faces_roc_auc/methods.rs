use std::error::Error;
use std::time::Instant;

use ndarray::{Array4, Axis};
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Fit, Images, Reconstruct, Score, score_dataset};
use novelty_metrics::{RocCurve, roc_curve};
use novelty_models::{
    CriticAutoencoderConfig, CriticScore, CriticTrainer, Device, FaceAutoencoderConfig,
    MlpAutoencoderConfig, NetworkConfig, TrainConfig, Trainer,
};
use novelty_scoring::ReconstructionError;

use super::Task;
use super::task::{Source, read};
use crate::{CommonArguments, EpochBar, TaskBar};

/// Images scored at a time.
const BATCH: usize = 256;
/// Images that principal components are taken of: what fits in memory.
const N_PCA: usize = 2_000;
/// Steps of a default run.
const STEPS: usize = 1_000;
/// Scores of parts of the last network, which are not learned apart.
pub(super) const PARTS: [&str; 2] = ["restoring", "critic alone"];

/// How the tiers are trained: all alike.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    seed: u64,
    device: Device,
}

impl Settings {
    /// Batches of 16 for small sets and 128 for large ones, and about 1,000 steps, at most 200
    /// passes, unless the epochs are given.
    #[must_use]
    pub fn new(common: &CommonArguments, task: &Task) -> Self {
        let n = task.train.len();
        let batch_size = if n < 5_000 { 16 } else { 128 };
        let epochs = (STEPS * batch_size).div_ceil(n.max(1)).clamp(1, 200);
        let (seed, device) = (common.seed, common.device);
        Self { epochs: common.epochs_or(epochs), batch_size, seed, device }
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
#[derive(Debug, Clone)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Numbers learned.
    pub n_parameters: usize,
    /// Seconds to learn them.
    pub seconds_train: f64,
    /// Seconds to score the images.
    pub seconds_score: f64,
    /// The published area under its ROC curve, on faces.
    pub published: Option<f64>,
    /// Whether it is a cheap baseline.
    pub is_baseline: bool,
    /// One score an image.
    pub scores: Vec<f32>,
    /// The ROC curve, where labels are known.
    pub roc: Option<RocCurve>,
    /// What a network makes of the [images shown](Task::shown).
    pub redrawn: Option<Array4<f32>>,
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
        let learned = Learned::since(started, (k + 1) * pixels);
        let name = format!("PCA {k}");
        let method = learned.method(task, &name, &ReconstructionError::euclidean(&pca))?;
        let description = format!("principal components, {k} of them");
        Ok(Method { is_baseline: true, description, ..method })
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
    let bar = &mut EpochBar::named(format!("{name} tier"));
    let model = trainer.fit_dataset(&*task.train, None::<&Source>, bar)?.model;
    let learned = Learned::since(started, model.n_parameters());
    let method = learned.method(task, name, &ReconstructionError::euclidean(&model))?;
    Ok(Method {
        description: description.to_owned(),
        published: Some(published),
        redrawn: Some(redraw(&model, task)?),
        ..method
    })
}

/// The tier above: its two scores, and both together, last.
fn critic(task: &Task, settings: &Settings) -> anyhow::Result<Vec<Method>> {
    let started = Instant::now();
    let network = CriticAutoencoderConfig::new(task.train.image_shape());
    let trainer = CriticTrainer::new(network, settings.config());
    let bar = &mut EpochBar::named("critic");
    let model = trainer.fit_dataset(&*task.train, None::<&Source>, bar)?.model;
    let learned = Learned::since(started, model.n_parameters());
    let [restoring, alone] = PARTS;
    let method = |name: &str, description: &str, scorer: CriticScore<'_>| {
        let method = learned.method(task, name, &scorer)?;
        anyhow::Ok(Method { description: description.to_owned(), ..method })
    };
    let both = method("critic", "autoencoder and critic together", CriticScore::combined(&model))?;
    Ok(vec![
        Method {
            redrawn: Some(redraw(&model, task)?),
            ..method(
                restoring,
                "the critic's autoencoder alone",
                CriticScore::reconstruction(&model),
            )?
        },
        method(alone, "its verdict alone", CriticScore::critic(&model))?,
        Method { published: Some(0.86590), ..both },
    ])
}

/// What was just learned.
#[derive(Debug, Clone, Copy)]
struct Learned {
    n_parameters: usize,
    seconds: f64,
}

impl Learned {
    fn since(started: Instant, n_parameters: usize) -> Self {
        Self { n_parameters, seconds: started.elapsed().as_secs_f64() }
    }

    /// The method's scores of all images, a batch of them in memory at a time.
    fn method<S, E>(self, task: &Task, name: &str, scorer: &S) -> anyhow::Result<Method>
    where
        S: for<'a> Score<Images<'a>, Error = E>,
        E: Error + Send + Sync + 'static,
    {
        let started = Instant::now();
        let bar = &mut TaskBar::new(format!("scoring by {name}"), task.test.len());
        let scores = score_dataset(scorer, &*task.test, BATCH, bar)?.scores.to_vec();
        let roc = task.labels.as_ref().map(|labels| roc_curve(&scores, labels)).transpose()?;
        Ok(Method {
            name: name.to_owned(),
            description: String::new(),
            n_parameters: self.n_parameters,
            seconds_train: self.seconds,
            seconds_score: started.elapsed().as_secs_f64(),
            published: None,
            is_baseline: false,
            scores,
            roc,
            redrawn: None,
        })
    }
}

fn redraw<M, E>(model: &M, task: &Task) -> anyhow::Result<Array4<f32>>
where
    M: Reconstruct<Error = E>,
    E: Error + Send + Sync + 'static,
{
    Ok(model.reconstruct(read(&*task.test, task.shown())?.view())?)
}
