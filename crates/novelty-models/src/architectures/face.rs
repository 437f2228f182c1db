use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use crate::layers::{check_image, check_setting};
use crate::{
    Autoencoder, BatchNorm, Convolution, EncoderDecoder, Layers, ModelError, NetworkConfig,
    Parameters,
};

/// A convolutional autoencoder of 4x4 kernels with stride 2, with or without batch
/// normalisation.
///
/// | part | layers |
/// |---|---|
/// | encoder | for each of `filters`: Conv 4x4 stride 2, (BatchNorm,) ReLU |
/// | code | the last map, flattened: 3,072 numbers at 64x64 |
/// | decoder | mirrored: ConvTranspose 4x4 stride 2, (BatchNorm,) ReLU; the last with tanh |
///
/// A map with an odd side is halved to the whole number below, and the decoder adds the row and
/// the column again.
///
/// National Taiwan University's *Machine Learning 2021*, homework 8 (human faces, 64x64 in
/// colour; ROC-AUC as published):
///
/// | tier | settings | parameters | ROC-AUC |
/// |---|---|---:|---:|
/// | medium | `batch_norm(false)` | 47,355 | 0.757 |
/// | strong | the defaults | 47,595 | 0.813 |
/// | a participant's, above the best tier | `filters([128, 256, 512])` | 5,259,011 | 0.901 |
///
/// Published training: Adam at 1e-3 on the mean squared error. Inside, pixels run over -1..1 as
/// published; outside, they stay in 0..1.
pub type FaceAutoencoder = Autoencoder<FaceAutoencoderConfig>;

/// The architecture of a [`FaceAutoencoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FaceAutoencoderConfig {
    /// The images: sides of at least 2 to the number of filters, that are odd together or even
    /// together, before the first halving and after each but the last. Published: 3x64x64.
    pub image_shape: ImageShape,
    /// Channels after each halving; 1 to 12 of them, each in 1..=8192. Default `[12, 24, 48]`.
    pub filters: Vec<usize>,
    /// Whether every inner convolution is followed by a BatchNorm. Default true.
    pub batch_norm: bool,
}

impl FaceAutoencoderConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        Self { image_shape, filters: vec![12, 24, 48], batch_norm: true }
    }

    /// Sets the channels after each halving.
    #[must_use]
    pub fn filters(mut self, filters: impl Into<Vec<usize>>) -> Self {
        self.filters = filters.into();
        self
    }

    /// Sets whether every inner convolution is followed by a BatchNorm.
    #[must_use]
    pub fn batch_norm(mut self, batch_norm: bool) -> Self {
        self.batch_norm = batch_norm;
        self
    }

    fn inner_shape(&self) -> [usize; 3] {
        let ImageShape { channels, height, width } = self.image_shape;
        let n = self.filters.len();
        [self.filters.last().copied().unwrap_or(channels), height >> n, width >> n]
    }

    fn normalized(&self, layers: Layers, i: usize) -> Layers {
        if self.batch_norm {
            layers.batch_norm(format!("norm{i}"), BatchNorm::default()).relu()
        } else {
            layers.relu()
        }
    }

    /// Images to vectors, the last map flattened.
    pub(crate) fn encoder(&self) -> Layers {
        let start = Layers::images(self.image_shape).scale(2.0, -1.0);
        let halving = |layers: Layers, (i, &filter): (usize, &usize)| {
            self.normalized(layers.conv2d(format!("conv{i}"), strided(filter)), i)
        };
        self.filters.iter().enumerate().fold(start, halving).flatten()
    }

    /// The transposed convolution that undoes the halving number `i`, counted from 0.
    fn undoing(&self, i: usize, outputs: usize) -> Convolution {
        strided(outputs).output_padding((self.image_shape.height >> i) % 2)
    }

    /// Vectors to images.
    pub(crate) fn decoder(&self) -> Layers {
        let inner = self.inner_shape();
        let start = Layers::new([inner.iter().product()]).reshape(inner);
        let n = self.filters.len();
        let doubling = |layers: Layers, (i, &filter): (usize, &usize)| {
            let conv = self.undoing(n - 1 - i, filter);
            self.normalized(layers.conv_transpose2d(format!("conv{i}"), conv), i)
        };
        self.filters
            .iter()
            .rev()
            .skip(1)
            .enumerate()
            .fold(start, doubling)
            .conv_transpose2d("output", self.undoing(0, self.image_shape.channels))
            .tanh()
            .scale(0.5, 0.5)
    }
}

/// A halving.
pub(crate) fn strided(outputs: usize) -> Convolution {
    Convolution::new(outputs, 4).stride(2).padding(1)
}

impl NetworkConfig for FaceAutoencoderConfig {
    const KIND: &'static str = "face_autoencoder";
    type Network = EncoderDecoder;

    fn validate(&self) -> Result<(), InputError> {
        let n = self.filters.len();
        check_setting("number of filters", n, (1..=12).contains(&n), "in 1..=12")?;
        for &filter in &self.filters {
            check_setting("filters", filter, (1..=8192).contains(&filter), "in 1..=8192")?;
        }
        let range = "in 1..=65536 and at least 2 to the number of filters";
        check_image(self.image_shape, |side| side >> n > 0, range)?;
        let ImageShape { height, width, .. } = self.image_shape;
        let is_alike = (0..n).all(|i| (height >> i) % 2 == (width >> i) % 2);
        check_setting("image width", width, is_alike, "odd wherever the height is, once halved")
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<EncoderDecoder, ModelError> {
        EncoderDecoder::build(&self.encoder(), &self.decoder(), parameters)
    }
}
