use novelty_core::InputError;
use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

use super::adam::with_penalty;
use crate::settings::{below_one, not_negative};

/// The settings of stochastic gradient descent.
///
/// `g <- g + decay * w`; with momentum `b <- momentum * b + g` and then `g <- b`, or with
/// Nesterov's look ahead `g <- g + momentum * b`; `w <- w - rate * g`. As in PyTorch, without
/// dampening.
///
/// Sutskever, Martens, Dahl and Hinton, *On the importance of initialization and momentum in
/// deep learning*, ICML 2013. All defaults are 0 and off.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SgdConfig {
    /// The share of earlier gradients in a step, in 0..1. Default 0.
    pub momentum: f64,
    /// Whether to look ahead along the momentum, which must then be above 0. Default no.
    pub nesterov: bool,
    /// L2 penalty on the weights, at least 0. Default 0.
    pub weight_decay: f64,
}

impl SgdConfig {
    /// Sets the share of earlier gradients.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// Sets whether to look ahead.
    #[must_use]
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }

    /// Sets the L2 penalty on the weights.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    pub(super) fn validate(self) -> Result<(), InputError> {
        below_one("momentum", self.momentum)?;
        if self.nesterov && self.momentum <= 0.0 {
            return Err(InputError::setting("momentum", self.momentum, "above 0 with nesterov"));
        }
        not_negative("weight_decay", self.weight_decay)
    }

    pub(super) fn state_names(self) -> &'static [&'static str] {
        if self.momentum > 0.0 { &["momentum_buffer"] } else { &[] }
    }

    pub(super) fn update(
        self,
        weight: &mut Tensor,
        gradient: &Tensor,
        state: &mut [Tensor],
        rate: f64,
    ) -> Result<(), TchError> {
        let mut gradient = with_penalty(weight, gradient, self.weight_decay)?;
        if let [buffer] = state {
            let _ = buffer.f_mul_scalar_(self.momentum)?;
            let _ = buffer.f_add_(&gradient)?;
            gradient = if self.nesterov {
                gradient.f_add(&buffer.f_mul_scalar(self.momentum)?)?
            } else {
                buffer.shallow_clone()
            };
        }
        let _ = weight.f_sub_(&gradient.f_mul_scalar(rate)?)?;
        Ok(())
    }
}
