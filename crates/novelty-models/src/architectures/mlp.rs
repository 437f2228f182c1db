use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use crate::layers::{check_image, check_setting};
use crate::{
    Autoencoder, EncoderDecoder, Initialization, Layers, ModelError, NetworkConfig, Parameters,
};

/// A fully connected autoencoder: the plainest there is, and the one to beat.
///
/// | part | layers |
/// |---|---|
/// | encoder | flatten; for each of `hidden`: Linear, ReLU; Linear to `n_features` |
/// | decoder | for each of `hidden` reversed: Linear, ReLU; Linear to the pixels, tanh |
///
/// The first network of National Taiwan University's *Machine Learning 2021*, homework 8 (human
/// faces, 64x64 in colour, ROC-AUC 0.640): 3,176,419 parameters with the defaults. Inside, pixels
/// run over -1..1 as published, `2 x - 1` on the way in and `(tanh + 1) / 2` on the way out;
/// outside, they stay in 0..1.
pub type MlpAutoencoder = Autoencoder<MlpAutoencoderConfig>;

/// The architecture of an [`MlpAutoencoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MlpAutoencoderConfig {
    /// The images: at most 2^20 pixels, channels counted.
    pub image_shape: ImageShape,
    /// Lengths between the pixels and the code, at most 12, each in 1..=65536. Default
    /// `[128, 64, 12]`.
    pub hidden: Vec<usize>,
    /// Length of the code, in 1..=65536. Default 3.
    pub n_features: usize,
}

impl MlpAutoencoderConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        Self { image_shape, hidden: vec![128, 64, 12], n_features: 3 }
    }

    /// Sets the lengths between the pixels and the code.
    #[must_use]
    pub fn hidden(mut self, hidden: impl Into<Vec<usize>>) -> Self {
        self.hidden = hidden.into();
        self
    }

    /// Sets the length of the code.
    #[must_use]
    pub fn n_features(mut self, n_features: usize) -> Self {
        self.n_features = n_features;
        self
    }

    fn image(&self) -> [usize; 3] {
        [self.image_shape.channels, self.image_shape.height, self.image_shape.width]
    }

    fn encoder(&self) -> Layers {
        let start = Layers::images(self.image_shape).scale(2.0, -1.0).flatten();
        hidden(start, self.hidden.iter()).linear(
            "code",
            self.n_features,
            true,
            Initialization::PyTorch,
        )
    }

    fn decoder(&self) -> Layers {
        hidden(Layers::new([self.n_features]), self.hidden.iter().rev())
            .linear("output", self.image().iter().product(), true, Initialization::PyTorch)
            .tanh()
            .scale(0.5, 0.5)
            .reshape(self.image())
    }
}

fn hidden<'a>(start: Layers, lengths: impl Iterator<Item = &'a usize>) -> Layers {
    lengths.enumerate().fold(start, |layers, (i, &length)| {
        layers.linear(format!("linear{i}"), length, true, Initialization::PyTorch).relu()
    })
}

impl NetworkConfig for MlpAutoencoderConfig {
    const KIND: &'static str = "mlp_autoencoder";
    type Network = EncoderDecoder;

    fn validate(&self) -> Result<(), InputError> {
        check_image(self.image_shape, |_| true, "in 1..=65536")?;
        let pixels: usize = self.image().iter().product();
        check_setting("pixels", pixels, pixels <= 1 << 20, "at most 2^20")?;
        let n = self.hidden.len();
        check_setting("number of hidden lengths", n, n <= 12, "at most 12")?;
        for &length in &self.hidden {
            check_setting("hidden", length, (1..=65536).contains(&length), "in 1..=65536")?;
        }
        let features = self.n_features;
        check_setting("n_features", features, (1..=65536).contains(&features), "in 1..=65536")
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<EncoderDecoder, ModelError> {
        EncoderDecoder::build(&self.encoder(), &self.decoder(), parameters)
    }
}
