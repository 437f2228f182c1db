use novelty_core::InputError;
use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

/// The Adam optimiser's settings.
///
/// `m <- b1 m + (1 - b1) g`, `v <- b2 v + (1 - b2) g^2`,
/// `w <- w - rate * m' / (sqrt(v') + epsilon)` with `m' = m / (1 - b1^t)`,
/// `v' = v / (1 - b2^t)`; with weight decay, `g <- g + decay * w` first (L2, not decoupled).
///
/// Kingma and Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015. Defaults as there
/// and in PyTorch: betas 0.9 and 0.999, epsilon 1e-8, no decay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AdamConfig {
    /// Decay of the mean of gradients, in 0..1. Default 0.9.
    pub beta1: f64,
    /// Decay of the mean of squared gradients, in 0..1. Default 0.999.
    pub beta2: f64,
    /// Added to the root of the mean square, above 0. Default 1e-8.
    pub epsilon: f64,
    /// L2 penalty on the weights, at least 0. Default 0.
    pub weight_decay: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl AdamConfig {
    /// Sets the L2 penalty on the weights.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Sets what is added to the root of the mean square.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    pub(crate) fn validate(self) -> Result<(), InputError> {
        for (name, beta) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(InputError::setting(name, beta, "in 0..1"));
            }
        }
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            return Err(InputError::setting("epsilon", self.epsilon, "above 0"));
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            return Err(InputError::setting("weight_decay", self.weight_decay, "at least 0"));
        }
        Ok(())
    }
}

/// Adam with its running means.
///
/// Written on tensors, not on libtorch's own optimiser, whose state cannot be read out.
#[derive(Debug)]
pub(crate) struct Adam {
    config: AdamConfig,
    slots: Vec<Slot>,
    step: i32,
}

#[derive(Debug)]
struct Slot {
    weight: Tensor,
    mean: Tensor,
    mean_square: Tensor,
}

impl Adam {
    pub(crate) fn new<'a>(
        config: AdamConfig,
        weights: impl Iterator<Item = &'a Tensor>,
    ) -> Result<Self, TchError> {
        let slots = weights.map(Slot::new).collect::<Result<_, _>>()?;
        Ok(Self { config, slots, step: 0 })
    }

    /// Takes one step down the gradients at hand, and clears them.
    pub(crate) fn step(&mut self, rate: f64) -> Result<(), TchError> {
        let _no_grad = tch::no_grad_guard();
        self.step = self.step.saturating_add(1);
        let AdamConfig { beta1, beta2, epsilon, weight_decay } = self.config;
        let correction1 = 1.0 - beta1.powi(self.step);
        let correction2 = 1.0 - beta2.powi(self.step);
        for slot in &mut self.slots {
            let mut gradient = slot.weight.f_grad()?;
            if !gradient.defined() {
                continue;
            }
            if weight_decay > 0.0 {
                let _ = gradient.f_add_(&slot.weight.f_mul_scalar(weight_decay)?)?;
            }
            let _ = slot.mean.f_lerp_(&gradient, 1.0 - beta1)?;
            let square = gradient.f_square()?;
            let _ = slot.mean_square.f_lerp_(&square, 1.0 - beta2)?;
            let root = slot.mean_square.f_sqrt()?;
            let root = root.f_div_scalar(correction2.sqrt())?.f_add_scalar(epsilon)?;
            let change = slot.mean.f_div(&root)?.f_mul_scalar(-rate / correction1)?;
            let _ = slot.weight.f_add_(&change)?;
            slot.weight.zero_grad();
        }
        Ok(())
    }
}

impl Slot {
    fn new(weight: &Tensor) -> Result<Self, TchError> {
        let zeros = || weight.f_detach()?.f_zeros_like();
        Ok(Self { weight: weight.shallow_clone(), mean: zeros()?, mean_square: zeros()? })
    }
}
