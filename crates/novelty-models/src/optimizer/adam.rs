use novelty_core::InputError;
use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

use super::fused::{self, AdamStep};
use crate::settings::{below_one, not_negative, positive};

/// The Adam optimiser's settings.
///
/// `m <- b1 m + (1 - b1) g`, `v <- b2 v + (1 - b2) g^2`,
/// `w <- w - rate * m' / (sqrt(v') + epsilon)` with `m' = m / (1 - b1^t)`,
/// `v' = v / (1 - b2^t)`. Weight decay is an L2 penalty (`g <- g + decay * w` first) or, with
/// [`decoupled`](Self::decoupled), shrinks the weight itself (`w <- w - rate * decay * w`). With
/// [`amsgrad`](Self::amsgrad), `v'` is the largest so far.
///
/// Kingma and Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015; Loshchilov and
/// Hutter, *Decoupled Weight Decay Regularization*, ICLR 2019; Reddi, Kale and Kumar, *On the
/// Convergence of Adam and Beyond*, ICLR 2018. Defaults as there and in PyTorch: betas 0.9 and
/// 0.999, epsilon 1e-8, no decay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AdamConfig {
    /// Decay of the mean of gradients, in 0..1. Default 0.9.
    pub beta1: f64,
    /// Decay of the mean of squared gradients, in 0..1. Default 0.999.
    pub beta2: f64,
    /// Added to the root of the mean square, above 0. Default 1e-8.
    pub epsilon: f64,
    /// Weight decay, at least 0. Default 0.
    pub weight_decay: f64,
    /// Whether weight decay acts on the weights and not on the gradients (AdamW). Default no.
    pub decoupled: bool,
    /// Whether the largest mean square so far takes the place of the running one. Default no.
    pub amsgrad: bool,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
            amsgrad: false,
        }
    }
}

impl AdamConfig {
    /// AdamW: decoupled weight decay of 0.01, as in PyTorch.
    #[must_use]
    pub fn adam_w() -> Self {
        Self { weight_decay: 0.01, decoupled: true, ..Self::default() }
    }

    /// Sets the decay of the mean of gradients.
    #[must_use]
    pub fn beta1(mut self, beta1: f64) -> Self {
        self.beta1 = beta1;
        self
    }

    /// Sets the decay of the mean of squared gradients.
    #[must_use]
    pub fn beta2(mut self, beta2: f64) -> Self {
        self.beta2 = beta2;
        self
    }

    /// Sets what is added to the root of the mean square.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Sets the weight decay.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Sets whether weight decay acts on the weights themselves.
    #[must_use]
    pub fn decoupled(mut self, decoupled: bool) -> Self {
        self.decoupled = decoupled;
        self
    }

    /// Sets whether the largest mean square so far is used.
    #[must_use]
    pub fn amsgrad(mut self, amsgrad: bool) -> Self {
        self.amsgrad = amsgrad;
        self
    }

    pub(super) fn validate(self) -> Result<(), InputError> {
        below_one("beta1", self.beta1)?;
        below_one("beta2", self.beta2)?;
        positive("epsilon", self.epsilon)?;
        not_negative("weight_decay", self.weight_decay)
    }

    pub(super) fn state_names(self) -> &'static [&'static str] {
        const NAMES: [&str; 3] = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"];
        if self.amsgrad { &NAMES } else { &NAMES[..2] }
    }

    /// One step of one weight, the `step`th, counted from 1.
    pub(super) fn update(
        self,
        weight: &mut Tensor,
        gradient: &Tensor,
        state: &mut [Tensor],
        rate: f64,
        step: u64,
    ) -> Result<(), TchError> {
        let powers = |beta: f64| beta.powi(i32::try_from(step).unwrap_or(i32::MAX));
        let (correction1, correction2) = (1.0 - powers(self.beta1), 1.0 - powers(self.beta2));
        let fused = AdamStep {
            shrink: if self.decoupled { 1.0 - rate * self.weight_decay } else { 1.0 } as f32,
            penalty: if self.decoupled { 0.0 } else { self.weight_decay } as f32,
            share1: (1.0 - self.beta1) as f32,
            beta2: self.beta2 as f32,
            share2: (1.0 - self.beta2) as f32,
            root_correction2: correction2.sqrt() as f32,
            epsilon: self.epsilon as f32,
            step_size: (rate / correction1) as f32,
        };
        if fused::adam(&fused, weight, gradient, state)? {
            return Ok(());
        }
        self.update_on_device(weight, gradient, state, rate, (correction1, correction2))
    }

    /// The same step in libtorch's operations, for tensors that are not plain CPU memory.
    pub(super) fn update_on_device(
        self,
        weight: &mut Tensor,
        gradient: &Tensor,
        state: &mut [Tensor],
        rate: f64,
        (correction1, correction2): (f64, f64),
    ) -> Result<(), TchError> {
        if self.decoupled {
            let _ = weight.f_mul_scalar_(1.0 - rate * self.weight_decay)?;
        }
        let penalty = if self.decoupled { 0.0 } else { self.weight_decay };
        let gradient = with_penalty(weight, gradient, penalty)?;
        let [mean, mean_square, largest @ ..] = state else { return Ok(()) };
        let _ = mean.f_lerp_(&gradient, 1.0 - self.beta1)?;
        let _ = mean_square.f_lerp_(&gradient.f_square()?, 1.0 - self.beta2)?;
        let root = match largest {
            [largest] => {
                let now = largest.f_maximum(mean_square)?;
                largest.f_copy_(&now)?;
                now.f_sqrt()?
            }
            _ => mean_square.f_sqrt()?,
        };
        let root = root.f_div_scalar(correction2.sqrt())?.f_add_scalar(self.epsilon)?;
        let change = mean.f_div(&root)?.f_mul_scalar(-rate / correction1)?;
        let _ = weight.f_add_(&change)?;
        Ok(())
    }
}

/// The gradient of the loss and of half `penalty` times the squared weight.
pub(super) fn with_penalty(
    weight: &Tensor,
    gradient: &Tensor,
    penalty: f64,
) -> Result<Tensor, TchError> {
    if penalty > 0.0 {
        return gradient.f_add(&weight.f_mul_scalar(penalty)?);
    }
    Ok(gradient.shallow_clone())
}
