use ndarray::{Array1, Array4};
use novelty_core::{Images, Score};
use tch::{Kind, Tensor};

use super::network::{VaeGanNetwork, feature_error};
use super::{VaeGan, VaeGanConfig};
use crate::autoencoder::finite_rows;
use crate::bridge::to_vec;
use crate::error::TorchContext;
use crate::vae::Distribution;
use crate::{Autoencoder, ModelError, Network};

/// Scores images by a [`VaeGan`]; higher is more anomalous. The code is its mean: no score is
/// random.
///
/// | score | formula |
/// |---|---|
/// | [`bound`](Self::bound) | `-log p(x \| z) + beta KL(q(z \| x) \|\| N(0, 1))`; with an adversarial prior the first term alone |
/// | [`pixels`](Self::pixels) | `-log p(x \| z)`, summed over pixels |
/// | [`features`](Self::features) | squared distance between the discriminator's features of the image and of its reconstruction, as a share of the image's |
/// | [`latent`](Self::latent) | squared distance between the codes of the image and of its reconstruction |
/// | [`combined`](Self::combined) | squared error of the reconstruction, `features`, `latent` and, where codes have a distribution, its divergence; each in standard deviations from its mean over training images, added |
///
/// The means and deviations of the last are those of up to 1,024 training images after the last
/// epoch, and are saved with the model. Of all scores it is the best one to begin with: pixels
/// alone lose by what the adversarial terms move, and gain it again from the other places.
///
/// The plain reconstruction error is `ReconstructionError` of `novelty-scoring`, and its
/// ensembles join these scores. Distances of codes: Akcay, Atapour-Abarghouei and Breckon,
/// *GANomaly*, ACCV 2018.
#[derive(Debug, Clone, Copy)]
pub struct VaeGanScore<'a> {
    model: &'a VaeGan,
    place: Place,
}

/// Where an image is compared with its reconstruction.
#[derive(Debug, Clone, Copy)]
enum Place {
    Combined,
    Bound,
    Pixels,
    Features,
    Latent,
}

impl<'a> VaeGanScore<'a> {
    /// Pixels, features and codes together.
    #[must_use]
    pub fn combined(model: &'a VaeGan) -> Self {
        Self { model, place: Place::Combined }
    }

    /// The negative evidence lower bound at the mean code.
    #[must_use]
    pub fn bound(model: &'a VaeGan) -> Self {
        Self { model, place: Place::Bound }
    }

    /// How unlikely the pixels are.
    #[must_use]
    pub fn pixels(model: &'a VaeGan) -> Self {
        Self { model, place: Place::Pixels }
    }

    /// How different the discriminator finds the reconstruction.
    #[must_use]
    pub fn features(model: &'a VaeGan) -> Self {
        Self { model, place: Place::Features }
    }

    /// How far the reconstruction's code is from the image's.
    #[must_use]
    pub fn latent(model: &'a VaeGan) -> Self {
        Self { model, place: Place::Latent }
    }

    fn of(&self, network: &VaeGanNetwork, images: &Tensor) -> Result<Vec<f32>, ModelError> {
        let (codes, log_variance) = network.encoded(images, false)?;
        let drawn = network.decode(&codes, false)?;
        let scores = match self.place {
            Place::Bound => {
                let reconstruction = network.reconstruction(&drawn, images)?;
                let parts = network.parts(codes, log_variance, reconstruction)?;
                parts
                    .divergence
                    .f_mul_scalar(self.model.config().beta)
                    .and_then(|divergence| divergence.f_add(&parts.reconstruction))
                    .during("computing the bound")?
            }
            Place::Pixels => network.reconstruction(&drawn, images)?,
            Place::Features => features(network, images, &drawn)?,
            Place::Latent => latent(network, &codes, &drawn)?,
            Place::Combined => {
                let all = compared(network, images, codes, log_variance, &drawn)?;
                network.scale().sum(&all.iter().collect::<Vec<_>>())?
            }
        };
        to_vec(&scores)
    }
}

/// The scores that are combined.
pub(super) fn places(network: &VaeGanNetwork, images: &Tensor) -> Result<Vec<Tensor>, ModelError> {
    let (mean, log_variance) = network.encoded(images, false)?;
    let drawn = network.decode(&mean, false)?;
    compared(network, images, mean, log_variance, &drawn)
}

fn compared(
    network: &VaeGanNetwork,
    images: &Tensor,
    mean: Tensor,
    log_variance: Option<Tensor>,
    drawn: &Tensor,
) -> Result<Vec<Tensor>, ModelError> {
    let pixels = squared_distance(drawn, images)?;
    let mut all = vec![pixels, features(network, images, drawn)?, latent(network, &mean, drawn)?];
    if let Some(log_variance) = log_variance {
        all.push(Distribution { mean, log_variance }.divergence()?);
    }
    Ok(all)
}

fn features(
    network: &VaeGanNetwork,
    images: &Tensor,
    drawn: &Tensor,
) -> Result<Tensor, ModelError> {
    let look = |x| network.discriminator().look(x, false);
    feature_error(&look(drawn)?.features, &look(images)?.features)
}

fn latent(network: &VaeGanNetwork, codes: &Tensor, drawn: &Tensor) -> Result<Tensor, ModelError> {
    squared_distance(&network.encode(drawn, false)?, codes)
}

/// The squared length of the difference of each sample.
fn squared_distance(a: &Tensor, b: &Tensor) -> Result<Tensor, ModelError> {
    let squares = a.f_sub(b).and_then(|far| far.f_square()?.f_flatten(1, -1));
    squares
        .and_then(|far| far.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float))
        .during("comparing images")
}

impl Score<Images<'_>> for VaeGanScore<'_> {
    type Error = ModelError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, ModelError> {
        self.model.check(&images)?;
        let parts = self.model.in_parts(&images, |network, part| self.of(network, part))?;
        finite_rows(Array1::from_vec(parts.concat()))
    }
}

impl Autoencoder<VaeGanConfig> {
    /// `n` new images, of codes drawn from `N(0, 1)`.
    ///
    /// # Errors
    /// If they hold more than 2^30 numbers, libtorch refuses an operation, or an image is not
    /// finite.
    pub fn sample(&self, n: usize, seed: u64) -> Result<Array4<f32>, ModelError> {
        self.sample_codes(self.config().n_features, n, seed)
    }
}
