use std::path::PathBuf;

use novelty_core::InputError;
use serde::{Deserialize, Serialize};

use crate::settings::{not_negative, positive};
use crate::{AdamConfig, Loss, Schedule, TrainConfig};

/// What the hypersphere is trained for.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SvddObjective {
    /// The mean squared distance to the centre is minimised; the score is the squared distance.
    #[default]
    OneClass,
    /// A radius leaves a share `nu` of the training data outside:
    /// `R^2 + mean(max(0, d - R^2)) / nu` is minimised; the score is `d - R^2`.
    SoftBoundary {
        /// The share of training data outside, in (0, 1]. The paper takes the better of 0.01 and
        /// 0.1.
        nu: f64,
        /// Epochs in which the radius stays 0.
        warm_up: usize,
        /// How the radius is found.
        radius: RadiusRule,
    },
    /// Deep SAD: labelled samples count `eta` times, anomalous ones by the inverse of their
    /// distance; the score is the squared distance.
    SemiSupervised {
        /// The weight of a labelled sample, above 0. The paper takes 1.
        eta: f64,
    },
}

/// How the radius of a soft boundary is found: as a quantile of distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RadiusRule {
    /// After every epoch, of all training data in evaluation mode. The radius the model keeps
    /// is that of its final weights.
    #[default]
    AllData,
    /// After every step, of the batch it was taken on, in training mode, as the authors' code
    /// does. The radius the model keeps is then a chance of the last batch.
    LastBatch,
}

/// The settings of Deep SVDD: an encoder is trained to map normal images close to a point.
///
/// Training has two stages: the autoencoder that `network` describes is pretrained to redraw
/// the images; then its encoder, with weights and running statistics, goes on alone. The centre
/// is the mean code before the second stage, in evaluation mode.
///
/// Defaults are those of the authors' PyTorch code for MNIST: Adam with learning rate 1e-4, a
/// tenth of it from epoch 50 (counted from 0), 150 epochs of 200 images in both stages, L2
/// penalty 0.5e-3 and 0.5e-6. They prepare images by global contrast normalisation and scale
/// them to the range of the normal class (`ContrastNormalise` in `novelty-data`).
///
/// Differences from that code, all on purpose: an exact 0 in the centre is moved away from 0 like
/// any small value; the radius is that of all training data ([`RadiusRule::LastBatch`] has
/// theirs); Deep SAD's centre leaves known anomalies out; a network that could collapse is
/// refused, and a collapsed model is an error.
///
/// ```
/// use ndarray::Array4;
/// use novelty_core::{Fit, Score};
/// use novelty_models::{DeepSvddConfig, Device, LeNet, LeNetAutoencoderConfig, TrainConfig};
///
/// let images = Array4::from_shape_fn((16, 1, 28, 28), |(n, _, y, x)| ((n + x * y) % 7) as f32 / 7.0);
/// let stage = TrainConfig::new().epochs(2).batch_size(8).learning_rate(1e-4).device(Device::Cpu);
/// let config = DeepSvddConfig::new(LeNetAutoencoderConfig::new(LeNet::Mnist));
/// let model = config.pretraining(stage.clone()).train(stage).fit(images.view())?;
/// assert_eq!(model.center().len(), 32);
/// assert!(model.score(images.view())?.iter().all(|&score| score >= 0.0));
/// # Ok::<(), novelty_models::ModelError>(())
/// ```
///
/// Ruff, Vandermeulen, Görnitz, Deecke, Siddiqui, Binder, Müller and Kloft, *Deep One-Class
/// Classification*, ICML 2018; Ruff et al., *Deep Semi-Supervised Anomaly Detection*, ICLR 2020.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeepSvddConfig<C> {
    /// The autoencoder whose encoder is trained.
    pub network: C,
    /// What the hypersphere is trained for. Default one-class.
    pub objective: SvddObjective,
    /// No coordinate of the centre is nearer to 0 than this, at least 0: where it is 0, a weight
    /// of 0 reaches it whatever the image. Default 0.1.
    pub center_epsilon: f64,
    /// The second stage. Its seed is also that of the weights, where there is no first.
    pub train: TrainConfig,
    /// The first stage; `None` starts from random weights.
    pub pretraining: Option<TrainConfig>,
    /// The loss of the first stage. Default squared error summed over the pixels of an image;
    /// Deep SAD takes the mean.
    pub pretraining_loss: Loss,
    /// Where training checkpoints go. Default nowhere.
    pub checkpoints: Option<PathBuf>,
}

impl<C> DeepSvddConfig<C> {
    /// The defaults for an architecture.
    #[must_use]
    pub fn new(network: C) -> Self {
        let train = |weight_decay| {
            TrainConfig::new()
                .epochs(150)
                .batch_size(200)
                .learning_rate(1e-4)
                .schedule(Schedule::MultiStep { milestones: vec![50], factor: 0.1 })
                .optimizer(AdamConfig::default().weight_decay(weight_decay))
        };
        Self {
            network,
            objective: SvddObjective::OneClass,
            center_epsilon: 0.1,
            train: train(0.5e-6),
            pretraining: Some(train(0.5e-3)),
            pretraining_loss: Loss::SummedSquaredError,
            checkpoints: None,
        }
    }

    /// Deep SAD with its defaults: `eta` 1, batches of 128 of which the last is dropped, and the
    /// mean squared error in pretraining. Labels are those of the dataset: `Some(false)` is a
    /// known normal sample, `Some(true)` a known anomaly, `None` unlabelled.
    #[must_use]
    pub fn semi_supervised(network: C) -> Self {
        let config = Self::new(network);
        let narrow = |train: TrainConfig| train.batch_size(128).drop_last(true);
        Self {
            objective: SvddObjective::SemiSupervised { eta: 1.0 },
            train: narrow(config.train),
            pretraining: config.pretraining.map(narrow),
            pretraining_loss: Loss::MeanSquaredError,
            ..config
        }
    }

    /// Takes a soft boundary with a share `nu` outside, 10 epochs of warm-up, and the radius by
    /// all training data.
    #[must_use]
    pub fn soft_boundary(mut self, nu: f64) -> Self {
        let radius = RadiusRule::AllData;
        self.objective = SvddObjective::SoftBoundary { nu, warm_up: 10, radius };
        self
    }

    /// Sets what the hypersphere is trained for.
    #[must_use]
    pub fn objective(mut self, objective: SvddObjective) -> Self {
        self.objective = objective;
        self
    }

    /// Sets how near to 0 a coordinate of the centre may be.
    #[must_use]
    pub fn center_epsilon(mut self, center_epsilon: f64) -> Self {
        self.center_epsilon = center_epsilon;
        self
    }

    /// Sets the second stage.
    #[must_use]
    pub fn train(mut self, train: TrainConfig) -> Self {
        self.train = train;
        self
    }

    /// Sets the first stage, or leaves it out.
    #[must_use]
    pub fn pretraining(mut self, pretraining: impl Into<Option<TrainConfig>>) -> Self {
        self.pretraining = pretraining.into();
        self
    }

    /// Sets the loss of the first stage.
    #[must_use]
    pub fn pretraining_loss(mut self, loss: Loss) -> Self {
        self.pretraining_loss = loss;
        self
    }

    /// Writes training checkpoints of both stages below `folder`.
    #[must_use]
    pub fn checkpoints(mut self, folder: impl Into<PathBuf>) -> Self {
        self.checkpoints = Some(folder.into());
        self
    }

    pub(super) fn validate(&self) -> Result<(), InputError> {
        self.objective.validate()?;
        not_negative("center_epsilon", self.center_epsilon)?;
        self.train.validate()?;
        self.pretraining.as_ref().map_or(Ok(()), TrainConfig::validate)
    }
}

impl SvddObjective {
    fn validate(self) -> Result<(), InputError> {
        match self {
            Self::SoftBoundary { nu, .. } if !(nu > 0.0 && nu <= 1.0) => {
                Err(InputError::setting("nu", nu, "above 0, at most 1"))
            }
            Self::SemiSupervised { eta } => positive("eta", eta),
            _ => Ok(()),
        }
    }
}
