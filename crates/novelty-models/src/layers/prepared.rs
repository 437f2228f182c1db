//! Operations that are only evaluated: batch normalisation becomes part of the convolutions
//! around it, and activations overwrite what they are given.

use tch::{Kind, TchError, Tensor};

use super::kernel::Kernel;
use super::operation::{Normalization, Operation, is_identity};
use super::{Convolution, Layer};

/// Up to so many output channels, a doubling 4x4 transposed convolution is faster as a 2x2
/// convolution to four times the channels.
const FEW_CHANNELS: usize = 4;

/// The same function as `operations` in evaluation mode, to rounding, in fewer passes over
/// memory, with weights of a kind. `shapes` are those of a sample before each operation.
///
/// - A BatchNorm after a convolution or a fully connected layer scales its weights.
/// - A BatchNorm before one scales them too; what it adds becomes a constant map, since a
///   padded border does not get it.
pub(super) fn prepare(
    operations: &[Operation],
    shapes: &[Vec<usize>],
    kind: Kind,
) -> Result<Vec<Operation>, TchError> {
    let mut prepared: Vec<Operation> = Vec::with_capacity(operations.len());
    let mut before = None;
    for (i, operation) in operations.iter().enumerate() {
        match operation {
            Operation::BatchNorm(norm) => {
                let map = norm.channel_map()?;
                if let Some(last) = prepared.last_mut().filter(|last| last.has_kernel()) {
                    last.scale_outputs(&map)?;
                } else if leads_to_kernel(&operations[i + 1..]) {
                    before = Some((map, &shapes[i]));
                } else {
                    prepared.push(operation.shallow_clone());
                }
            }
            operation if operation.has_kernel() => prepared.push(match before.take() {
                None => operation.shallow_clone(),
                Some((map, shape)) => operation.after(&map, shape)?,
            }),
            operation => prepared.push(operation.shallow_clone()),
        }
    }
    let small = |operation: Operation| operation.with_few_channels()?.in_kind(kind);
    overwriting(prepared.into_iter().map(small))
}

fn leads_to_kernel(rest: &[Operation]) -> bool {
    match rest {
        [Operation::Plain(Layer::Flatten), Operation::Linear(_), ..] => true,
        [Operation::Linear(_), ..] | [] => false,
        [next, ..] => next.has_kernel(),
    }
}

/// Lets activations overwrite what an operation before them made.
fn overwriting(
    operations: impl Iterator<Item = Result<Operation, TchError>>,
) -> Result<Vec<Operation>, TchError> {
    let mut is_ours = false;
    operations
        .map(|operation| {
            Ok(match operation? {
                Operation::Plain(layer) if is_ours && layer.is_activation() => {
                    Operation::Overwriting(layer)
                }
                operation => {
                    is_ours |= !operation.is_view();
                    operation
                }
            })
        })
        .collect()
}

/// `scale * x + shift`, a channel.
struct ChannelMap {
    scale: Tensor,
    shift: Tensor,
}

impl Normalization {
    fn channel_map(&self) -> Result<ChannelMap, TchError> {
        let mut scale = self.running_var.f_add_scalar(self.config.epsilon)?.f_rsqrt()?;
        if let Some([weight, _]) = &self.affine {
            scale = scale.f_mul(weight)?;
        }
        let mut shift = self.running_mean.f_mul(&scale)?.f_neg()?;
        if let Some([_, bias]) = &self.affine {
            shift = shift.f_add(bias)?;
        }
        Ok(ChannelMap { scale, shift })
    }
}

impl Kernel {
    /// The kernel, its outputs along dimension `dim`, followed by a channel map.
    fn scale_outputs(&mut self, dim: usize, map: &ChannelMap) -> Result<(), TchError> {
        let weight = scaled(&self.weight()?, dim, &map.scale)?;
        let bias = match self.bias()? {
            None => map.shift.shallow_clone(),
            Some(bias) => bias.f_mul(&map.scale)?.f_add(&map.shift)?,
        };
        *self = Self::new(weight, Some(bias));
        Ok(())
    }

    /// The kernel, its inputs along dimension `dim`, preceded by the scale of a channel map; the
    /// bias is left to the map's constant part.
    fn scale_inputs(&mut self, dim: usize, scale: &Tensor) -> Result<(), TchError> {
        *self = Self::new(scaled(&self.weight()?, dim, scale)?, None);
        Ok(())
    }
}

/// `weight` times one factor for each index of dimension `dim`.
fn scaled(weight: &Tensor, dim: usize, factors: &Tensor) -> Result<Tensor, TchError> {
    let mut size = vec![1; weight.dim()];
    size[dim] = -1;
    weight.f_mul(&factors.f_view(size.as_slice())?)
}

impl Operation {
    pub(super) fn has_kernel(&self) -> bool {
        matches!(
            self,
            Self::Conv2d { .. }
                | Self::ConvTranspose2d { .. }
                | Self::Linear(_)
                | Self::Offset(..)
                | Self::SubPixel(_)
        )
    }

    fn is_view(&self) -> bool {
        match self {
            Self::Plain(Layer::Flatten | Layer::Reshape { .. }) => true,
            Self::Plain(Layer::Scale { factor, offset }) => is_identity(*factor, *offset),
            _ => false,
        }
    }

    /// Makes the channel map that follows a part of this operation.
    fn scale_outputs(&mut self, map: &ChannelMap) -> Result<(), TchError> {
        match self {
            Self::Conv2d { kernel, .. } | Self::Linear(kernel) => kernel.scale_outputs(0, map),
            Self::ConvTranspose2d { kernel, .. } => kernel.scale_outputs(1, map),
            Self::Offset(inner, offset) => {
                *offset = scaled(offset, 1, &map.scale)?;
                let size: &[i64] = if offset.dim() == 4 { &[1, -1, 1, 1] } else { &[1, -1] };
                *offset = offset.f_add(&map.shift.f_view(size)?)?;
                inner.scale_outputs(map)?;
                inner.drop_bias()
            }
            _ => Ok(()),
        }
    }

    fn drop_bias(&mut self) -> Result<(), TchError> {
        if let Self::Conv2d { kernel, .. }
        | Self::ConvTranspose2d { kernel, .. }
        | Self::Linear(kernel) = self
        {
            *kernel = Kernel::new(kernel.weight()?, None);
        }
        Ok(())
    }

    /// This operation on what a channel map makes of a sample of `shape`: scaled weights, and
    /// its answer to the map's constant part added.
    fn after(&self, map: &ChannelMap, shape: &[usize]) -> Result<Self, TchError> {
        let size: Vec<i64> = std::iter::once(1).chain(shape.iter().map(|&n| n as i64)).collect();
        let broadcast: &[i64] = if size.len() == 4 { &[1, -1, 1, 1] } else { &[1, -1] };
        let full = |values: &Tensor| values.f_view(broadcast)?.f_expand(&size, false);
        let mut inner = self.shallow_clone();
        let offset = match &mut inner {
            Self::Linear(kernel) => {
                kernel.scale_inputs(1, &full(&map.scale)?.f_flatten(0, -1)?)?;
                self.forward(&full(&map.shift)?.f_flatten(1, -1)?, false)?
            }
            Self::Conv2d { kernel, .. } => {
                kernel.scale_inputs(1, &map.scale)?;
                self.forward(&full(&map.shift)?, false)?
            }
            Self::ConvTranspose2d { kernel, .. } => {
                kernel.scale_inputs(0, &map.scale)?;
                self.forward(&full(&map.shift)?, false)?
            }
            _ => return Ok(inner),
        };
        Ok(Self::Offset(Box::new(inner), offset))
    }

    fn in_kind(self, kind: Kind) -> Result<Self, TchError> {
        Ok(match self {
            Self::Conv2d { kernel, convolution } => {
                Self::Conv2d { kernel: kernel.in_kind(kind)?, convolution }
            }
            Self::ConvTranspose2d { kernel, convolution } => {
                Self::ConvTranspose2d { kernel: kernel.in_kind(kind)?, convolution }
            }
            Self::Linear(kernel) => Self::Linear(kernel.in_kind(kind)?),
            Self::SubPixel(kernel) => Self::SubPixel(kernel.in_kind(kind)?),
            Self::Offset(inner, offset) => {
                Self::Offset(Box::new(inner.in_kind(kind)?), offset.f_to_kind(kind)?)
            }
            other => other,
        })
    }

    fn with_few_channels(self) -> Result<Self, TchError> {
        match self {
            Self::ConvTranspose2d { kernel, convolution } if doubles(&convolution) => {
                Ok(Self::SubPixel(sub_pixel_kernel(&kernel)?))
            }
            Self::Offset(inner, offset) => {
                Ok(Self::Offset(Box::new(inner.with_few_channels()?), offset))
            }
            other => Ok(other),
        }
    }
}

fn doubles(c: &Convolution) -> bool {
    (c.kernel, c.stride, c.padding, c.output_padding) == (4, 2, 1, 0) && c.outputs <= FEW_CHANNELS
}

/// The kernel of a 4x4 transposed convolution of stride 2 and padding 1 as a 2x2 convolution.
///
/// Of an output row `2 i`, kernel rows 3 and 1 see the input rows `i - 1` and `i`; of `2 i + 1`,
/// rows 2 and 0 see `i` and `i + 1`. Columns likewise: four interleaved images, one a phase.
///
/// Shi et al., *Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
/// Convolutional Neural Network*, CVPR 2016.
fn sub_pixel_kernel(kernel: &Kernel) -> Result<Kernel, TchError> {
    let weight = kernel.weight()?;
    let (inputs, outputs, _, _) = weight.size4()?;
    let rows = Tensor::f_from_slice(&[3_i64, 1, 2, 0])?.f_to_device(weight.device())?;
    let phases = weight.f_index_select(2, &rows)?.f_index_select(3, &rows)?;
    let weight = phases
        .f_contiguous()?
        .f_view([inputs, outputs, 2, 2, 2, 2])?
        .f_permute([2, 4, 1, 0, 3, 5])?
        .f_reshape([4 * outputs, inputs, 2, 2])?;
    let bias = kernel.bias()?.map(|bias| bias.f_repeat([4])).transpose()?;
    Ok(Kernel::new(weight, bias))
}

/// Applies the kernel made above and interleaves the four images.
pub(super) fn sub_pixel(x: &Tensor, kernel: &Kernel) -> Result<Tensor, TchError> {
    let (n, _, height, width) = x.size4()?;
    let (weight, bias) = kernel.for_input(x)?;
    let phases = x.f_conv2d(&weight, bias.as_ref(), 1, 1, 1, 1)?;
    let outputs = phases.size()[1] / 4;
    let phase = |a: i64, b: i64| {
        phases
            .f_narrow(1, (2 * a + b) * outputs, outputs)?
            .f_narrow(2, a, height)?
            .f_narrow(3, b, width)
    };
    let row = |a| Tensor::f_stack(&[phase(a, 0)?, phase(a, 1)?], -1);
    let image = Tensor::f_stack(&[row(0)?, row(1)?], 3)?;
    image.f_reshape([n, outputs, 2 * height, 2 * width])
}

impl Layer {
    pub(super) fn is_activation(&self) -> bool {
        matches!(self, Self::LeakyRelu { .. } | Self::Relu | Self::Elu | Self::Tanh | Self::Sigmoid)
    }

    /// An activation of `x`, in its place. Only a slope of 0.01 keeps a derivative.
    pub(super) fn overwrite(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let mut x = x.shallow_clone();
        match *self {
            Self::LeakyRelu { slope } if slope.to_bits() == 0.01_f64.to_bits() => x.f_leaky_relu_(),
            Self::LeakyRelu { slope } => x.f_leaky_relu_backward_grad_input(&x, &x, slope, false),
            Self::Relu => x.f_relu_(),
            Self::Elu => x.f_elu_(),
            Self::Tanh => x.f_tanh_(),
            _ => x.f_sigmoid_(),
        }
    }
}
