use ndarray::{Array1, Array2, Array4};
use novelty_core::{Images, InputError, Score};
use tch::Tensor;

use super::network::Distribution;
use super::{Vae, VaeNetwork};
use crate::autoencoder::{concatenate, finite_rows};
use crate::bridge::{to_array2, to_array4, to_vec};
use crate::error::TorchContext;
use crate::random::{Purpose, standard_normal, stream};
use crate::{Autoencoder, ModelError, Network, VaeConfig};

/// The most draws a score averages over.
const MAX_DRAWS: usize = 10_000;

/// Scores images by what a [`Vae`] believes of them; higher is more anomalous.
///
/// | score | formula | cost |
/// |---|---|---|
/// | [`elbo`](Self::elbo) | `-log p(x \| z) + beta KL(q(z \| x) \|\| N(0, 1))` at `z = mu` | one pass |
/// | [`sampled_elbo`](Self::sampled_elbo) | the same, the first term averaged over draws of `z` | one decoding a draw |
/// | [`reconstruction_probability`](Self::reconstruction_probability) | `-log p(x \| z)` averaged over draws of `z` | one decoding a draw |
///
/// The plain reconstruction error is `ReconstructionError` of `novelty-scoring`. All images
/// share the noise of a draw, which comes from the seed: the score of an image does not depend
/// on the images beside it.
///
/// An and Cho, *Variational Autoencoder based Anomaly Detection using Reconstruction
/// Probability*, SNU Data Mining Center, 2015.
#[derive(Debug, Clone, Copy)]
pub struct VaeScore<'a> {
    model: &'a Vae,
    has_divergence: bool,
    /// 0 for the mean alone.
    n_draws: usize,
    seed: u64,
}

impl<'a> VaeScore<'a> {
    /// The negative evidence lower bound at the mean code.
    #[must_use]
    pub fn elbo(model: &'a Vae) -> Self {
        Self { model, has_divergence: true, n_draws: 0, seed: 0 }
    }

    /// The negative evidence lower bound over `n_draws` codes.
    ///
    /// # Errors
    /// [`InputError::Setting`] if `n_draws` is not in 1..=10000.
    pub fn sampled_elbo(model: &'a Vae, n_draws: usize, seed: u64) -> Result<Self, InputError> {
        let score = Self::reconstruction_probability(model, n_draws, seed)?;
        Ok(Self { has_divergence: true, ..score })
    }

    /// The negative logarithm of the reconstruction probability over `n_draws` codes.
    ///
    /// # Errors
    /// [`InputError::Setting`] if `n_draws` is not in 1..=10000.
    pub fn reconstruction_probability(
        model: &'a Vae,
        n_draws: usize,
        seed: u64,
    ) -> Result<Self, InputError> {
        if !(1..=MAX_DRAWS).contains(&n_draws) {
            return Err(InputError::setting("n_draws", n_draws, "in 1..=10000"));
        }
        Ok(Self { model, has_divergence: false, n_draws, seed })
    }

    fn of(&self, network: &VaeNetwork, images: &Tensor) -> Result<Vec<f32>, ModelError> {
        let distribution = network.distribution(images, false)?;
        let mut sum = None;
        for draw in 0..self.n_draws.max(1) {
            let codes = match self.n_draws {
                0 => distribution.mean.shallow_clone(),
                _ => draw_shared(&distribution, self.seed, draw)?,
            };
            let each = network.reconstruction(&network.decode(&codes, false)?, images)?;
            sum = Some(match sum {
                None => each,
                Some(sum) => each.f_add(&sum).during("averaging draws")?,
            });
        }
        let mean = sum
            .unwrap_or_else(Tensor::new)
            .f_div_scalar(self.n_draws.max(1) as f64)
            .during("averaging draws")?;
        if !self.has_divergence {
            return to_vec(&mean);
        }
        let divergence = distribution.divergence()?;
        to_vec(&network.total(&super::network::Parts { reconstruction: mean, divergence })?)
    }
}

/// A draw of each image's codes, with noise that all images share.
fn draw_shared(distribution: &Distribution, seed: u64, draw: usize) -> Result<Tensor, ModelError> {
    let (_, n) = distribution.mean.size2().during("drawing codes")?;
    let mut rng = stream(seed, Purpose::Latent, 0, draw);
    distribution.draw(&standard_normal(&mut rng, &[1, n], distribution.mean.device())?)
}

impl Score<Images<'_>> for VaeScore<'_> {
    type Error = ModelError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, ModelError> {
        self.model.check(&images)?;
        let parts = self.model.in_parts(&images, |network, part| self.of(network, part))?;
        finite_rows(Array1::from_vec(parts.concat()))
    }
}

impl Autoencoder<VaeConfig> {
    /// The images drawn of one code each, `mu + sigma * noise`; all share the seed's noise.
    ///
    /// # Errors
    /// As reconstructing.
    pub fn reconstruct_sampled(
        &self,
        images: Images<'_>,
        seed: u64,
    ) -> Result<Array4<f32>, ModelError> {
        self.check(&images)?;
        let parts = self.in_parts(&images, |network, part| {
            let codes = draw_shared(&network.distribution(part, false)?, seed, 0)?;
            to_array4(&network.decode(&codes, false)?)
        })?;
        if parts.is_empty() {
            return Ok(Array4::zeros(images.raw_dim()));
        }
        finite_rows(concatenate(&parts)?)
    }

    /// `n` new images, of codes drawn from `N(0, 1)`.
    ///
    /// # Errors
    /// If they hold more than 2^30 numbers, libtorch refuses an operation, or an image is not
    /// finite.
    pub fn sample(&self, n: usize, seed: u64) -> Result<Array4<f32>, ModelError> {
        self.sample_codes(self.config().n_features, n, seed)
    }

    /// The vectors from which the distribution of codes is computed, `(n, length)`: what the
    /// published convolutional network embeds by.
    ///
    /// # Errors
    /// As embedding.
    pub fn trunk_features(&self, images: Images<'_>) -> Result<Array2<f32>, ModelError> {
        self.check(&images)?;
        let parts =
            self.in_parts(&images, |network, part| to_array2(&network.trunk(part, false)?))?;
        if parts.is_empty() {
            let length = self.config().trunk().output_shape()?.iter().product();
            return Ok(Array2::zeros((0, length)));
        }
        finite_rows(concatenate(&parts)?)
    }
}
