use ndarray::Array1;
use novelty_core::{Images, Score};

use super::CriticAutoencoder;
use crate::ModelError;
use crate::autoencoder::finite_rows;
use crate::bridge::to_vec;

/// Scores images by a [`CriticAutoencoder`]; higher is more anomalous.
///
/// | score | formula |
/// |---|---|
/// | [`combined`](Self::combined) | the two below, each in standard deviations from its mean over training images, added |
/// | [`reconstruction`](Self::reconstruction) | root of the mean squared error of the reconstruction |
/// | [`critic`](Self::critic) | the critic's logit: above 0 where it takes an image for an anomaly |
///
/// The means and deviations are those of up to 1,024 training images after the last epoch, and
/// are saved with the model.
#[derive(Debug, Clone, Copy)]
pub struct CriticScore<'a> {
    model: &'a CriticAutoencoder,
    part: Part,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Combined,
    Reconstruction,
    Critic,
}

impl<'a> CriticScore<'a> {
    /// Reconstruction and critic together.
    #[must_use]
    pub fn combined(model: &'a CriticAutoencoder) -> Self {
        Self { model, part: Part::Combined }
    }

    /// How far the reconstruction is.
    #[must_use]
    pub fn reconstruction(model: &'a CriticAutoencoder) -> Self {
        Self { model, part: Part::Reconstruction }
    }

    /// What the critic thinks.
    #[must_use]
    pub fn critic(model: &'a CriticAutoencoder) -> Self {
        Self { model, part: Part::Critic }
    }
}

impl Score<Images<'_>> for CriticScore<'_> {
    type Error = ModelError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, ModelError> {
        self.model.check(&images)?;
        let parts = self.model.in_parts(&images, |network, part| {
            let opinion = network.opinion(part)?;
            match self.part {
                Part::Combined => to_vec(&network.combined(&opinion)?),
                Part::Reconstruction => to_vec(&opinion.distance),
                Part::Critic => to_vec(&opinion.logit),
            }
        })?;
        finite_rows(Array1::from_vec(parts.concat()))
    }
}
