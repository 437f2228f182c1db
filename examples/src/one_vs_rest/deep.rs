//! What trains a network.

use std::collections::HashSet;

use anyhow::{bail, ensure};
use clap::ValueEnum;
use novelty_core::{Dataset, Fit, ImageShape, Score, TrainObserver, score_dataset};
use novelty_data::{Cached, ContrastNormalise, ContrastNormaliseConfig, InMemoryDataset, Map};
use novelty_models::{
    DeepSvddConfig, Device, LeNet, LeNetAutoencoderConfig, Loss, Schedule, TrainConfig, Trainer,
    VaeConfig, VaeScore, VaeTrainer,
};
use novelty_scoring::ReconstructionError;
use serde::Serialize;

use super::dataset::Task;
use super::methods::Scored;

/// Enough for the prepared images of a class.
const CACHE_BYTES: usize = 256 << 20;
/// Images scored at a time.
const BATCH: usize = 500;
/// The share of distinct scores that a sound model gives distinct images.
const MIN_SPREAD: f64 = 0.9;

/// How long Deep SVDD is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// 5 epochs of pretraining and 12 of Deep SVDD, at a rate with which they go as far
    Cut,
    /// 150 and 150 epochs, as published
    Full,
}

/// How networks are trained.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// How long.
    pub length: Length,
    /// One epoch a stage.
    pub is_smoke: bool,
    /// The seed.
    pub seed: u64,
    /// Where.
    pub device: Device,
}

impl Training {
    /// The epochs of both stages.
    #[must_use]
    pub fn epochs(&self) -> (usize, usize) {
        match self.length {
            _ if self.is_smoke => (1, 1),
            Length::Cut => (5, 12),
            Length::Full => (150, 150),
        }
    }

    /// A stage in so many epochs: the published 50 at 1e-4 and 100 at 1e-5, or fewer with the
    /// same sum of rates and the same share of epochs at the first.
    fn stage(&self, published: TrainConfig, epochs: usize) -> TrainConfig {
        let stage = published.epochs(epochs).seed(self.seed).device(self.device);
        let first = (epochs + 1) / 3;
        let sum = first as f64 + 0.1 * (epochs - first) as f64;
        let schedule = Schedule::MultiStep { milestones: vec![first], factor: 0.1 };
        stage.learning_rate(60.0 * 1e-4 / sum).schedule(schedule)
    }

    fn svdd(&self, shape: ImageShape) -> anyhow::Result<DeepSvddConfig<LeNetAutoencoderConfig>> {
        let network = match (shape.channels, shape.height, shape.width) {
            (1, 28, 28) => LeNet::Mnist,
            (3, 32, 32) => LeNet::Cifar10,
            _ => bail!("Deep SVDD's networks are for 1x28x28 and 3x32x32; the images are {shape}"),
        };
        let mut config = DeepSvddConfig::new(LeNetAutoencoderConfig::new(network));
        let (first, second) = self.epochs();
        config.train = self.stage(config.train, second);
        config.pretraining = config.pretraining.map(|stage| self.stage(stage, first));
        if let (LeNet::Cifar10, Some(stage)) = (network, config.pretraining.as_mut()) {
            *stage = stage.clone().optimizer(config.train.optimizer);
        }
        Ok(config)
    }
}

/// Images as Deep SVDD takes them.
struct Prepared<'a> {
    train: Cached<Map<&'a InMemoryDataset, ContrastNormalise>>,
    test: Map<&'a InMemoryDataset, ContrastNormalise>,
}

impl<'a> Prepared<'a> {
    fn new(task: &'a Task<'_>) -> anyhow::Result<Self> {
        let normalise = ContrastNormaliseConfig::new().fit(&task.train)?;
        let train = Cached::new(Map::new(&task.train, normalise)?, CACHE_BYTES);
        Ok(Self { train, test: Map::new(task.test, normalise)? })
    }
}

/// As many epochs as both stages of Deep SVDD, by the settings of its first.
pub(super) fn autoencoder(
    task: &Task<'_>,
    training: &Training,
    observer: &mut impl TrainObserver,
) -> anyhow::Result<Scored> {
    let data = Prepared::new(task)?;
    let config = training.svdd(task.test.image_shape())?;
    let Some(stage) = config.pretraining else { bail!("there is no first stage") };
    let (first, second) = training.epochs();
    let trainer = Trainer::new(config.network, training.stage(stage, first + second));
    let trained = trainer.loss(Loss::SummedSquaredError).fit_dataset(
        &data.train,
        None::<&InMemoryDataset>,
        observer,
    )?;
    let scorer = ReconstructionError::mse(&trained.model);
    let test = score_dataset(&scorer, &data.test, BATCH, &mut ())?.scores.to_vec();
    Ok(Scored { test, ..Scored::default() })
}

/// Fully connected, on plain pixels, three times the epochs of Deep SVDD's second stage: it is
/// that much faster.
pub(super) fn vae(
    task: &Task<'_>,
    training: &Training,
    observer: &mut impl TrainObserver,
) -> anyhow::Result<Scored> {
    let epochs = if training.is_smoke { 1 } else { 3 * training.epochs().1 };
    let config = TrainConfig::new()
        .epochs(epochs)
        .batch_size(128)
        .learning_rate(1e-3)
        .seed(training.seed)
        .device(training.device);
    let trainer = VaeTrainer::new(VaeConfig::new(task.test.image_shape()), config);
    let trained = trainer.fit_dataset(&task.train, None::<&InMemoryDataset>, observer)?;
    let test = VaeScore::elbo(&trained.model).score(task.test.images())?.to_vec();
    Ok(Scored { test, ..Scored::default() })
}

/// One-class, or with a share outside of a soft boundary. A model whose scores hardly differ
/// is an error.
pub(super) fn svdd(
    task: &Task<'_>,
    training: &Training,
    outside: Option<f64>,
    observer: &mut impl TrainObserver,
) -> anyhow::Result<Scored> {
    let data = Prepared::new(task)?;
    let mut config = training.svdd(task.test.image_shape())?;
    if let Some(nu) = outside {
        config = config.soft_boundary(nu);
    }
    let trained = config.fit_dataset(&data.train, observer)?;
    let test = score_dataset(&trained.model, &data.test, BATCH, &mut ())?.scores.to_vec();
    let distinct: HashSet<u32> = test.iter().map(|score| score.to_bits()).collect();
    let spread = distinct.len() as f64 / test.len().max(1) as f64;
    ensure!(spread >= MIN_SPREAD, "the scores have collapsed: {spread:.3} of them are distinct");
    let center = trained.model.center();
    let nearest = center.iter().map(|x| f64::from(x.abs())).fold(f64::INFINITY, f64::min);
    let epsilon = config.center_epsilon;
    ensure!(nearest > 0.99 * epsilon, "a coordinate of the centre is {nearest}, too near to 0");
    let norm = center.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    let loss = trained.pretraining.and_then(|stage| stage.final_train_loss());
    let measures = vec![
        ("distinct_scores", spread),
        ("center_norm", norm),
        ("center_smallest", nearest),
        ("pretraining_loss", loss.unwrap_or(f64::NAN)),
        ("training_loss", trained.history.final_train_loss().unwrap_or(f64::NAN)),
        ("radius", trained.model.radius().unwrap_or(0.0)),
    ];
    Ok(Scored { test, measures, ..Scored::default() })
}
