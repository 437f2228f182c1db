use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use crate::layers::{check_image, check_setting};
use crate::{
    Autoencoder, BatchNorm, Convolution, EncoderDecoder, Initialization, Layer, Layers, ModelError,
    NetworkConfig, Parameters,
};

/// An autoencoder for photographs of parts, whose short embedding drift is watched in.
///
/// | part | layers |
/// |---|---|
/// | encoder | Conv 3x3 to 16 channels, LeakyReLU 0.2; for 32, 64, 128, 256 channels: Conv 3x3 stride 2, BatchNorm, LeakyReLU 0.2; Linear to `n_features`, BatchNorm, LeakyReLU 0.2 |
/// | decoder, [slim](DriftDecoder::Slim) | Linear to 64 maps of the encoder's last size, BatchNorm, ReLU; up through the encoder's sizes by nearest neighbours with Conv 3x3 to 64, 32, 16, 16 channels, BatchNorm, ReLU; Conv 3x3 to the channels, sigmoid |
/// | decoder, [published](DriftDecoder::Published) | Linear to 512, BatchNorm, ReLU; ConvTranspose 30x30 to 64 channels, then 31x31 to 32 and thrice to the image's, BatchNorm and ReLU between, sigmoid at the end |
///
/// *data_drift* by the user uncleDecart (2021), on MVTec AD's bottles at 150x150 in colour:
///
/// | network | settings | parameters |
/// |---|---|---:|
/// | big | `decoder(DriftDecoder::Published)` | 32,799,870 |
/// | small | the same, `n_features(8)` | 32,173,110 |
///
/// Of the published decoder's 31.6 million parameters, 29.5 million are one kernel of 30x30, and
/// an image costs 2.4 billion multiplications: the slim decoder is the default, for use on a
/// CPU. Published training: Adam at 1e-3, weight decay 1e-5, batch 16, the squared error summed
/// over the batch, rate cut by 10 after 10 epochs without progress of the training loss.
pub type DriftAutoencoder = Autoencoder<DriftAutoencoderConfig>;

/// How a [`DriftAutoencoder`] makes an image of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DriftDecoder {
    /// Upsampling and small kernels: a hundredth of the published decoder's parameters, and a
    /// tenth of the network's multiplications.
    #[default]
    Slim,
    /// Five transposed convolutions as large as a fifth of the image. The images must be square
    /// and their side divisible by 5.
    Published,
}

/// The architecture of a [`DriftAutoencoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DriftAutoencoderConfig {
    /// The images, sides in 1..=4096. Published: 3x150x150.
    pub image_shape: ImageShape,
    /// Length of the code, in 1..=65536. Default 32, the published big network's; 8 is the small
    /// one's.
    pub n_features: usize,
    /// How images are made of codes. Default slim.
    pub decoder: DriftDecoder,
}

/// Channels after each halving of the encoder.
const CHANNELS: [usize; 4] = [32, 64, 128, 256];
/// Channels of the slim decoder, from its smallest maps up.
const SLIM_CHANNELS: [usize; 4] = [64, 32, 16, 16];

impl DriftAutoencoderConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        Self { image_shape, n_features: 32, decoder: DriftDecoder::Slim }
    }

    /// Sets the length of the code.
    #[must_use]
    pub fn n_features(mut self, n_features: usize) -> Self {
        self.n_features = n_features;
        self
    }

    /// Sets how images are made of codes.
    #[must_use]
    pub fn decoder(mut self, decoder: DriftDecoder) -> Self {
        self.decoder = decoder;
        self
    }

    fn encoder(&self) -> Layers {
        encoder(self.image_shape, self.n_features)
    }

    fn decoder_layers(&self) -> Layers {
        match self.decoder {
            DriftDecoder::Slim => slim_decoder(self.image_shape, self.n_features),
            DriftDecoder::Published => published_decoder(self.image_shape, self.n_features),
        }
    }
}

/// The encoder, which the variational autoencoder of the same source shares.
pub(crate) fn encoder(image_shape: ImageShape, n_features: usize) -> Layers {
    let start = Layers::images(image_shape)
        .conv2d("conv0", Convolution::new(16, 3).padding(1))
        .leaky_relu(0.2);
    let halving = |layers: Layers, (i, &channels): (usize, &usize)| {
        layers
            .conv2d(format!("conv{}", i + 1), Convolution::new(channels, 3).stride(2).padding(1))
            .batch_norm(format!("norm{}", i + 1), BatchNorm::default())
            .leaky_relu(0.2)
    };
    CHANNELS
        .iter()
        .enumerate()
        .fold(start, halving)
        .flatten()
        .linear("linear", n_features, true, Initialization::PyTorch)
        .batch_norm("norm", BatchNorm::default())
        .leaky_relu(0.2)
}

/// A side after `n` halvings, rounded up as a 3x3 convolution of stride 2 and padding 1 does.
fn halved(side: usize, n: usize) -> usize {
    (0..n).fold(side, |side, _| side.div_ceil(2))
}

pub(crate) fn slim_decoder(image_shape: ImageShape, n_features: usize) -> Layers {
    let ImageShape { channels, height, width } = image_shape;
    let inner = [SLIM_CHANNELS[0], halved(height, 4), halved(width, 4)];
    let start = Layers::new([n_features])
        .linear("linear", inner.iter().product(), true, Initialization::PyTorch)
        .batch_norm("norm", BatchNorm::default())
        .relu()
        .reshape(inner);
    let doubling = |layers: Layers, (i, &channels): (usize, &usize)| {
        let size = Layer::UpsampleTo { height: halved(height, 3 - i), width: halved(width, 3 - i) };
        layers
            .layer("", size)
            .conv2d(format!("conv{i}"), Convolution::new(channels, 3).padding(1).bias(false))
            .batch_norm(format!("norm{i}"), BatchNorm::default())
            .relu()
    };
    SLIM_CHANNELS
        .iter()
        .enumerate()
        .fold(start, doubling)
        .conv2d("output", Convolution::new(channels, 3).padding(1))
        .sigmoid()
}

/// For a side of `5 k`, kernels of `k` and four times `k + 1` make 1, k, 2k, 3k, 4k, 5k.
pub(crate) fn published_decoder(image_shape: ImageShape, n_features: usize) -> Layers {
    let ImageShape { channels, height, .. } = image_shape;
    let kernel = height / 5;
    let start = Layers::new([n_features])
        .linear("linear", 512, true, Initialization::PyTorch)
        .batch_norm("norm", BatchNorm::default())
        .relu()
        .reshape([512, 1, 1])
        .conv_transpose2d("conv0", Convolution::new(64, kernel).bias(false));
    [32, channels, channels, channels]
        .iter()
        .enumerate()
        .fold(start, |layers, (i, &outputs)| {
            let convolution = Convolution::new(outputs, kernel + 1).bias(false);
            layers
                .batch_norm(format!("norm{i}"), BatchNorm::default())
                .relu()
                .conv_transpose2d(format!("conv{}", i + 1), convolution)
        })
        .sigmoid()
}

/// What [`published_decoder`] needs.
pub(crate) fn check_published(image_shape: ImageShape) -> Result<(), InputError> {
    let ImageShape { height, width, .. } = image_shape;
    let is_sound = height == width && height.is_multiple_of(5);
    let size = format!("{height}x{width}");
    let range = "square with a side divisible by 5 for the published decoder";
    check_setting("image size", size, is_sound, range)
}

impl NetworkConfig for DriftAutoencoderConfig {
    const KIND: &'static str = "drift_autoencoder";
    type Network = EncoderDecoder;

    fn validate(&self) -> Result<(), InputError> {
        check_image(self.image_shape, |side| side <= 4096, "in 1..=4096")?;
        let features = self.n_features;
        check_setting("n_features", features, (1..=65536).contains(&features), "in 1..=65536")?;
        match self.decoder {
            DriftDecoder::Slim => Ok(()),
            DriftDecoder::Published => check_published(self.image_shape),
        }
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<EncoderDecoder, ModelError> {
        EncoderDecoder::build(&self.encoder(), &self.decoder_layers(), parameters)
    }
}
