use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use crate::layers::{check_image, check_setting as check};
use crate::settings::positive;
use crate::{
    Autoencoder, BatchNorm, Convolution, EncoderDecoder, Initialization, Layers, ModelError,
    NetworkConfig, Parameters,
};

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

    fn batch_norm(&self) -> BatchNorm {
        let (epsilon, momentum) = (self.batch_norm_epsilon, self.batch_norm_momentum);
        BatchNorm { epsilon, momentum, affine: true }
    }

    fn encoder(&self) -> Layers {
        let halving = |layers: Layers, (i, &filter): (usize, &usize)| {
            let convolution = Convolution::new(filter, 3).stride(2).padding(1).init(KERAS);
            layers
                .conv2d(format!("conv{i}"), convolution)
                .leaky_relu(self.negative_slope)
                .batch_norm(format!("norm{i}"), self.batch_norm())
        };
        self.filters
            .iter()
            .enumerate()
            .fold(Layers::images(self.image_shape), halving)
            .flatten()
            .linear("linear", self.n_features, true, KERAS)
    }

    fn decoder(&self) -> Layers {
        let inner = self.inner_shape();
        let doubling = |layers: Layers, (i, &filter): (usize, &usize)| {
            let convolution = Convolution::new(filter, 3).stride(2).padding(1).output_padding(1);
            layers
                .conv_transpose2d(format!("conv{i}"), convolution.init(KERAS))
                .leaky_relu(self.negative_slope)
                .batch_norm(format!("norm{i}"), self.batch_norm())
        };
        let start = Layers::new([self.n_features])
            .linear("linear", inner.iter().product(), true, KERAS)
            .reshape(inner);
        let last = Convolution::new(self.image_shape.channels, 3).padding(1).init(KERAS);
        self.filters
            .iter()
            .rev()
            .enumerate()
            .fold(start, doubling)
            .conv_transpose2d("output", last)
            .sigmoid()
    }
}

/// Keras's default, the source's: Glorot-uniform weights and zero biases.
const KERAS: Initialization = Initialization::GlorotUniform { gain: 1.0 };

impl NetworkConfig for ConvAutoencoderConfig {
    const KIND: &'static str = "conv_autoencoder";
    type Network = EncoderDecoder;

    fn validate(&self) -> Result<(), InputError> {
        let n = self.filters.len();
        check("number of filters", n, (1..=12).contains(&n), "in 1..=12")?;
        for &filter in &self.filters {
            check("filters", filter, (1..=8192).contains(&filter), "in 1..=8192")?;
        }
        let range = "in 1..=65536 and divisible by 2 once a filter count";
        check_image(self.image_shape, |side| side.is_multiple_of(1 << n), range)?;
        let features = self.n_features;
        check("n_features", features, (1..=65536).contains(&features), "in 1..=65536")?;
        let slope = self.negative_slope;
        check("negative_slope", slope, (0.0..1.0).contains(&slope), "in 0..1")?;
        positive("batch_norm_epsilon", self.batch_norm_epsilon)?;
        let momentum = self.batch_norm_momentum;
        let is_sound = momentum > 0.0 && momentum <= 1.0;
        check("batch_norm_momentum", momentum, is_sound, "above 0, at most 1")
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<EncoderDecoder, ModelError> {
        EncoderDecoder::build(&self.encoder(), &self.decoder(), parameters)
    }
}
