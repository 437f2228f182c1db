use novelty_core::InputError;
use serde::{Deserialize, Serialize};

/// How the learning rate changes while training.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
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
}

impl Schedule {
    /// The learning rate of a step, counted from 0, given the initial `rate`.
    #[must_use]
    pub fn rate_at(self, rate: f64, step: u64) -> f64 {
        match self {
            Self::Constant => rate,
            Self::TimeBased { decay } => rate / (1.0 + decay * step as f64),
        }
    }

    pub(crate) fn validate(self) -> Result<(), InputError> {
        match self {
            Self::TimeBased { decay } if !(decay >= 0.0 && decay.is_finite()) => {
                Err(InputError::setting("decay", decay, "at least 0"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_based_decay_halves_after_one_over_decay_steps() {
        let schedule = Schedule::TimeBased { decay: 5e-5 };
        assert!((schedule.rate_at(1e-3, 0) - 1e-3).abs() < 1e-18);
        assert!((schedule.rate_at(1e-3, 20_000) - 5e-4).abs() < 1e-18);
        assert!(Schedule::TimeBased { decay: f64::NAN }.validate().is_err());
    }
}
