use tch::{Kind, TchError, Tensor};

use super::operation::is_identity;
use crate::{Init, ModelError, Parameters};

/// Weight and bias of a convolution or a fully connected layer.
#[derive(Debug)]
pub(super) struct Kernel {
    weight: Tensor,
    bias: Option<Tensor>,
    /// What the weight is multiplied with before it is used: the factor of the layer before this
    /// one, which it would cost a pass over the maps to apply there.
    weight_factor: f64,
}

impl Kernel {
    /// Weight and bias as they are.
    pub(super) fn new(weight: Tensor, bias: Option<Tensor>) -> Self {
        Self { weight, bias, weight_factor: 1.0 }
    }

    /// Takes both from `parameters`.
    pub(super) fn take(
        parameters: &mut Parameters,
        name: &str,
        size: &[usize],
        bias: Option<usize>,
        (weight_init, bias_init): (Init, Init),
    ) -> Result<Self, ModelError> {
        let weight = parameters.trainable(&format!("{name}.weight"), size, weight_init)?;
        let bias = bias.map(|n| parameters.trainable(&format!("{name}.bias"), &[n], bias_init));
        Ok(Self::new(weight, bias.transpose()?))
    }

    /// The weight to compute with.
    pub(super) fn weight(&self) -> Result<Tensor, TchError> {
        times(&self.weight, self.weight_factor)
    }

    /// The bias to compute with.
    pub(super) fn bias(&self) -> Result<Option<Tensor>, TchError> {
        Ok(self.bias.as_ref().map(Tensor::shallow_clone))
    }

    /// Both, as numbers of the kind that `x` is of.
    pub(super) fn for_input(&self, x: &Tensor) -> Result<(Tensor, Option<Tensor>), TchError> {
        let kind = x.kind();
        let bias = self.bias()?.map(|bias| bias.f_to_kind(kind)).transpose()?;
        Ok((self.weight()?.f_to_kind(kind)?, bias))
    }

    /// The same kernel in numbers of a kind.
    pub(super) fn in_kind(&self, kind: Kind) -> Result<Self, TchError> {
        let bias = self.bias()?.map(|bias| bias.f_to_kind(kind)).transpose()?;
        Ok(Self::new(self.weight()?.f_to_kind(kind)?, bias))
    }

    /// The kernel of an input `factor` times as large.
    pub(super) fn of_larger_input(mut self, factor: f64) -> Self {
        self.weight_factor *= factor;
        self
    }

    pub(super) fn shallow_clone(&self) -> Self {
        let bias = self.bias.as_ref().map(Tensor::shallow_clone);
        Self { weight: self.weight.shallow_clone(), bias, ..*self }
    }
}

/// Exact, since the factors are powers of two.
fn times(tensor: &Tensor, factor: f64) -> Result<Tensor, TchError> {
    if is_identity(factor, 0.0) {
        return Ok(tensor.shallow_clone());
    }
    tensor.f_mul_scalar(factor)
}
