use novelty_core::InputError;
use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

use super::adam::with_penalty;
use crate::settings::{below_one, not_negative, positive};

/// The settings of RMSprop.
///
/// `v <- rho v + (1 - rho) g^2`; `d = g / (sqrt(v) + epsilon)`, with `centered`
/// `d = g / (sqrt(v - m^2) + epsilon)` where `m <- rho m + (1 - rho) g`; with momentum
/// `b <- momentum * b + d` and `w <- w - rate * b`, else `w <- w - rate * d`.
///
/// Tieleman and Hinton, *Lecture 6.5: rmsprop*, 2012; centred after Graves, *Generating
/// Sequences With Recurrent Neural Networks*, 2013. Defaults as in PyTorch: rho 0.99, epsilon
/// 1e-8. Keras takes 0.9 and 1e-7.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RmsPropConfig {
    /// Decay of the mean square (PyTorch's alpha), in 0..1. Default 0.99.
    pub rho: f64,
    /// Added to the root of the mean square, above 0. Default 1e-8.
    pub epsilon: f64,
    /// The share of earlier steps in a step, in 0..1. Default 0.
    pub momentum: f64,
    /// Whether to take the variance for the mean square. Default no.
    pub centered: bool,
    /// L2 penalty on the weights, at least 0. Default 0.
    pub weight_decay: f64,
}

impl Default for RmsPropConfig {
    fn default() -> Self {
        Self { rho: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false, weight_decay: 0.0 }
    }
}

impl RmsPropConfig {
    /// Sets the decay of the mean square.
    #[must_use]
    pub fn rho(mut self, rho: f64) -> Self {
        self.rho = rho;
        self
    }

    /// Sets what is added to the root of the mean square.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Sets the share of earlier steps.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// Sets whether to take the variance.
    #[must_use]
    pub fn centered(mut self, centered: bool) -> Self {
        self.centered = centered;
        self
    }

    /// Sets the L2 penalty on the weights.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    pub(super) fn validate(self) -> Result<(), InputError> {
        below_one("rho", self.rho)?;
        positive("epsilon", self.epsilon)?;
        below_one("momentum", self.momentum)?;
        not_negative("weight_decay", self.weight_decay)
    }

    pub(super) fn state_names(self) -> &'static [&'static str] {
        match (self.centered, self.momentum > 0.0) {
            (false, false) => &["square_avg"],
            (false, true) => &["square_avg", "momentum_buffer"],
            (true, false) => &["square_avg", "grad_avg"],
            (true, true) => &["square_avg", "grad_avg", "momentum_buffer"],
        }
    }

    pub(super) fn update(
        self,
        weight: &mut Tensor,
        gradient: &Tensor,
        state: &mut [Tensor],
        rate: f64,
    ) -> Result<(), TchError> {
        let gradient = with_penalty(weight, gradient, self.weight_decay)?;
        let Some((squares, rest)) = state.split_first_mut() else { return Ok(()) };
        let _ = squares.f_lerp_(&gradient.f_square()?, 1.0 - self.rho)?;
        let (mean, buffer) = if self.centered { rest.split_at_mut(1) } else { (&mut [][..], rest) };
        let spread = match mean {
            [mean] => {
                let _ = mean.f_lerp_(&gradient, 1.0 - self.rho)?;
                squares.f_sub(&mean.f_square()?)?
            }
            _ => squares.shallow_clone(),
        };
        let change = gradient.f_div(&spread.f_sqrt()?.f_add_scalar(self.epsilon)?)?;
        let change = match buffer {
            [buffer] => {
                let _ = buffer.f_mul_scalar_(self.momentum)?;
                let _ = buffer.f_add_(&change)?;
                buffer.shallow_clone()
            }
            _ => change,
        };
        let _ = weight.f_sub_(&change.f_mul_scalar(rate)?)?;
        Ok(())
    }
}
