use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use super::VaeNetwork;
use crate::architectures::{
    check_published, drift_encoder, drift_published_decoder, drift_slim_decoder,
};
use crate::layers::{check_image, check_setting};
use crate::settings::not_negative;
use crate::{
    Autoencoder, DriftDecoder, Initialization, Layers, ModelError, NetworkConfig, Parameters,
};

/// A variational autoencoder: each image has a normal distribution of codes, `N(mu, sigma^2)` a
/// coordinate, and codes are drawn towards `N(0, 1)`.
///
/// Trained by [`VaeTrainer`](crate::VaeTrainer) on
/// `-log p(x | z) + beta KL(q(z | x) || N(0, 1))` with one draw `z = mu + sigma * noise` an
/// image and a step, where `KL = -1/2 sum(1 + log sigma^2 - mu^2 - sigma^2)`.
///
/// Embedding gives `mu`, and reconstruction draws `mu`'s image: neither is random. Drawing is
/// explicit and seeded: [`Vae::reconstruct_sampled`](Autoencoder::reconstruct_sampled),
/// [`Vae::sample`](Autoencoder::sample), and the scores of [`VaeScore`](crate::VaeScore).
///
/// | network | settings | parameters |
/// |---|---|---:|
/// | fully connected, 784-128-64-32 | `new(1x28x28)` | 224,464 |
/// | the same for clothes, 784-256-128-64 | `layers(VaeLayers::Mlp { hidden: vec![256, 128] })`, `n_features(64)` | 493,200 |
/// | convolutional | `new(3x150x150)`, `layers(VaeLayers::Conv { trunk: 512, decoder: DriftDecoder::Published })` | 45,122,142 |
///
/// Kingma and Welling, *Auto-Encoding Variational Bayes*, ICLR 2014; beta: Higgins et al.,
/// *beta-VAE*, ICLR 2017. Networks after Ruff et al., *Deep Semi-Supervised Anomaly Detection*,
/// ICLR 2020 (fully connected), and *data_drift* by the user uncleDecart, 2021 (convolutional,
/// the encoder and the decoders of [`DriftAutoencoder`](crate::DriftAutoencoder)). The latter
/// draws at evaluation too, and embeds by the layer before `mu`: that is
/// [`Vae::trunk_features`](Autoencoder::trunk_features).
pub type Vae = Autoencoder<VaeConfig>;

/// How likely an image is, given what is drawn of its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Likelihood {
    /// Each pixel is a coin: `-log p` is the binary cross-entropy, summed over the pixels. For
    /// images in 0..1.
    #[default]
    Bernoulli,
    /// Each pixel is normal with variance 1: `-log p` is half the squared error, summed over the
    /// pixels, but for a constant.
    Gaussian,
}

/// What the network is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum VaeLayers {
    /// Fully connected, ReLU between, a sigmoid at the end; Glorot-normal weights.
    Mlp {
        /// Lengths between the pixels and the code, 1 to 12 of them, each in 1..=65536.
        hidden: Vec<usize>,
    },
    /// The encoder of [`DriftAutoencoder`](crate::DriftAutoencoder) as trunk, and one of its
    /// decoders.
    Conv {
        /// Length of the trunk's vector, in 1..=65536. Published 512.
        trunk: usize,
        /// How images are made of codes.
        decoder: DriftDecoder,
    },
}

/// The architecture of a [`Vae`], and what is believed about images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct VaeConfig {
    /// The images; at most 2^20 pixels, channels counted, for the fully connected network.
    pub image_shape: ImageShape,
    /// What the network is made of. Default fully connected with 128 and 64.
    pub layers: VaeLayers,
    /// Length of the code, in 1..=65536. Default 32.
    pub n_features: usize,
    /// How likely an image is, given its code. Default Bernoulli.
    pub likelihood: Likelihood,
    /// Weight of the divergence, at least 0. Default 1.
    pub beta: f64,
}

impl VaeConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        let layers = VaeLayers::Mlp { hidden: vec![128, 64] };
        Self { image_shape, layers, n_features: 32, likelihood: Likelihood::Bernoulli, beta: 1.0 }
    }

    /// Sets what the network is made of.
    #[must_use]
    pub fn layers(mut self, layers: VaeLayers) -> Self {
        self.layers = layers;
        self
    }

    /// Sets the length of the code.
    #[must_use]
    pub fn n_features(mut self, n_features: usize) -> Self {
        self.n_features = n_features;
        self
    }

    /// Sets how likely an image is, given its code.
    #[must_use]
    pub fn likelihood(mut self, likelihood: Likelihood) -> Self {
        self.likelihood = likelihood;
        self
    }

    /// Sets the weight of the divergence.
    #[must_use]
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    /// The layers before the two that give the distribution.
    pub(super) fn trunk(&self) -> Layers {
        match &self.layers {
            VaeLayers::Mlp { hidden } => {
                connected(Layers::images(self.image_shape).flatten(), hidden.iter())
            }
            VaeLayers::Conv { trunk, .. } => drift_encoder(self.image_shape, *trunk),
        }
    }

    /// One of the two layers that give the distribution.
    pub(super) fn head(&self, name: &str) -> Layers {
        let (length, init) = match &self.layers {
            VaeLayers::Mlp { hidden } => {
                (hidden.last().copied().unwrap_or(1), Initialization::GlorotNormal)
            }
            VaeLayers::Conv { trunk, .. } => (*trunk, Initialization::PyTorch),
        };
        Layers::new([length]).linear(name, self.n_features, true, init)
    }

    pub(super) fn decoder(&self) -> Layers {
        let ImageShape { channels, height, width } = self.image_shape;
        match &self.layers {
            VaeLayers::Mlp { hidden } => {
                let pixels = channels * height * width;
                connected(Layers::new([self.n_features]), hidden.iter().rev())
                    .linear("output", pixels, true, Initialization::GlorotNormal)
                    .sigmoid()
                    .reshape([channels, height, width])
            }
            VaeLayers::Conv { decoder: DriftDecoder::Slim, .. } => {
                drift_slim_decoder(self.image_shape, self.n_features)
            }
            VaeLayers::Conv { decoder: DriftDecoder::Published, .. } => {
                drift_published_decoder(self.image_shape, self.n_features)
            }
        }
    }
}

fn connected<'a>(start: Layers, lengths: impl Iterator<Item = &'a usize>) -> Layers {
    lengths.enumerate().fold(start, |layers, (i, &length)| {
        layers.linear(format!("linear{i}"), length, true, Initialization::GlorotNormal).relu()
    })
}

impl NetworkConfig for VaeConfig {
    const KIND: &'static str = "vae";
    type Network = VaeNetwork;

    fn validate(&self) -> Result<(), InputError> {
        let is_length = |n: usize| (1..=65536).contains(&n);
        check_setting("n_features", self.n_features, is_length(self.n_features), "in 1..=65536")?;
        not_negative("beta", self.beta)?;
        match &self.layers {
            VaeLayers::Mlp { hidden } => {
                check_image(self.image_shape, |_| true, "in 1..=65536")?;
                let ImageShape { channels, height, width } = self.image_shape;
                let pixels = channels * height * width;
                check_setting("pixels", pixels, pixels <= 1 << 20, "at most 2^20")?;
                let n = hidden.len();
                check_setting("number of hidden lengths", n, (1..=12).contains(&n), "in 1..=12")?;
                hidden.iter().try_for_each(|&length| {
                    check_setting("hidden", length, is_length(length), "in 1..=65536")
                })
            }
            VaeLayers::Conv { trunk, decoder } => {
                check_setting("trunk", trunk, is_length(*trunk), "in 1..=65536")?;
                check_image(self.image_shape, |side| side <= 4096, "in 1..=4096")?;
                match decoder {
                    DriftDecoder::Slim => Ok(()),
                    DriftDecoder::Published => check_published(self.image_shape),
                }
            }
        }
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<VaeNetwork, ModelError> {
        VaeNetwork::build(self, parameters)
    }
}
