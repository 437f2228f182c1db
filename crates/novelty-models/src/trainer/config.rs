use novelty_core::InputError;
use serde::{Deserialize, Serialize};

use crate::{AdamConfig, Device, Schedule};

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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrainConfig {
    /// Passes over the training set, at least 1. Default 20.
    pub epochs: usize,
    /// Images a step, at least 1. The last batch of an epoch may be smaller. Default 32.
    pub batch_size: usize,
    /// The initial learning rate, above 0. Default 1e-3.
    pub learning_rate: f64,
    /// How the learning rate changes. Default constant.
    pub schedule: Schedule,
    /// The optimiser. Default Adam.
    pub optimizer: AdamConfig,
    /// Which weights training ends with. Default the last.
    pub keep: Keep,
    /// Seed of the weights and of the order of images. Default 42.
    pub seed: u64,
    /// Where to train. Default [`Device::Auto`].
    pub device: Device,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 20,
            batch_size: 32,
            learning_rate: 1e-3,
            schedule: Schedule::Constant,
            optimizer: AdamConfig::default(),
            keep: Keep::Last,
            seed: 42,
            device: Device::Auto,
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
    pub fn optimizer(mut self, optimizer: AdamConfig) -> Self {
        self.optimizer = optimizer;
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

    pub(crate) fn validate(&self) -> Result<(), InputError> {
        if self.epochs == 0 {
            return Err(InputError::setting("epochs", self.epochs, "at least 1"));
        }
        if self.batch_size == 0 {
            return Err(InputError::setting("batch_size", self.batch_size, "at least 1"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(InputError::setting("learning_rate", self.learning_rate, "above 0"));
        }
        self.schedule.validate()?;
        self.optimizer.validate()
    }
}
