use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use crate::layers::check_image;
use crate::{
    Autoencoder, BatchNorm, Convolution, EncoderDecoder, Layer, Layers, ModelError, NetworkConfig,
    Parameters,
};

/// An autoencoder for gray images of 128x128, made for printed parts on a production line and
/// for one-class training of its encoder.
///
/// | part | layers |
/// |---|---|
/// | encoder | for 32, 64, 64, 64, 32 channels: Conv 5x5, BatchNorm, LeakyReLU 0.01, MaxPool 2 |
/// | code | the map of 32 x height/32 x width/32, flattened: 512 numbers at 128x128 |
/// | decoder | for 32, 64, 64, 64 channels and those of the image: ConvTranspose 5x5, BatchNorm, LeakyReLU 0.01, bilinear Upsample 2 |
///
/// G. Dornelles, *deep-anomaly-classification* (2022): an encoder of 308,512 and an autoencoder
/// of 592,162 parameters, both with [`affine`](GrayAutoencoderConfig::affine) set. The published
/// BatchNorm has weights and biases of its own, with which a one-class objective can be met by a
/// constant: the default leaves them out (308,000 and 591,200 parameters), and
/// `affine(true)` is the published network. Published training: Adam at 3e-4, weight decay 1e-6,
/// batch 8. The output is not bounded: nothing follows the last interpolation.
pub type GrayAutoencoder = Autoencoder<GrayAutoencoderConfig>;

/// The architecture of a [`GrayAutoencoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GrayAutoencoderConfig {
    /// The images: height and width divisible by 32. Published: 1x128x128.
    pub image_shape: ImageShape,
    /// Whether BatchNorm has weights and biases. Default false; published true.
    pub affine: bool,
}

const ENCODER_CHANNELS: [usize; 5] = [32, 64, 64, 64, 32];
const DECODER_CHANNELS: [usize; 4] = [32, 64, 64, 64];

impl GrayAutoencoderConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        Self { image_shape, affine: false }
    }

    /// Sets whether BatchNorm has weights and biases.
    #[must_use]
    pub fn affine(mut self, affine: bool) -> Self {
        self.affine = affine;
        self
    }

    fn inner_shape(&self) -> [usize; 3] {
        [ENCODER_CHANNELS[4], self.image_shape.height / 32, self.image_shape.width / 32]
    }

    fn normalized(&self, layers: Layers, i: usize) -> Layers {
        let norm = BatchNorm { affine: self.affine, ..BatchNorm::default() };
        layers.batch_norm(format!("norm{i}"), norm).leaky_relu(0.01)
    }

    pub(crate) fn encoder(&self) -> Layers {
        let channels = ENCODER_CHANNELS.iter().enumerate();
        let halving = |layers: Layers, (i, &n): (usize, &usize)| {
            self.normalized(layers.conv2d(format!("conv{i}"), kernel(n)), i).max_pool2d(2)
        };
        channels.fold(Layers::images(self.image_shape), halving).flatten()
    }

    fn decoder(&self) -> Layers {
        let inner = self.inner_shape();
        let start = Layers::new([inner.iter().product()]).reshape(inner);
        let channels = DECODER_CHANNELS.iter().chain([&self.image_shape.channels]).enumerate();
        channels.fold(start, |layers, (i, &n)| {
            self.normalized(layers.conv_transpose2d(format!("conv{i}"), kernel(n)), i)
                .layer("", Layer::UpsampleBilinear { factor: 2 })
        })
    }
}

fn kernel(outputs: usize) -> Convolution {
    Convolution::new(outputs, 5).padding(2).bias(false)
}

impl NetworkConfig for GrayAutoencoderConfig {
    const KIND: &'static str = "gray_autoencoder";
    type Network = EncoderDecoder;

    fn validate(&self) -> Result<(), InputError> {
        let range = "in 1..=65536 and divisible by 32";
        check_image(self.image_shape, |side| side.is_multiple_of(32), range)
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<EncoderDecoder, ModelError> {
        EncoderDecoder::build(&self.encoder(), &self.decoder(), parameters)
    }
}
