use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use crate::layers::{check_image, check_setting};
use crate::{
    Autoencoder, Convolution, EncoderDecoder, Initialization, Layers, ModelError, NetworkConfig,
    Parameters,
};

/// An autoencoder with pooling and upsampling, made to take noise out of digits.
///
/// | part | layers |
/// |---|---|
/// | encoder | twice: Conv 3x3, ReLU, MaxPool 2 |
/// | code | the map of `filters` x height/4 x width/4, flattened: 1,568 numbers at 28x28 |
/// | decoder | twice: Conv 3x3, ReLU, Upsample 2; then Conv 3x3 to the channels, sigmoid |
///
/// The network of F. Chollet's *Building Autoencoders in Keras* (2016), which Domino Data Lab's
/// image-drift example trains on noisy digits and watches in production. 28,353 parameters for
/// 28x28 gray images; Keras's Glorot-uniform weights and zero biases. Published training: input
/// with noise of standard deviation 0.5, clipped, target without; binary cross-entropy, Adadelta
/// with rate 1, 10 epochs, batch 128.
///
/// The code is twice as long as a 28x28 image: it is the noise, not a bottleneck, that keeps the
/// network from copying. Prefer [`ConvAutoencoder`](crate::ConvAutoencoder) without noise.
pub type DenoisingAutoencoder = Autoencoder<DenoisingAutoencoderConfig>;

/// The architecture of a [`DenoisingAutoencoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DenoisingAutoencoderConfig {
    /// The images: height and width divisible by 4.
    pub image_shape: ImageShape,
    /// Channels of every inner map, in 1..=8192. Default 32.
    pub filters: usize,
}

impl DenoisingAutoencoderConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        Self { image_shape, filters: 32 }
    }

    /// Sets the channels of every inner map.
    #[must_use]
    pub fn filters(mut self, filters: usize) -> Self {
        self.filters = filters;
        self
    }

    fn convolution(outputs: usize) -> Convolution {
        Convolution::new(outputs, 3).padding(1).init(Initialization::GlorotUniform { gain: 1.0 })
    }

    fn inner_shape(&self) -> [usize; 3] {
        [self.filters, self.image_shape.height / 4, self.image_shape.width / 4]
    }

    fn encoder(&self) -> Layers {
        Layers::images(self.image_shape)
            .conv2d("conv0", Self::convolution(self.filters))
            .relu()
            .max_pool2d(2)
            .conv2d("conv1", Self::convolution(self.filters))
            .relu()
            .max_pool2d(2)
            .flatten()
    }

    fn decoder(&self) -> Layers {
        Layers::new([self.inner_shape().iter().product()])
            .reshape(self.inner_shape())
            .conv2d("conv0", Self::convolution(self.filters))
            .relu()
            .upsample(2)
            .conv2d("conv1", Self::convolution(self.filters))
            .relu()
            .upsample(2)
            .conv2d("output", Self::convolution(self.image_shape.channels))
            .sigmoid()
    }
}

impl NetworkConfig for DenoisingAutoencoderConfig {
    const KIND: &'static str = "denoising_autoencoder";
    type Network = EncoderDecoder;

    fn validate(&self) -> Result<(), InputError> {
        check_setting("filters", self.filters, (1..=8192).contains(&self.filters), "in 1..=8192")?;
        let range = "in 1..=65536 and divisible by 4";
        check_image(self.image_shape, |side| side.is_multiple_of(4), range)
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<EncoderDecoder, ModelError> {
        EncoderDecoder::build(&self.encoder(), &self.decoder(), parameters)
    }
}
