use novelty_core::InputError;
use serde::{Deserialize, Serialize};

use crate::settings::positive;
use crate::{Clip, ConvergenceConfig, Device, Monitor, OptimizerConfig, Precision, Schedule};

/// Which weights training ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Keep {
    /// Those of the last epoch.
    #[default]
    Last,
    /// Those of the epoch with the lowest validation loss; of the last without validation data.
    Best,
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrainConfig {
    /// Passes over the training set, at least 1. Default 20.
    pub epochs: usize,
    /// Images a step, at least 1. The last batch of an epoch may be smaller. Default 32.
    pub batch_size: usize,
    /// Whether images that do not fill a batch wait for another epoch. Default no.
    pub drop_last: bool,
    /// The initial learning rate, above 0. Default 1e-3.
    pub learning_rate: f64,
    /// How the learning rate changes. Default constant.
    pub schedule: Schedule,
    /// The optimiser. Default Adam.
    pub optimizer: OptimizerConfig,
    /// A bound on the gradients. Default none.
    pub clip: Option<Clip>,
    /// When training ends before the last epoch. Default never.
    pub convergence: Option<ConvergenceConfig>,
    /// Which weights training ends with. Default the last.
    pub keep: Keep,
    /// Seed of the weights and of the order of images. Default 42.
    pub seed: u64,
    /// Where to train. Default [`Device::Auto`].
    pub device: Device,
    /// What a step computes with; weights and running values are 32-bit floats in any case, and
    /// the trained model starts out with [`Precision::Single`]. Default that, too.
    #[serde(default)]
    pub precision: Precision,
    /// Epochs between training checkpoints, at least 1, where the trainer is given a folder for
    /// them. Default 1.
    pub checkpoint_every: usize,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 20,
            batch_size: 32,
            drop_last: false,
            learning_rate: 1e-3,
            schedule: Schedule::Constant,
            optimizer: OptimizerConfig::default(),
            clip: None,
            convergence: None,
            keep: Keep::Last,
            seed: 42,
            device: Device::Auto,
            precision: Precision::Single,
            checkpoint_every: 1,
        }
    }
}

impl TrainConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the passes over the training set.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets the images a step.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Sets the initial learning rate.
    #[must_use]
    pub fn learning_rate(mut self, learning_rate: f64) -> Self {
        self.learning_rate = learning_rate;
        self
    }

    /// Sets how the learning rate changes.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Sets the optimiser.
    #[must_use]
    pub fn optimizer(mut self, optimizer: impl Into<OptimizerConfig>) -> Self {
        self.optimizer = optimizer.into();
        self
    }

    /// Bounds the gradients.
    #[must_use]
    pub fn clip(mut self, clip: impl Into<Option<Clip>>) -> Self {
        self.clip = clip.into();
        self
    }

    /// Sets when training ends before the last epoch.
    #[must_use]
    pub fn convergence(mut self, convergence: impl Into<Option<ConvergenceConfig>>) -> Self {
        self.convergence = convergence.into();
        self
    }

    /// Sets whether images that do not fill a batch are left out of the epoch.
    #[must_use]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// Sets the epochs between training checkpoints.
    #[must_use]
    pub fn checkpoint_every(mut self, epochs: usize) -> Self {
        self.checkpoint_every = epochs;
        self
    }

    /// Sets which weights training ends with.
    #[must_use]
    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets where to train.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Sets what a step computes with.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    pub(crate) fn validate(&self) -> Result<(), InputError> {
        if self.epochs == 0 {
            return Err(InputError::setting("epochs", self.epochs, "at least 1"));
        }
        if self.batch_size == 0 {
            return Err(InputError::setting("batch_size", self.batch_size, "at least 1"));
        }
        positive("learning_rate", self.learning_rate)?;
        if self.checkpoint_every == 0 {
            return Err(InputError::setting("checkpoint_every", 0, "at least 1"));
        }
        self.schedule.validate()?;
        self.clip.map_or(Ok(()), Clip::validate)?;
        self.convergence.as_ref().map_or(Ok(()), ConvergenceConfig::validate)?;
        self.optimizer.validate()
    }

    /// Whether a setting watches the validation loss.
    pub(super) fn needs_validation(&self) -> bool {
        let converges = self.convergence.as_ref().map(|rule| rule.monitor);
        self.schedule.watches_validation() || converges == Some(Monitor::Validation)
    }

    /// The settings that decide what a run computes: not how long it goes on, nor where.
    pub(super) fn decisive(&self) -> Self {
        // The cosine's rates depend on the number of epochs.
        let is_planned = matches!(self.schedule, Schedule::Cosine { .. });
        let epochs = if is_planned { self.epochs } else { 0 };
        Self { epochs, device: Device::Cpu, checkpoint_every: 1, ..self.clone() }
    }
}
