//! The layers networks are made of. They differ from `tch::nn` in that nothing panics, that
//! weights come from [`Parameters`], and that the slope of LeakyReLU is free.
//!
//! Names and layouts are PyTorch's: a network saved here loads into the equivalent
//! `torch.nn` module.

use tch::{TchError, Tensor};

use crate::ModelError;
use crate::parameters::{Init, Parameters};

/// A two-dimensional convolution, or its transpose; `(n, in, h, w) -> (n, out, h', w')`.
#[derive(Debug)]
pub(crate) struct Conv2d {
    weight: Tensor,
    bias: Tensor,
    stride: i64,
    padding: i64,
    transposed: Option<OutputPadding>,
}

/// Rows and columns that a strided transposed convolution adds at the far side.
#[derive(Debug, Clone, Copy)]
struct OutputPadding(i64);

/// The numbers that make a convolution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConvShape {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
}

impl ConvShape {
    fn init(self) -> Init {
        let area = self.kernel * self.kernel;
        Init::GlorotUniform { fan_in: self.inputs * area, fan_out: self.outputs * area }
    }
}

impl Conv2d {
    pub(crate) fn new(
        parameters: &mut Parameters,
        name: &str,
        shape: ConvShape,
    ) -> Result<Self, ModelError> {
        let size = [shape.outputs, shape.inputs, shape.kernel, shape.kernel];
        Self::with_weight(parameters, name, shape, &size, None)
    }

    /// `output_padding` is what makes a stride of 2 double an even size exactly.
    pub(crate) fn transposed(
        parameters: &mut Parameters,
        name: &str,
        shape: ConvShape,
        output_padding: usize,
    ) -> Result<Self, ModelError> {
        let size = [shape.inputs, shape.outputs, shape.kernel, shape.kernel];
        let padding = OutputPadding(output_padding as i64);
        Self::with_weight(parameters, name, shape, &size, Some(padding))
    }

    fn with_weight(
        parameters: &mut Parameters,
        name: &str,
        shape: ConvShape,
        size: &[usize],
        transposed: Option<OutputPadding>,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            weight: parameters.trainable(&format!("{name}.weight"), size, shape.init())?,
            bias: parameters.trainable(
                &format!("{name}.bias"),
                &[shape.outputs],
                Init::Constant(0.0),
            )?,
            stride: shape.stride as i64,
            padding: shape.padding as i64,
            transposed,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let (stride, padding) = (self.stride, self.padding);
        match self.transposed {
            None => x.f_conv2d(&self.weight, Some(&self.bias), stride, padding, 1, 1),
            Some(OutputPadding(extra)) => {
                x.f_conv_transpose2d(&self.weight, Some(&self.bias), stride, padding, extra, 1, 1)
            }
        }
    }
}

/// Batch normalisation over `(n, h, w)` of each channel.
///
/// Ioffe and Szegedy, *Batch Normalization*, ICML 2015.
#[derive(Debug)]
pub(crate) struct BatchNorm2d {
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    settings: BatchNormSettings,
}

/// The two numbers of a batch normalisation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchNormSettings {
    /// Added to the variance.
    pub(crate) epsilon: f64,
    /// The share of a new batch in the running statistics (PyTorch's sense: 1 - Keras's).
    pub(crate) momentum: f64,
}

impl BatchNorm2d {
    pub(crate) fn new(
        parameters: &mut Parameters,
        name: &str,
        channels: usize,
        settings: BatchNormSettings,
    ) -> Result<Self, ModelError> {
        let (zero, one) = (Init::Constant(0.0), Init::Constant(1.0));
        let full = |field| format!("{name}.{field}");
        Ok(Self {
            weight: parameters.trainable(&full("weight"), &[channels], one)?,
            bias: parameters.trainable(&full("bias"), &[channels], zero)?,
            running_mean: parameters.buffer(&full("running_mean"), &[channels], zero)?,
            running_var: parameters.buffer(&full("running_var"), &[channels], one)?,
            settings,
        })
    }

    /// With `train`, normalises by the batch and updates the running statistics; else by them.
    pub(crate) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        Tensor::f_batch_norm(
            x,
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            train,
            self.settings.momentum,
            self.settings.epsilon,
            true,
        )
    }
}

/// A fully connected layer; `(n, in) -> (n, out)`.
#[derive(Debug)]
pub(crate) struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    pub(crate) fn new(
        parameters: &mut Parameters,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, ModelError> {
        let init = Init::GlorotUniform { fan_in: inputs, fan_out: outputs };
        Ok(Self {
            weight: parameters.trainable(&format!("{name}.weight"), &[outputs, inputs], init)?,
            bias: parameters.trainable(&format!("{name}.bias"), &[outputs], Init::Constant(0.0))?,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        x.f_linear(&self.weight, Some(&self.bias))
    }
}

/// LeakyReLU of any slope: `x` where `x > 0`, else `slope * x`.
///
/// `tch` binds LeakyReLU with its default slope of 0.01 only, but its backward pass with any:
/// `grad` where `x > 0`, else `slope * grad`. With `x` itself for `grad` that is the function
/// asked for, in one kernel, and libtorch knows its derivative.
pub(crate) fn leaky_relu(x: &Tensor, slope: f64) -> Result<Tensor, TchError> {
    x.f_detach()?.f_leaky_relu_backward(x, slope, false)
}
