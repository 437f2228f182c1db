use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::error::TorchContext;
use crate::layers::{BatchNorm2d, BatchNormSettings, Conv2d, ConvShape, Linear, leaky_relu};
use crate::{Autoencoder, ModelError, Network, NetworkConfig, Parameters};

/// A convolutional autoencoder that halves the image once a filter count and squeezes it
/// through a code.
///
/// | part | layers |
/// |---|---|
/// | encoder | for each of `filters`: Conv 3x3 stride 2, LeakyReLU, BatchNorm; then Linear to `n_features` |
/// | decoder | Linear back; for each of `filters` reversed: ConvTranspose 3x3 stride 2, LeakyReLU, BatchNorm; then ConvTranspose 3x3 to the channels, sigmoid |
///
/// The network of Adrian Rosebrock's tutorial *Anomaly detection with Keras, TensorFlow, and
/// Deep Learning* (PyImageSearch, 2020), with Keras's settings: BatchNorm epsilon 1e-3 and
/// momentum 0.99 (0.01 in PyTorch's sense), Glorot-uniform weights, zero biases. For 28x28
/// images it has 178,385 trainable parameters; Keras prints 178,769 because it adds the 384
/// running statistics of BatchNorm. Keras pads a strided convolution at the far side, libtorch
/// at the near side: a mirror image of the same network.
///
/// ```
/// use novelty_core::ImageShape;
/// use novelty_models::{ConvAutoencoder, ConvAutoencoderConfig, Device};
///
/// let config = ConvAutoencoderConfig::new(ImageShape::new(1, 28, 28));
/// let untrained = ConvAutoencoder::untrained(config, 42, Device::Cpu)?;
/// assert_eq!(untrained.n_parameters(), 178_385);
/// # Ok::<(), novelty_models::ModelError>(())
/// ```
pub type ConvAutoencoder = Autoencoder<ConvAutoencoderConfig>;

/// The architecture of a [`ConvAutoencoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ConvAutoencoderConfig {
    /// The images: height and width divisible by 2 once a filter count.
    pub image_shape: ImageShape,
    /// Channels after each halving; 1 to 12 of them, each in 1..=8192. Default `[32, 64]`.
    pub filters: Vec<usize>,
    /// Length of the code, in 1..=65536. Default 16.
    pub n_features: usize,
    /// Slope of LeakyReLU below zero, in 0..1. Default 0.2.
    pub negative_slope: f64,
    /// Added to the variance by BatchNorm, above 0. Default 1e-3 (Keras).
    pub batch_norm_epsilon: f64,
    /// Share of a new batch in BatchNorm's running statistics, in (0, 1]. Default 0.01 (Keras's
    /// 0.99).
    pub batch_norm_momentum: f64,
}

impl ConvAutoencoderConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        Self {
            image_shape,
            filters: vec![32, 64],
            n_features: 16,
            negative_slope: 0.2,
            batch_norm_epsilon: 1e-3,
            batch_norm_momentum: 0.01,
        }
    }

    /// Sets the channels after each halving.
    #[must_use]
    pub fn filters(mut self, filters: impl Into<Vec<usize>>) -> Self {
        self.filters = filters.into();
        self
    }

    /// Sets the length of the code.
    #[must_use]
    pub fn n_features(mut self, n_features: usize) -> Self {
        self.n_features = n_features;
        self
    }

    /// Sets the slope of LeakyReLU.
    #[must_use]
    pub fn negative_slope(mut self, negative_slope: f64) -> Self {
        self.negative_slope = negative_slope;
        self
    }

    /// Sets what BatchNorm adds to the variance.
    #[must_use]
    pub fn batch_norm_epsilon(mut self, epsilon: f64) -> Self {
        self.batch_norm_epsilon = epsilon;
        self
    }

    /// Sets BatchNorm's momentum, in PyTorch's sense.
    #[must_use]
    pub fn batch_norm_momentum(mut self, momentum: f64) -> Self {
        self.batch_norm_momentum = momentum;
        self
    }

    /// Channels, rows and columns after the last halving.
    fn inner_shape(&self) -> [usize; 3] {
        let ImageShape { channels, height, width } = self.image_shape;
        let inner = self.filters.last().copied().unwrap_or(channels);
        [inner, height >> self.filters.len(), width >> self.filters.len()]
    }

    fn batch_norm(&self) -> BatchNormSettings {
        BatchNormSettings { epsilon: self.batch_norm_epsilon, momentum: self.batch_norm_momentum }
    }
}

impl NetworkConfig for ConvAutoencoderConfig {
    const KIND: &'static str = "conv_autoencoder";
    type Network = ConvAutoencoderNetwork;

    fn validate(&self) -> Result<(), InputError> {
        let ImageShape { channels, height, width } = self.image_shape;
        check("image channels", channels, (1..=1024).contains(&channels), "in 1..=1024")?;
        let n = self.filters.len();
        check("number of filters", n, (1..=12).contains(&n), "in 1..=12")?;
        for &filter in &self.filters {
            check("filters", filter, (1..=8192).contains(&filter), "in 1..=8192")?;
        }
        let halves = |size: usize| (1..=65536).contains(&size) && size.is_multiple_of(1 << n);
        let range = "in 1..=65536 and divisible by 2 once a filter count";
        check("image height", height, halves(height), range)?;
        check("image width", width, halves(width), range)?;
        let features = self.n_features;
        check("n_features", features, (1..=65536).contains(&features), "in 1..=65536")?;
        let slope = self.negative_slope;
        check("negative_slope", slope, (0.0..1.0).contains(&slope), "in 0..1")?;
        let epsilon = self.batch_norm_epsilon;
        let is_sound = epsilon > 0.0 && epsilon.is_finite();
        check("batch_norm_epsilon", epsilon, is_sound, "above 0")?;
        let momentum = self.batch_norm_momentum;
        let is_sound = momentum > 0.0 && momentum <= 1.0;
        check("batch_norm_momentum", momentum, is_sound, "above 0, at most 1")
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<ConvAutoencoderNetwork, ModelError> {
        let [inner, rows, columns] = self.inner_shape();
        let flat = inner * rows * columns;
        let down = halvings(self, parameters)?;
        let to_code = Linear::new(parameters, "encoder.linear", flat, self.n_features)?;
        let from_code = Linear::new(parameters, "decoder.linear", self.n_features, flat)?;
        let up = doublings(self, parameters)?;
        let last = ConvShape {
            inputs: self.filters[0],
            outputs: self.image_shape.channels,
            kernel: 3,
            stride: 1,
            padding: 1,
        };
        let output = Conv2d::transposed(parameters, "decoder.output", last, 0)?;
        let (slope, inner) = (self.negative_slope, [inner, rows, columns].map(|x| x as i64));
        Ok(ConvAutoencoderNetwork { down, to_code, from_code, up, output, slope, inner })
    }
}

fn check(
    name: &'static str,
    value: impl ToString,
    is_sound: bool,
    range: &'static str,
) -> Result<(), InputError> {
    if is_sound { Ok(()) } else { Err(InputError::setting(name, value, range)) }
}

fn halvings(
    config: &ConvAutoencoderConfig,
    parameters: &mut Parameters,
) -> Result<Vec<Block>, ModelError> {
    let inputs = std::iter::once(config.image_shape.channels).chain(config.filters.clone());
    let sizes = inputs.zip(config.filters.clone());
    sizes
        .enumerate()
        .map(|(i, (inputs, outputs))| {
            let shape = ConvShape { inputs, outputs, kernel: 3, stride: 2, padding: 1 };
            let conv = Conv2d::new(parameters, &format!("encoder.conv{i}"), shape)?;
            let name = format!("encoder.norm{i}");
            let norm = BatchNorm2d::new(parameters, &name, outputs, config.batch_norm())?;
            Ok(Block { conv, norm })
        })
        .collect()
}

fn doublings(
    config: &ConvAutoencoderConfig,
    parameters: &mut Parameters,
) -> Result<Vec<Block>, ModelError> {
    let outputs: Vec<usize> = config.filters.iter().rev().copied().collect();
    let inputs = std::iter::once(outputs[0]).chain(outputs.clone());
    inputs
        .zip(outputs.clone())
        .enumerate()
        .map(|(i, (inputs, outputs))| {
            let shape = ConvShape { inputs, outputs, kernel: 3, stride: 2, padding: 1 };
            let conv = Conv2d::transposed(parameters, &format!("decoder.conv{i}"), shape, 1)?;
            let name = format!("decoder.norm{i}");
            let norm = BatchNorm2d::new(parameters, &name, outputs, config.batch_norm())?;
            Ok(Block { conv, norm })
        })
        .collect()
}

/// The layers of a [`ConvAutoencoder`].
#[derive(Debug)]
pub struct ConvAutoencoderNetwork {
    down: Vec<Block>,
    to_code: Linear,
    from_code: Linear,
    up: Vec<Block>,
    output: Conv2d,
    slope: f64,
    inner: [i64; 3],
}

/// A convolution, LeakyReLU, and BatchNorm.
#[derive(Debug)]
struct Block {
    conv: Conv2d,
    norm: BatchNorm2d,
}

impl Block {
    fn forward(&self, x: &Tensor, slope: f64, train: bool) -> Result<Tensor, tch::TchError> {
        let x = self.conv.forward(x)?;
        self.norm.forward(&leaky_relu(&x, slope)?, train)
    }
}

impl Network for ConvAutoencoderNetwork {
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.down
            .iter()
            .try_fold(images.shallow_clone(), |x, block| block.forward(&x, self.slope, train))
            .and_then(|x| x.f_flatten(1, -1))
            .and_then(|x| self.to_code.forward(&x))
            .during("encoding images")
    }

    fn decode(&self, codes: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        let [channels, rows, columns] = self.inner;
        self.from_code
            .forward(codes)
            .and_then(|x| x.f_view([-1, channels, rows, columns]))
            .and_then(|x| {
                self.up.iter().try_fold(x, |x, block| block.forward(&x, self.slope, train))
            })
            .and_then(|x| self.output.forward(&x))
            .and_then(|x| x.f_sigmoid())
            .during("decoding codes")
    }
}
