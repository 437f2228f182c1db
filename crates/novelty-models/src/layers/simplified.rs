//! The same functions in fewer passes over memory, for training too.

use super::Layer;
use super::operation::Operation;

/// The operations, one for each of the layers they were made of:
///
/// - What multiplies the input of a convolution is left to its kernel, which is smaller: `f x + o`
///   is `f (x + o / f)`, and a padded border, which is 0 in either, stays 0.
/// - An activation after an operation that does not look at its own output in its derivative
///   overwrites it.
pub(super) fn simplified(operations: Vec<Operation>) -> Vec<Operation> {
    let mut all: Vec<Operation> = Vec::with_capacity(operations.len());
    let mut rest = operations.into_iter().peekable();
    while let Some(operation) = rest.next() {
        match (operation, rest.peek()) {
            (Operation::Plain(Layer::Scale { factor, offset }), Some(next))
                if next.is_convolution() && is_power_of_two(factor) =>
            {
                all.push(Operation::Plain(Layer::Scale { factor: 1.0, offset: offset / factor }));
                all.extend(rest.next().map(|next| next.of_larger_input(factor)));
            }
            (operation, _) => all.push(operation),
        }
    }
    overwriting(all)
}

/// So that the rounding of a product does not change.
fn is_power_of_two(factor: f64) -> bool {
    factor > 0.0 && factor.is_normal() && factor.to_bits().trailing_zeros() >= 52
}

fn overwriting(mut operations: Vec<Operation>) -> Vec<Operation> {
    let mut is_free = false;
    for operation in &mut operations {
        match operation {
            Operation::Plain(layer) if is_free && layer.has_own_place() => {
                *operation = Operation::Overwriting(*layer);
                is_free = false;
            }
            _ => is_free = operation.has_kernel() || matches!(operation, Operation::BatchNorm(_)),
        }
    }
    operations
}

impl Operation {
    fn of_larger_input(self, factor: f64) -> Self {
        match self {
            Self::Conv2d { kernel, convolution } => {
                Self::Conv2d { kernel: kernel.of_larger_input(factor), convolution }
            }
            Self::ConvTranspose2d { kernel, convolution } => {
                Self::ConvTranspose2d { kernel: kernel.of_larger_input(factor), convolution }
            }
            other => other,
        }
    }
}

impl Layer {
    /// Whether its derivative can be told from its output: then libtorch knows how to overwrite
    /// its input in training. LeakyReLU of another slope than `tch` binds is made of other parts.
    fn has_own_place(&self) -> bool {
        match self {
            Self::LeakyRelu { slope } => slope.to_bits() == 0.01_f64.to_bits(),
            Self::Relu | Self::Elu | Self::Tanh | Self::Sigmoid => true,
            _ => false,
        }
    }
}
