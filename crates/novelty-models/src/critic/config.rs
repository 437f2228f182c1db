use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use super::CriticNetwork;
use crate::architectures::strided;
use crate::layers::check_setting;
use crate::{
    Autoencoder, FaceAutoencoderConfig, Initialization, Layers, ModelError, NetworkConfig,
    Parameters,
};

/// A convolutional autoencoder beside a critic, which tells normal images from made-up
/// anomalies by the image and by what its reconstruction lost.
///
/// Trained by [`CriticTrainer`](crate::CriticTrainer); scores are
/// [`CriticScore`](crate::CriticScore). Against a plain
/// [`FaceAutoencoder`](crate::FaceAutoencoder), whose wide code lets it copy much that it never
/// saw, there are two changes: the autoencoder is also shown broken images, and is to draw them
/// whole; and the critic has seen what is not normal. Meant as the tier above the published ones
/// of that model.
///
/// | part | layers |
/// |---|---|
/// | encoder, decoder | those of [`FaceAutoencoder`](crate::FaceAutoencoder), with BatchNorm |
/// | critic | the image and `\|image - reconstruction\|`, beside each other as channels; for each of `critic_filters`: Conv 4x4 stride 2, LeakyReLU 0.2; Linear to a logit |
///
/// With the defaults at 3x64x64: 234,052 parameters, 46,705 of them the critic's.
///
/// The design is ours. What it takes up: an auxiliary classifier against noise (National Taiwan
/// University's *Machine Learning 2021*, homework 8, where the network was not published);
/// restoring and judging made-up anomalies together (Zavrtanik, Kristan and Skočaj, *DRAEM*,
/// ICCV 2021); pasted patches (Li et al., *CutPaste*, CVPR 2021).
pub type CriticAutoencoder = Autoencoder<CriticAutoencoderConfig>;

/// The architecture of a [`CriticAutoencoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CriticAutoencoderConfig {
    /// The autoencoder, and the images. Default filters `[24, 48, 96]`, with BatchNorm.
    pub redrawer: FaceAutoencoderConfig,
    /// The critic's channels after each halving; 1 to 12 of them, each in 1..=8192. Default
    /// `[16, 32, 64]`.
    pub critic_filters: Vec<usize>,
}

impl CriticAutoencoderConfig {
    /// The defaults for images of a shape.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        let redrawer = FaceAutoencoderConfig::new(image_shape).filters([24, 48, 96]);
        Self { redrawer, critic_filters: vec![16, 32, 64] }
    }

    /// Sets the autoencoder's channels after each halving.
    #[must_use]
    pub fn filters(mut self, filters: impl Into<Vec<usize>>) -> Self {
        self.redrawer = self.redrawer.filters(filters);
        self
    }

    /// Sets the critic's channels after each halving.
    #[must_use]
    pub fn critic_filters(mut self, filters: impl Into<Vec<usize>>) -> Self {
        self.critic_filters = filters.into();
        self
    }

    /// An image and what its reconstruction lost, to a logit.
    pub(super) fn critic(&self) -> Layers {
        let ImageShape { channels, height, width } = self.redrawer.image_shape;
        let halving = |layers: Layers, (i, &filter): (usize, &usize)| {
            layers.conv2d(format!("conv{i}"), strided(filter)).leaky_relu(0.2)
        };
        let pairs = Layers::new([channels.saturating_mul(2), height, width]);
        let maps = self.critic_filters.iter().enumerate().fold(pairs, halving);
        maps.flatten().linear("output", 1, true, Initialization::PyTorch)
    }
}

impl NetworkConfig for CriticAutoencoderConfig {
    const KIND: &'static str = "critic_autoencoder";
    type Network = CriticNetwork;

    fn validate(&self) -> Result<(), InputError> {
        self.redrawer.validate()?;
        let n = self.critic_filters.len();
        let range = "1 to 12, and no more than leave a pixel";
        let ImageShape { height, width, .. } = self.redrawer.image_shape;
        let is_sound = (1..=12).contains(&n) && height.min(width) >> n > 0;
        check_setting("number of critic_filters", n, is_sound, range)?;
        self.critic_filters.iter().try_for_each(|&filter| {
            check_setting("critic_filters", filter, (1..=8192).contains(&filter), "in 1..=8192")
        })
    }

    fn image_shape(&self) -> ImageShape {
        self.redrawer.image_shape
    }

    fn build(&self, parameters: &mut Parameters) -> Result<CriticNetwork, ModelError> {
        CriticNetwork::build(self, parameters)
    }
}
