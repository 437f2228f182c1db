use novelty_core::InputError;

use super::Initialization;

/// One layer of [`Layers`](super::Layers), as a description.
///
/// Shapes are those of one sample: `[channels, height, width]` of a map, `[n]` of a vector.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Layer {
    /// A two-dimensional convolution.
    Conv2d(Convolution),
    /// A two-dimensional transposed convolution.
    ConvTranspose2d(Convolution),
    /// Batch normalisation of a map's channels or of a vector's entries.
    BatchNorm(BatchNorm),
    /// A fully connected layer.
    Linear {
        /// The length of its output.
        outputs: usize,
        /// Whether it adds a constant.
        bias: bool,
        /// How it starts.
        init: Initialization,
    },
    /// `x` where `x > 0`, else `slope * x`.
    LeakyRelu {
        /// The slope below zero.
        slope: f64,
    },
    /// `max(x, 0)`.
    Relu,
    /// `x` where `x > 0`, else `exp(x) - 1`.
    Elu,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `factor * x + offset`.
    Scale {
        /// The factor.
        factor: f64,
        /// The offset.
        offset: f64,
    },
    /// The largest of each `size` x `size` square, rows and columns left over dropped.
    MaxPool2d {
        /// The side of the square, and the step.
        size: usize,
    },
    /// Each pixel repeated to a square of `factor` x `factor`.
    Upsample {
        /// How often.
        factor: usize,
    },
    /// A map enlarged by linear interpolation, the corners' centres staying corners' centres.
    UpsampleBilinear {
        /// How often.
        factor: usize,
    },
    /// The nearest pixel of each place of a map of this size.
    UpsampleTo {
        /// Rows of the result.
        height: usize,
        /// Columns of the result.
        width: usize,
    },
    /// A map as a vector, row-major.
    Flatten,
    /// A vector as a map, row-major.
    Reshape {
        /// Channels of the map.
        channels: usize,
        /// Its rows.
        height: usize,
        /// Its columns.
        width: usize,
    },
    /// The mean of each channel.
    GlobalAveragePool,
}

/// A convolution's numbers. Kernels are square.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Convolution {
    /// Channels of the result.
    pub outputs: usize,
    /// The side of the kernel.
    pub kernel: usize,
    /// The step between its places. Default 1.
    pub stride: usize,
    /// Zeros around the map; of a transposed convolution, what it cuts off. Default 0.
    pub padding: usize,
    /// Rows and columns that a transposed convolution adds at the far side. Default 0.
    pub output_padding: usize,
    /// Whether it adds a constant to each channel. Default true.
    pub bias: bool,
    /// How it starts. Default PyTorch's.
    pub init: Initialization,
}

impl Convolution {
    /// A kernel with stride 1, no padding, and a bias.
    #[must_use]
    pub fn new(outputs: usize, kernel: usize) -> Self {
        let init = Initialization::PyTorch;
        Self { outputs, kernel, stride: 1, padding: 0, output_padding: 0, bias: true, init }
    }

    /// Sets the step.
    #[must_use]
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// Sets the zeros around the map.
    #[must_use]
    pub fn padding(mut self, padding: usize) -> Self {
        self.padding = padding;
        self
    }

    /// Sets what a transposed convolution adds at the far side.
    #[must_use]
    pub fn output_padding(mut self, output_padding: usize) -> Self {
        self.output_padding = output_padding;
        self
    }

    /// Sets whether it adds a constant.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// Sets how it starts.
    #[must_use]
    pub fn init(mut self, init: Initialization) -> Self {
        self.init = init;
        self
    }

    fn is_sound(&self) -> bool {
        let small = |x: usize| x <= 1 << 16;
        let positive = self.outputs > 0 && self.kernel > 0 && self.stride > 0;
        positive
            && small(self.outputs)
            && small(self.kernel)
            && small(self.stride)
            && small(self.padding)
            && (self.output_padding == 0 || self.output_padding < self.stride)
    }

    fn convolved(&self, size: usize) -> Option<usize> {
        let room = size.checked_add(2 * self.padding)?.checked_sub(self.kernel)?;
        Some(room / self.stride + 1)
    }

    fn transposed(&self, size: usize) -> Option<usize> {
        let steps = size.checked_sub(1)?.checked_mul(self.stride)?;
        let full = steps.checked_add(self.kernel + self.output_padding)?;
        full.checked_sub(2 * self.padding).filter(|&n| n > 0)
    }
}

/// A batch normalisation's numbers.
///
/// Ioffe and Szegedy, *Batch Normalization*, ICML 2015.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BatchNorm {
    /// Added to the variance. Default 1e-5, PyTorch's.
    pub epsilon: f64,
    /// The share of a new batch in the running statistics (PyTorch's sense: 1 - Keras's).
    /// Default 0.1.
    pub momentum: f64,
    /// Whether it has a weight and a bias of its own. Default true.
    pub affine: bool,
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self { epsilon: 1e-5, momentum: 0.1, affine: true }
    }
}

impl BatchNorm {
    /// Without weight and bias, and with the epsilon 1e-4 of Deep SVDD.
    pub(crate) fn without_bias() -> Self {
        Self { epsilon: 1e-4, affine: false, ..Self::default() }
    }
}

impl Layer {
    /// The shape of the result for an input of `shape`.
    ///
    /// # Errors
    /// [`InputError::Setting`] naming the layer and the shape if they do not fit.
    pub(super) fn output_shape(&self, shape: &[usize]) -> Result<Vec<usize>, InputError> {
        let range = "one the layer can take, and large enough for its kernel";
        self.try_output_shape(shape)
            .filter(|output| output.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)).is_some())
            .ok_or_else(|| {
                InputError::setting("layer input", format!("{shape:?} for {self:?}"), range)
            })
    }

    fn try_output_shape(&self, shape: &[usize]) -> Option<Vec<usize>> {
        match (*self, shape) {
            (Self::Conv2d(conv), &[_, h, w]) if conv.is_sound() => {
                Some(vec![conv.outputs, conv.convolved(h)?, conv.convolved(w)?])
            }
            (Self::ConvTranspose2d(conv), &[_, h, w]) if conv.is_sound() => {
                Some(vec![conv.outputs, conv.transposed(h)?, conv.transposed(w)?])
            }
            (Self::Linear { outputs, .. }, [_]) if outputs > 0 => Some(vec![outputs]),
            (Self::MaxPool2d { size }, &[c, h, w]) if size > 0 && h >= size && w >= size => {
                Some(vec![c, h / size, w / size])
            }
            (Self::Upsample { factor } | Self::UpsampleBilinear { factor }, &[c, h, w])
                if factor > 0 =>
            {
                Some(vec![c, h.checked_mul(factor)?, w.checked_mul(factor)?])
            }
            (Self::UpsampleTo { height, width }, &[c, _, _]) if height > 0 && width > 0 => {
                Some(vec![c, height, width])
            }
            (Self::Flatten, &[c, h, w]) => Some(vec![c.checked_mul(h)?.checked_mul(w)?]),
            (Self::Reshape { channels, height, width }, &[n])
                if channels.checked_mul(height)?.checked_mul(width)? == n =>
            {
                Some(vec![channels, height, width])
            }
            (Self::GlobalAveragePool, &[c, _, _]) => Some(vec![c]),
            (Self::BatchNorm(_), [_] | [_, _, _]) => Some(shape.to_vec()),
            _ if self.keeps_shape() => Some(shape.to_vec()),
            _ => None,
        }
    }

    fn keeps_shape(&self) -> bool {
        self.is_activation() || matches!(self, Self::Scale { .. })
    }
}
