use tch::{TchError, Tensor};

use super::kernel::Kernel;
use super::prepared::sub_pixel;
use super::{BatchNorm, Convolution, Initialization, Layer};
use crate::{Init, ModelError, Parameters};

/// A layer with its parameters.
#[derive(Debug)]
pub(super) enum Operation {
    Conv2d {
        kernel: Kernel,
        convolution: Convolution,
    },
    ConvTranspose2d {
        kernel: Kernel,
        convolution: Convolution,
    },
    BatchNorm(Normalization),
    Linear(Kernel),
    Plain(Layer),
    /// An operation without bias, and what is added to its result.
    Offset(Box<Operation>, Tensor),
    /// An activation that overwrites its input, in training too.
    Overwriting(Layer),
    /// A doubling transposed convolution as a convolution to four interleaved images.
    SubPixel(Kernel),
}

/// The tensors of a batch normalisation.
#[derive(Debug)]
pub(super) struct Normalization {
    pub(super) affine: Option<[Tensor; 2]>,
    pub(super) running_mean: Tensor,
    pub(super) running_var: Tensor,
    pub(super) config: BatchNorm,
}

impl Layer {
    /// The layer with parameters of its own, for samples of `shape`.
    pub(super) fn operation(
        &self,
        parameters: &mut Parameters,
        name: &str,
        shape: &[usize],
    ) -> Result<Operation, ModelError> {
        let inputs = shape[0];
        Ok(match *self {
            Self::Conv2d(convolution) => {
                let area = convolution.kernel * convolution.kernel;
                let (fan_in, fan_out) = (inputs * area, convolution.outputs * area);
                let size = [convolution.outputs, inputs, convolution.kernel, convolution.kernel];
                let inits = convolution.init.inits((fan_in, fan_out), fan_in);
                let bias = convolution.bias.then_some(convolution.outputs);
                let kernel = Kernel::take(parameters, name, &size, bias, inits)?;
                Operation::Conv2d { kernel, convolution }
            }
            Self::ConvTranspose2d(convolution) => {
                let area = convolution.kernel * convolution.kernel;
                let (fan_in, fan_out) = (inputs * area, convolution.outputs * area);
                let size = [inputs, convolution.outputs, convolution.kernel, convolution.kernel];
                let inits = convolution.init.inits((fan_in, fan_out), fan_out);
                let bias = convolution.bias.then_some(convolution.outputs);
                let kernel = Kernel::take(parameters, name, &size, bias, inits)?;
                Operation::ConvTranspose2d { kernel, convolution }
            }
            Self::Linear { outputs, bias, init } => {
                Operation::Linear(linear(parameters, name, (inputs, outputs), bias, init)?)
            }
            Self::BatchNorm(config) => {
                Operation::BatchNorm(Normalization::new(parameters, name, inputs, config)?)
            }
            plain => Operation::Plain(plain),
        })
    }
}

fn linear(
    parameters: &mut Parameters,
    name: &str,
    (inputs, outputs): (usize, usize),
    bias: bool,
    init: Initialization,
) -> Result<Kernel, ModelError> {
    let inits = init.inits((inputs, outputs), inputs);
    Kernel::take(parameters, name, &[outputs, inputs], bias.then_some(outputs), inits)
}

impl Normalization {
    fn shallow_clone(&self) -> Self {
        let affine = self.affine.as_ref();
        Self {
            affine: affine.map(|pair| [pair[0].shallow_clone(), pair[1].shallow_clone()]),
            running_mean: self.running_mean.shallow_clone(),
            running_var: self.running_var.shallow_clone(),
            config: self.config,
        }
    }

    fn new(
        parameters: &mut Parameters,
        name: &str,
        channels: usize,
        config: BatchNorm,
    ) -> Result<Self, ModelError> {
        let (zero, one) = (Init::Constant(0.0), Init::Constant(1.0));
        let full = |field| format!("{name}.{field}");
        let affine = if config.affine {
            let weight = parameters.trainable(&full("weight"), &[channels], one)?;
            Some([weight, parameters.trainable(&full("bias"), &[channels], zero)?])
        } else {
            None
        };
        Ok(Self {
            affine,
            running_mean: parameters.buffer(&full("running_mean"), &[channels], zero)?,
            running_var: parameters.buffer(&full("running_var"), &[channels], one)?,
            config,
        })
    }

    /// A single vector has no variance: it is normalised by the running statistics, which it
    /// leaves as they are.
    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        let size = x.size();
        let values_a_channel: i64 =
            size.iter().enumerate().map(|(i, &n)| if i == 1 { 1 } else { n }).product();
        let train = train && values_a_channel > 1;
        let x = if train { in_fastest_layout(x)? } else { x.shallow_clone() };
        Tensor::f_batch_norm(
            &x,
            self.affine.as_ref().map(|[weight, _]| weight),
            self.affine.as_ref().map(|[_, bias]| bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            train,
            self.config.momentum,
            self.config.epsilon,
            true,
        )
    }
}

/// Floats in a cache line.
const CACHE_LINE: i64 = 16;

/// Maps of few channels as planes, where threads share the work. With channels innermost, libtorch
/// sums in a row of `channels` numbers a thread; rows shorter than a cache line lie in one, which
/// the threads then take from each other at every pixel. That costs more than the change of layout.
fn in_fastest_layout(x: &Tensor) -> Result<Tensor, TchError> {
    let is_contended = x.dim() == 4 && x.size()[1] < CACHE_LINE && crate::threads() > 1;
    if is_contended && !x.device().is_cuda() { x.f_contiguous() } else { Ok(x.shallow_clone()) }
}

impl Operation {
    pub(super) fn is_convolution(&self) -> bool {
        matches!(self, Self::Conv2d { .. } | Self::ConvTranspose2d { .. })
    }

    /// With `train`, batch normalisation goes by the batch and updates its running statistics;
    /// else by them.
    pub(super) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        match self {
            Self::Conv2d { kernel, convolution: c } => {
                let (weight, bias) = kernel.for_input(x)?;
                x.f_conv2d(&weight, bias.as_ref(), c.stride as i64, c.padding as i64, 1, 1)
            }
            Self::ConvTranspose2d { kernel, convolution: c } => {
                let (weight, bias) = kernel.for_input(x)?;
                let [stride, padding, extra] =
                    [c.stride, c.padding, c.output_padding].map(|n| n as i64);
                x.f_conv_transpose2d(&weight, bias.as_ref(), stride, padding, extra, 1, 1)
            }
            Self::BatchNorm(norm) => norm.forward(x, train),
            Self::Linear(kernel) => {
                let (weight, bias) = kernel.for_input(x)?;
                x.f_linear(&weight, bias.as_ref())
            }
            Self::Plain(layer) => layer.forward(x),
            Self::Offset(operation, offset) => operation.forward(x, train)?.f_add_(offset),
            Self::Overwriting(layer) => layer.overwrite(x),
            Self::SubPixel(kernel) => sub_pixel(x, kernel),
        }
    }

    /// The same operation on the same tensors.
    pub(super) fn shallow_clone(&self) -> Self {
        match self {
            Self::Conv2d { kernel, convolution } => {
                Self::Conv2d { kernel: kernel.shallow_clone(), convolution: *convolution }
            }
            Self::ConvTranspose2d { kernel, convolution } => {
                Self::ConvTranspose2d { kernel: kernel.shallow_clone(), convolution: *convolution }
            }
            Self::BatchNorm(norm) => Self::BatchNorm(norm.shallow_clone()),
            Self::Linear(kernel) => Self::Linear(kernel.shallow_clone()),
            Self::Plain(layer) => Self::Plain(*layer),
            Self::Offset(operation, offset) => {
                Self::Offset(Box::new(operation.shallow_clone()), offset.shallow_clone())
            }
            Self::Overwriting(layer) => Self::Overwriting(*layer),
            Self::SubPixel(kernel) => Self::SubPixel(kernel.shallow_clone()),
        }
    }
}

impl Layer {
    fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        match *self {
            Self::LeakyRelu { slope } => leaky_relu(x, slope),
            Self::Relu => x.f_relu(),
            Self::Elu => x.f_elu(),
            Self::Tanh => x.f_tanh(),
            Self::Sigmoid => x.f_sigmoid(),
            Self::Scale { factor, offset } => scale(x, factor, offset),
            Self::MaxPool2d { size } => {
                let size = size as i64;
                x.f_max_pool2d(size, size, 0, 1, false)
            }
            Self::Upsample { factor } => {
                let (_, _, height, width) = x.size4()?;
                let factor = factor as i64;
                x.f_upsample_nearest2d([height * factor, width * factor], None, None)
            }
            Self::UpsampleBilinear { factor } => {
                let (_, _, height, width) = x.size4()?;
                let factor = factor as i64;
                x.f_upsample_bilinear2d([height * factor, width * factor], true, None, None)
            }
            Self::UpsampleTo { height, width } => {
                x.f_upsample_nearest2d([height as i64, width as i64], None, None)
            }
            Self::Flatten => x.f_flatten(1, -1),
            Self::Reshape { channels, height, width } => {
                x.f_view([-1, channels as i64, height as i64, width as i64])
            }
            Self::GlobalAveragePool => x.f_mean_dim([2_i64, 3].as_slice(), false, x.kind()),
            // Layers with parameters are operations of their own.
            Self::Conv2d(_)
            | Self::ConvTranspose2d(_)
            | Self::BatchNorm(_)
            | Self::Linear { .. } => Ok(x.shallow_clone()),
        }
    }
}

/// `factor * x + offset`, in as few passes as it takes.
fn scale(x: &Tensor, factor: f64, offset: f64) -> Result<Tensor, TchError> {
    if is_identity(factor, offset) {
        Ok(x.shallow_clone())
    } else if is_identity(factor, 0.0) {
        x.f_add_scalar(offset)
    } else {
        x.f_mul_scalar(factor)?.f_add_scalar_(offset)
    }
}

/// Whether `factor * x + offset` is `x`.
pub(super) fn is_identity(factor: f64, offset: f64) -> bool {
    factor.to_bits() == 1.0_f64.to_bits() && offset.abs().to_bits() == 0
}

/// LeakyReLU of any slope: `x` where `x > 0`, else `slope * x`.
///
/// `tch` binds LeakyReLU with its default slope of 0.01 only, but its backward pass with any:
/// `grad` where `x > 0`, else `slope * grad`. With `x` itself for `grad` that is the function
/// asked for, in one kernel, and libtorch knows its derivative.
fn leaky_relu(x: &Tensor, slope: f64) -> Result<Tensor, TchError> {
    x.f_detach()?.f_leaky_relu_backward(x, slope, false)
}
