use novelty_core::InputError;
use serde::{Deserialize, Serialize};
use tch::{Kind, TchError, Tensor};

use crate::settings::positive;

/// A bound on the gradients of a step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Clip {
    /// The Euclidean length of all gradients together: longer ones are scaled down to it. As
    /// PyTorch's `clip_grad_norm_`, which divides by the length plus 1e-6.
    ///
    /// Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*,
    /// ICML 2013.
    Norm(f64),
    /// The size of each single value.
    Value(f64),
}

impl Clip {
    pub(crate) fn validate(self) -> Result<(), InputError> {
        match self {
            Self::Norm(bound) => positive("clip norm", bound),
            Self::Value(bound) => positive("clip value", bound),
        }
    }

    /// The length stays on the device: reading it would wait for the backward pass.
    pub(super) fn apply(self, gradients: &mut [Tensor]) -> Result<(), TchError> {
        let defined = || gradients.iter().filter(|gradient| gradient.defined());
        match self {
            Self::Value(bound) => replace(gradients, |g| g.f_clamp(-bound, bound)),
            Self::Norm(bound) if defined().next().is_some() => {
                let lengths = defined().map(Tensor::f_norm).collect::<Result<Vec<_>, _>>()?;
                let length = Tensor::f_stack(&lengths, 0)?.f_norm()?.f_to_kind(Kind::Float)?;
                let scale = length.f_add_scalar(1e-6)?.f_reciprocal()?.f_mul_scalar(bound)?;
                let scale = scale.f_clamp_max(1.0)?;
                replace(gradients, |g| g.f_mul(&scale))
            }
            Self::Norm(_) => Ok(()),
        }
    }
}

/// Not in place: two gradients may be one tensor.
fn replace(
    gradients: &mut [Tensor],
    change: impl Fn(&Tensor) -> Result<Tensor, TchError>,
) -> Result<(), TchError> {
    for gradient in gradients.iter_mut().filter(|gradient| gradient.defined()) {
        *gradient = change(gradient)?;
    }
    Ok(())
}
