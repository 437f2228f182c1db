use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use super::VaeGanNetwork;
use crate::layers::{check_image, check_setting};
use crate::settings::not_negative;
use crate::{
    Autoencoder, BatchNorm, Convolution, Initialization, Layers, Likelihood, ModelError,
    NetworkConfig, Parameters,
};

/// A variational autoencoder whose images a discriminator has to take for real ones.
///
/// Trained by [`VaeGanTrainer`](crate::VaeGanTrainer). Embedding gives the mean code, and
/// reconstruction its image, as with [`Vae`](crate::Vae); scores are
/// [`VaeGanScore`](crate::VaeGanScore).
///
/// | part | layers, with `filters` f0, f1, .. |
/// |---|---|
/// | encoder | for each filter: Conv 3x3 stride 2, LeakyReLU 0.2; flattened; Linear to the code's distribution |
/// | decoder | Linear to a small map, BatchNorm, LeakyReLU; for each filter but the last, reversed: ConvTranspose 4x4 stride 2, BatchNorm, LeakyReLU; ConvTranspose 3x3 to the channels; `tanh / 2 + 1 / 2` |
/// | image discriminator | the encoder's convolutions, the mean of each channel, Linear to 256, Linear to 1 |
/// | latent discriminator ([`Prior::Adversarial`]) | Linear to 64, LeakyReLU, Linear to 128, LeakyReLU, Linear to 1 |
///
/// Larsen, Sønderby, Larochelle and Winther, *Autoencoding beyond pixels using a learned
/// similarity metric*, ICML 2016; the adversarial prior: Makhzani et al., *Adversarial
/// Autoencoders*, ICLR workshop 2016. Networks after *data_drift* by the user uncleDecart, 2021,
/// which was never run; [`VaeGanLayers`] says what is changed.
pub type VaeGan = Autoencoder<VaeGanConfig>;

/// What draws codes towards `N(0, 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Prior {
    /// Each image has a normal distribution of codes, whose divergence from `N(0, 1)` is
    /// lowered.
    #[default]
    Divergence,
    /// Each image has one code; a discriminator has to take the codes for draws from `N(0, 1)`.
    Adversarial,
}

/// How faithful the layers are to the published ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VaeGanLayers {
    /// The encoder keeps where things are (the last map is flattened), the decoder has LeakyReLU
    /// after each BatchNorm, and weights start as PyTorch's do.
    #[default]
    Mended,
    /// As published: the encoder takes the mean of each channel; the decoder has no activation,
    /// so that it is linear up to its `tanh`; weights start from `N(0, 0.02)`, as was intended.
    /// Square images.
    Published,
}

/// The architecture of a [`VaeGan`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct VaeGanConfig {
    /// The images: sides divisible by 2 once a filter count but one.
    pub image_shape: ImageShape,
    /// Channels after each halving, 1 to 12 of them, each in 1..=8192. Default 16, 32, 64 and so
    /// on up to 128, until a side is 4 or the sides are odd.
    pub filters: Vec<usize>,
    /// Length of the code, in 1..=65536. Default 32.
    pub n_features: usize,
    /// What draws codes towards `N(0, 1)`. Default the divergence.
    pub prior: Prior,
    /// How likely an image is, given its code. Default Bernoulli.
    pub likelihood: Likelihood,
    /// Weight of the divergence, at least 0. Default 1.
    pub beta: f64,
    /// How faithful the layers are to the published ones. Default mended.
    pub layers: VaeGanLayers,
}

impl VaeGanConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        let (mut side, mut filters) = (image_shape.height.min(image_shape.width), vec![16]);
        let doublings = image_shape.height.trailing_zeros().min(image_shape.width.trailing_zeros());
        side = side.div_ceil(2);
        while side > 4 && filters.len() <= doublings as usize && filters.len() < 12 {
            side = side.div_ceil(2);
            filters.push((16 << filters.len()).min(128));
        }
        Self {
            image_shape,
            filters,
            n_features: 32,
            prior: Prior::Divergence,
            likelihood: Likelihood::Bernoulli,
            beta: 1.0,
            layers: VaeGanLayers::Mended,
        }
    }

    /// The published network, for 32x32 in colour: filters 64, 128, 256, 512, a code of 128, and
    /// the discriminator of codes.
    #[must_use]
    pub fn published() -> Self {
        Self::new(ImageShape::new(3, 32, 32))
            .filters([64, 128, 256, 512])
            .n_features(128)
            .prior(Prior::Adversarial)
            .likelihood(Likelihood::Gaussian)
            .layers(VaeGanLayers::Published)
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

    /// Sets what draws codes towards `N(0, 1)`.
    #[must_use]
    pub fn prior(mut self, prior: Prior) -> Self {
        self.prior = prior;
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

    /// Sets how faithful the layers are to the published ones.
    #[must_use]
    pub fn layers(mut self, layers: VaeGanLayers) -> Self {
        self.layers = layers;
        self
    }

    fn is_published(&self) -> bool {
        self.layers == VaeGanLayers::Published
    }

    fn init(&self) -> Initialization {
        if self.is_published() {
            Initialization::Normal { std: 0.02 }
        } else {
            Initialization::PyTorch
        }
    }

    fn conv(&self, outputs: usize, kernel: usize) -> Convolution {
        Convolution::new(outputs, kernel).init(self.init())
    }

    /// The convolutions that the encoder and the image discriminator have in common.
    pub(crate) fn convolutions(&self) -> Layers {
        let halving = |layers: Layers, (i, &filter): (usize, &usize)| {
            let conv = self.conv(filter, 3).stride(2).padding(1);
            layers.conv2d(format!("conv{i}"), conv).leaky_relu(SLOPE)
        };
        self.filters.iter().enumerate().fold(Layers::images(self.image_shape), halving)
    }

    /// The encoder up to the layers that give the code.
    pub(crate) fn trunk(&self) -> Layers {
        if self.is_published() {
            self.convolutions().layer("", crate::Layer::GlobalAveragePool)
        } else {
            self.convolutions().flatten()
        }
    }

    /// A layer that gives a part of the code, or the logarithm of its variance.
    pub(crate) fn head(&self, name: &str, length: usize) -> Result<Layers, InputError> {
        let trunk = self.trunk().output_shape()?;
        Ok(Layers::new(trunk).linear(name, length, true, self.init()))
    }

    /// The decoder of codes of a length.
    pub(crate) fn decoder(&self, length: usize) -> Layers {
        let ImageShape { channels, height, width } = self.image_shape;
        let n = self.filters.len().saturating_sub(1);
        let (height, width) = (height >> n, width >> n);
        let deepest = self.filters.last().copied().unwrap_or(1);
        let start = Layers::new([length]);
        let start = if self.is_published() {
            start.reshape([length, 1, 1]).conv_transpose2d("start", self.conv(deepest, height))
        } else {
            let values = deepest.saturating_mul(height).saturating_mul(width);
            start.linear("start", values, true, self.init()).reshape([deepest, height, width])
        };
        let doubling = |layers: Layers, (i, &filter): (usize, &usize)| {
            let conv = self.conv(filter, 4).stride(2).padding(1);
            self.normalized(layers.conv_transpose2d(format!("conv{i}"), conv), &format!("norm{i}"))
        };
        self.filters
            .iter()
            .rev()
            .skip(1)
            .enumerate()
            .fold(self.normalized(start, "norm"), doubling)
            .conv_transpose2d("output", self.conv(channels, 3).padding(1))
            .tanh()
            .scale(0.5, 0.5)
    }

    fn normalized(&self, layers: Layers, name: &str) -> Layers {
        let layers = layers.batch_norm(name, BatchNorm::default());
        if self.is_published() { layers } else { layers.leaky_relu(SLOPE) }
    }

    /// What the image discriminator makes of its convolutions: a logit.
    pub(crate) fn verdict(&self) -> Result<Layers, InputError> {
        let maps = Layers::new(self.convolutions().output_shape()?);
        let pooled = maps.layer("", crate::Layer::GlobalAveragePool);
        Ok(pooled.linear("linear", 256, true, self.init()).linear("output", 1, true, self.init()))
    }

    /// The discriminator of codes: a logit.
    pub(crate) fn latent_discriminator(&self) -> Layers {
        Layers::new([self.n_features])
            .linear("linear0", 64, true, self.init())
            .leaky_relu(SLOPE)
            .linear("linear1", 128, true, self.init())
            .leaky_relu(SLOPE)
            .linear("output", 1, true, self.init())
    }
}

/// Of LeakyReLU, everywhere.
const SLOPE: f64 = 0.2;

impl NetworkConfig for VaeGanConfig {
    const KIND: &'static str = "vae_gan";
    type Network = VaeGanNetwork;

    fn validate(&self) -> Result<(), InputError> {
        let n = self.filters.len();
        check_setting("number of filters", n, (1..=12).contains(&n), "in 1..=12")?;
        for &filter in &self.filters {
            check_setting("filters", filter, (1..=8192).contains(&filter), "in 1..=8192")?;
        }
        let features = self.n_features;
        check_setting("n_features", features, (1..=65536).contains(&features), "in 1..=65536")?;
        not_negative("beta", self.beta)?;
        let range = "in 1..=4096 and divisible by 2 once a filter count but one";
        let is_side = |side: usize| side <= 4096 && side.is_multiple_of(1 << (n - 1));
        check_image(self.image_shape, is_side, range)?;
        let ImageShape { height, width, .. } = self.image_shape;
        let is_square = height == width || !self.is_published();
        check_setting("image width", width, is_square, "the height, with the published layers")
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<VaeGanNetwork, ModelError> {
        VaeGanNetwork::build(self, parameters)
    }
}
