use novelty_core::InputError;
use serde::{Deserialize, Serialize};

use crate::settings::{below_one, not_negative, positive};

/// The loss that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Monitor {
    /// The training loss. It falls when a network learns its data by heart, too.
    #[default]
    Train,
    /// The validation loss; training without validation data is then an error.
    Validation,
}

/// How the learning rate changes while training.
///
/// Epochs count from 0 here, as in PyTorch's schedulers, whose rates these are; `rate` is the
/// initial learning rate.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Schedule {
    /// It stays as it is.
    #[default]
    Constant,
    /// `rate / (1 + decay * step)`, counted in optimiser steps from 0 (Keras's `decay`).
    TimeBased {
        /// At least 0; Keras users often take `rate / epochs`.
        decay: f64,
    },
    /// `rate * factor^(epoch / every)`, rounded down.
    Step {
        /// Epochs between changes, at least 1.
        every: usize,
        /// Above 0, finite; 0.1 is usual.
        factor: f64,
    },
    /// `rate * factor^n` after `n` of the milestones. One that stands twice counts twice.
    MultiStep {
        /// The epochs, counted from 0, from which the rate is lower.
        milestones: Vec<usize>,
        /// Above 0, finite; 0.1 is usual.
        factor: f64,
    },
    /// Times `factor` whenever the loss has not fallen for `patience` epochs.
    Plateau(PlateauConfig),
    /// Half a cosine from `rate` down to `min_rate` over the planned epochs.
    ///
    /// Loshchilov and Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, ICLR 2017
    /// (without the restarts).
    Cosine {
        /// At least 0, finite.
        min_rate: f64,
    },
}

/// When a loss that no longer falls lowers the learning rate.
///
/// The rate is multiplied by `factor` in the epoch after more than `patience` epochs in a row
/// without a loss below `best * (1 - tolerance)`. As PyTorch's `ReduceLROnPlateau`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlateauConfig {
    /// The loss watched. Default the training loss.
    pub monitor: Monitor,
    /// What the rate is multiplied with, in 0..1. Default 0.1.
    pub factor: f64,
    /// Epochs without improvement that are waited for. Default 10.
    pub patience: usize,
    /// The share a loss must fall by to count, in 0..1. Default 1e-4.
    pub tolerance: f64,
    /// The rate never falls below this; at least 0. Default 0.
    pub min_rate: f64,
}

impl Default for PlateauConfig {
    fn default() -> Self {
        Self { monitor: Monitor::Train, factor: 0.1, patience: 10, tolerance: 1e-4, min_rate: 0.0 }
    }
}

impl PlateauConfig {
    /// Sets the loss watched.
    #[must_use]
    pub fn monitor(mut self, monitor: Monitor) -> Self {
        self.monitor = monitor;
        self
    }

    /// Sets what the rate is multiplied with.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// Sets the epochs without improvement that are waited for.
    #[must_use]
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// Sets the share a loss must fall by to count.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the lowest rate.
    #[must_use]
    pub fn min_rate(mut self, min_rate: f64) -> Self {
        self.min_rate = min_rate;
        self
    }
}

/// When training has converged: `patience` epochs in a row without a loss below
/// `best * (1 - tolerance)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConvergenceConfig {
    /// The loss watched. Default the training loss.
    pub monitor: Monitor,
    /// Epochs without improvement after which training ends, at least 1. Default 10.
    pub patience: usize,
    /// The share a loss must fall by to count, in 0..1. Default 1e-4.
    pub tolerance: f64,
}

impl Default for ConvergenceConfig {
    fn default() -> Self {
        Self { monitor: Monitor::Train, patience: 10, tolerance: 1e-4 }
    }
}

impl ConvergenceConfig {
    /// Sets the loss watched.
    #[must_use]
    pub fn monitor(mut self, monitor: Monitor) -> Self {
        self.monitor = monitor;
        self
    }

    /// Sets the epochs without improvement after which training ends.
    #[must_use]
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// Sets the share a loss must fall by to count.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    pub(crate) fn validate(&self) -> Result<(), InputError> {
        if self.patience == 0 {
            return Err(InputError::setting("convergence patience", self.patience, "at least 1"));
        }
        below_one("convergence tolerance", self.tolerance)
    }
}

/// How long a loss has not fallen.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Stagnation {
    best: Option<f64>,
    epochs: usize,
}

impl Stagnation {
    /// Takes note of an epoch's loss; the epochs since the last that counted as a fall.
    pub(crate) fn observe(&mut self, loss: f64, tolerance: f64) -> usize {
        if self.best.is_none_or(|best| loss < best * (1.0 - tolerance)) {
            self.best = Some(loss);
            self.epochs = 0;
        } else {
            self.epochs += 1;
        }
        self.epochs
    }
}

/// The learning rate of a run so far: what a schedule that watches the loss has to remember.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// The initial rate, lowered by each plateau.
    rate: f64,
    stagnation: Stagnation,
}

impl Pace {
    pub(crate) fn new(rate: f64) -> Self {
        Self { rate, stagnation: Stagnation::default() }
    }

    /// The rate of an epoch, counted from 1, at a step of the run, counted from 0.
    pub(crate) fn rate_at(
        &self,
        schedule: &Schedule,
        step: u64,
        epoch: usize,
        n_epochs: usize,
    ) -> f64 {
        schedule.rate_at(self.rate, step, epoch.saturating_sub(1), n_epochs)
    }

    /// Takes note of an epoch's losses.
    pub(crate) fn epoch_done(&mut self, schedule: &Schedule, train: f64, validation: Option<f64>) {
        let Schedule::Plateau(plateau) = schedule else { return };
        let Some(loss) = plateau.monitor.pick(train, validation) else { return };
        if self.stagnation.observe(loss, plateau.tolerance) > plateau.patience {
            let lower = (self.rate * plateau.factor).max(plateau.min_rate);
            // PyTorch leaves a rate alone that would change by less.
            if self.rate - lower > 1e-8 {
                self.rate = lower;
            }
            self.stagnation.epochs = 0;
        }
    }
}

impl Monitor {
    pub(crate) fn pick(self, train: f64, validation: Option<f64>) -> Option<f64> {
        match self {
            Self::Train => Some(train),
            Self::Validation => validation,
        }
    }
}

impl Schedule {
    /// The learning rate of a step and an epoch, both counted from 0, given the initial `rate`
    /// and the number of epochs planned. A plateau's depends on the losses: for it, `rate` is
    /// what it has come to.
    #[must_use]
    pub fn rate_at(&self, rate: f64, step: u64, epoch: usize, n_epochs: usize) -> f64 {
        match self {
            Self::Constant | Self::Plateau(_) => rate,
            Self::TimeBased { decay } => rate / (1.0 + decay * step as f64),
            Self::Step { every, factor } => rate * power(*factor, epoch / (*every).max(1)),
            Self::MultiStep { milestones, factor } => {
                rate * power(*factor, milestones.iter().filter(|&&at| at <= epoch).count())
            }
            Self::Cosine { min_rate } => {
                let share = epoch as f64 / n_epochs.max(1) as f64;
                let fall = (1.0 + (std::f64::consts::PI * share).cos()) / 2.0;
                min_rate + (rate - min_rate) * fall
            }
        }
    }

    /// Whether it needs validation data.
    pub(crate) fn watches_validation(&self) -> bool {
        matches!(self, Self::Plateau(plateau) if plateau.monitor == Monitor::Validation)
    }

    pub(crate) fn validate(&self) -> Result<(), InputError> {
        match self {
            Self::Constant => Ok(()),
            Self::TimeBased { decay } => not_negative("decay", *decay),
            Self::Step { every: 0, .. } => Err(InputError::setting("every", 0, "at least 1")),
            Self::Step { factor, .. } | Self::MultiStep { factor, .. } => {
                positive("factor", *factor)
            }
            Self::Plateau(plateau) => {
                positive("factor", plateau.factor)?;
                below_one("factor", plateau.factor)?;
                below_one("tolerance", plateau.tolerance)?;
                not_negative("min_rate", plateau.min_rate)
            }
            Self::Cosine { min_rate } => not_negative("min_rate", *min_rate),
        }
    }
}

fn power(factor: f64, n: usize) -> f64 {
    factor.powi(i32::try_from(n).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        losses: Vec<f64>,
        rates: BTreeMap<String, Vec<f64>>,
    }

    fn golden() -> Golden {
        serde_json::from_str(include_str!("../tests/golden/optimizers/schedules.json")).unwrap()
    }

    #[test]
    fn time_based_decay_halves_after_one_over_decay_steps() {
        let schedule = Schedule::TimeBased { decay: 5e-5 };
        assert!((schedule.rate_at(1e-3, 0, 0, 1) - 1e-3).abs() < 1e-18);
        assert!((schedule.rate_at(1e-3, 20_000, 9, 10) - 5e-4).abs() < 1e-18);
        assert!(Schedule::TimeBased { decay: f64::NAN }.validate().is_err());
    }

    #[test]
    fn rates_are_those_of_pytorch() {
        let Golden { losses, rates } = golden();
        let plateau = PlateauConfig::default().patience(2).min_rate(2e-6);
        let milestones = vec![2, 5, 5, 9];
        let schedules = [
            ("step", Schedule::Step { every: 3, factor: 0.5 }),
            ("multi_step", Schedule::MultiStep { milestones, factor: 0.1 }),
            ("plateau", Schedule::Plateau(plateau)),
            ("cosine", Schedule::Cosine { min_rate: 1e-5 }),
        ];
        assert_eq!(rates.len(), schedules.len());
        for (name, schedule) in schedules {
            schedule.validate().unwrap();
            let mut pace = Pace::new(1e-3);
            for (i, (&loss, wanted)) in losses.iter().zip(&rates[name]).enumerate() {
                let rate = pace.rate_at(&schedule, 0, i + 1, losses.len());
                assert!((rate / wanted - 1.0).abs() < 1e-9, "{name} {i}: {rate} != {wanted}");
                pace.epoch_done(&schedule, loss, None);
            }
        }
    }

    #[test]
    fn a_loss_stagnates_until_it_falls_by_the_tolerance() {
        let mut stagnation = Stagnation::default();
        let seen = [1.0, 0.95, 0.91, 0.89, 0.9].map(|loss| stagnation.observe(loss, 0.1));
        assert_eq!(seen, [0, 1, 2, 0, 1]);
    }
}
