use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use super::StyleVaeGanNetwork;
use crate::layers::check_setting;
use crate::{Autoencoder, ModelError, NetworkConfig, Parameters, Prior, VaeGanConfig};

/// An adversarial autoencoder whose code has two parts: the content, and the style in which the
/// camera took it.
///
/// Trained by [`StyleVaeGanTrainer`](crate::StyleVaeGanTrainer) on the same images in several
/// styles, counted from 0, the clean one. Each style has a prototype among the style codes. An
/// image's style is that of the nearest prototype
/// ([`Assign`](novelty_core::Assign),
/// [`style_probabilities`](Autoencoder::style_probabilities)), and its content can be drawn with
/// another prototype ([`rerender`](Autoencoder::rerender)).
///
/// Embedding gives the mean of the content, then the style code; [`VaeGan`](crate::VaeGan) has
/// the layers. Prototypes: Snell, Swersky and Zemel, *Prototypical Networks for Few-shot
/// Learning*, NeurIPS 2017.
pub type StyleVaeGan = Autoencoder<StyleVaeGanConfig>;

/// The architecture of a [`StyleVaeGan`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StyleVaeGanConfig {
    /// The layers; its `n_features` is the length of the content.
    pub base: VaeGanConfig,
    /// Styles, the clean one counted, in 2..=4096.
    pub n_styles: usize,
    /// Length of the style code, in 1..=4096. Default 8.
    pub n_style_features: usize,
}

impl StyleVaeGanConfig {
    /// The defaults for images of a shape in a number of styles.
    #[must_use]
    pub fn new(image_shape: ImageShape, n_styles: usize) -> Self {
        Self { base: VaeGanConfig::new(image_shape), n_styles, n_style_features: 8 }
    }

    /// Sets the layers.
    #[must_use]
    pub fn base(mut self, base: VaeGanConfig) -> Self {
        self.base = base;
        self
    }

    /// Sets the length of the style code.
    #[must_use]
    pub fn n_style_features(mut self, n_style_features: usize) -> Self {
        self.n_style_features = n_style_features;
        self
    }

    /// Refuses a style that is not there.
    pub(super) fn check_style(&self, style: usize) -> Result<(), InputError> {
        let is_there = style < self.n_styles;
        check_setting("style", style, is_there, "below the number of styles")
    }
}

impl NetworkConfig for StyleVaeGanConfig {
    const KIND: &'static str = "style_vae_gan";
    type Network = StyleVaeGanNetwork;

    fn validate(&self) -> Result<(), InputError> {
        self.base.validate()?;
        let has_distribution = self.base.prior == Prior::Divergence;
        check_setting("prior", "adversarial", has_distribution, "the divergence")?;
        let n = self.n_styles;
        check_setting("n_styles", n, (2..=4096).contains(&n), "in 2..=4096")?;
        let n = self.n_style_features;
        check_setting("n_style_features", n, (1..=4096).contains(&n), "in 1..=4096")
    }

    fn image_shape(&self) -> ImageShape {
        self.base.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<StyleVaeGanNetwork, ModelError> {
        StyleVaeGanNetwork::build(self, parameters)
    }
}
