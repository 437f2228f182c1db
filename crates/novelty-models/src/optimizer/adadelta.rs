use novelty_core::InputError;
use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

use super::adam::with_penalty;
use crate::settings::{below_one, not_negative, positive};

/// The settings of Adadelta.
///
/// `v <- rho v + (1 - rho) g^2`, `d = sqrt(u + epsilon) / sqrt(v + epsilon) * g`,
/// `u <- rho u + (1 - rho) d^2`, `w <- w - rate * d`. Use it with a learning rate of 1.
///
/// Zeiler, *ADADELTA: An Adaptive Learning Rate Method*, 2012. The defaults are the paper's and
/// Keras's rho of 0.95 with the paper's epsilon of 1e-6. PyTorch takes 0.9 and 1e-6, Keras 2.0
/// took 0.95 and 1e-8.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AdadeltaConfig {
    /// Decay of the mean squares, in 0..1. Default 0.95.
    pub rho: f64,
    /// Added to both mean squares, above 0. Default 1e-6.
    pub epsilon: f64,
    /// L2 penalty on the weights, at least 0. Default 0.
    pub weight_decay: f64,
}

impl Default for AdadeltaConfig {
    fn default() -> Self {
        Self { rho: 0.95, epsilon: 1e-6, weight_decay: 0.0 }
    }
}

impl AdadeltaConfig {
    pub(super) const STATE_NAMES: &'static [&'static str] = &["square_avg", "acc_delta"];

    /// Sets the decay of the mean squares.
    #[must_use]
    pub fn rho(mut self, rho: f64) -> Self {
        self.rho = rho;
        self
    }

    /// Sets what is added to the mean squares.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
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
        not_negative("weight_decay", self.weight_decay)
    }

    pub(super) fn update(
        self,
        weight: &mut Tensor,
        gradient: &Tensor,
        state: &mut [Tensor],
        rate: f64,
    ) -> Result<(), TchError> {
        let [squares, changes] = state else { return Ok(()) };
        let gradient = with_penalty(weight, gradient, self.weight_decay)?;
        let _ = squares.f_lerp_(&gradient.f_square()?, 1.0 - self.rho)?;
        let root = |tensor: &Tensor| tensor.f_add_scalar(self.epsilon)?.f_sqrt();
        let change = root(changes)?.f_div(&root(squares)?)?.f_mul(&gradient)?;
        let _ = changes.f_lerp_(&change.f_square()?, 1.0 - self.rho)?;
        let _ = weight.f_sub_(&change.f_mul_scalar(rate)?)?;
        Ok(())
    }
}
