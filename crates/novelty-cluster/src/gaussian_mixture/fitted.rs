use ndarray::{Array1, Array2, Axis};
use novelty_core::{Assign, Features, Score};
use rayon::prelude::*;

use super::blocks::{BLOCK, Blocks};
use super::components::Component;
use super::pass::log_densities;
use super::{CovarianceKind, Run};
use crate::ClusterError;
use crate::input::checked_for;

/// A fitted [`GaussianMixtureConfig`](crate::GaussianMixtureConfig).
///
/// It assigns a sample to the component it most likely comes from, and scores it by its
/// negative log-likelihood.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "super::saved::SavedMixture"))]
pub struct GaussianMixture {
    pub(super) components: Vec<Component>,
    pub(super) kind: CovarianceKind,
    pub(super) n_features: usize,
    pub(super) lower_bound: f64,
    pub(super) n_iter: usize,
    pub(super) has_converged: bool,
}

/// What a mixture says of one sample.
struct Posterior {
    log_likelihood: f64,
    /// `ln p(component | sample)`.
    log_responsibilities: Vec<f64>,
}

impl GaussianMixture {
    pub(crate) fn new(run: Run, kind: CovarianceKind, n_features: usize) -> Self {
        Self {
            components: run.components,
            kind,
            n_features,
            lower_bound: run.lower_bound,
            n_iter: run.n_iter,
            has_converged: run.has_converged,
        }
    }

    /// The share of each component.
    #[must_use]
    pub fn weights(&self) -> Array1<f64> {
        self.components.iter().map(|component| component.weight).collect()
    }

    /// The mean of each component, `(n_components, n_features)`.
    #[must_use]
    pub fn means(&self) -> Array2<f64> {
        let shape = (self.components.len(), self.n_features);
        Array2::from_shape_fn(shape, |(k, feature)| self.components[k].mean[feature])
    }

    /// The covariance of a component, `(n_features, n_features)`, whatever its kind; `None`
    /// if there is no such component.
    #[must_use]
    pub fn covariance(&self, component: usize) -> Option<Array2<f64>> {
        let values = &self.components.get(component)?.covariance;
        let d = self.n_features;
        let width = d.next_multiple_of(super::blocks::TILE);
        let entry = |(i, j): (usize, usize)| match (self.kind.is_diagonal(), i == j) {
            (true, true) => values[i],
            (true, false) => 0.0,
            (false, _) => values[i.max(j) * width + i.min(j)],
        };
        Some(Array2::from_shape_fn((d, d), entry))
    }

    /// The mean log-likelihood in the last expectation step, as the iteration saw it.
    #[must_use]
    pub fn lower_bound(&self) -> f64 {
        self.lower_bound
    }

    /// Iterations of the run that was kept.
    #[must_use]
    pub fn n_iter(&self) -> usize {
        self.n_iter
    }

    /// Whether that run ended before `max_iter`.
    #[must_use]
    pub fn has_converged(&self) -> bool {
        self.has_converged
    }

    /// Free parameters: `k - 1` weights, `k d` means, and those of the covariances, which are
    /// `k d (d + 1) / 2`, `d (d + 1) / 2`, `k d` or `k`.
    #[must_use]
    pub fn n_parameters(&self) -> usize {
        let (k, d) = (self.components.len(), self.n_features);
        k - 1 + k * d + self.kind.n_parameters(k, d)
    }

    /// `ln p(x)` of every sample.
    ///
    /// # Errors
    /// If `x` has another number of features, or is not finite.
    pub fn score_samples(&self, x: Features<'_>) -> Result<Array1<f64>, ClusterError> {
        Ok(self.each(x, |posterior| posterior.log_likelihood)?.into())
    }

    /// The probability that a sample comes from a component, `(n_samples, n_components)`; rows
    /// sum to 1.
    ///
    /// # Errors
    /// As [`GaussianMixture::score_samples`].
    pub fn responsibilities(&self, x: Features<'_>) -> Result<Array2<f64>, ClusterError> {
        let shape = (x.nrows(), self.components.len());
        let rows = self.each(x, |posterior| posterior.responsibilities().collect::<Vec<_>>())?;
        let mut values = rows.into_iter().flatten();
        Ok(Array2::from_shape_simple_fn(shape, || values.next().unwrap_or_default()))
    }

    /// How unsure the assignment of each sample is: 1 minus the probability of the component
    /// it is assigned to, from 0 to `1 - 1 / n_components`.
    ///
    /// # Errors
    /// As [`GaussianMixture::score_samples`].
    pub fn uncertainty(&self, x: Features<'_>) -> Result<Array1<f64>, ClusterError> {
        let unsure = |posterior: &Posterior| {
            let best = posterior.best();
            let others = posterior.responsibilities().enumerate().filter(|&(at, _)| at != best);
            others.map(|(_, share)| share).sum::<f64>()
        };
        Ok(self.each(x, unsure)?.into())
    }

    /// The entropy of each sample's responsibilities in nats, from 0 to `ln n_components`.
    ///
    /// # Errors
    /// As [`GaussianMixture::score_samples`].
    pub fn entropy(&self, x: Features<'_>) -> Result<Array1<f64>, ClusterError> {
        let entropy = |posterior: &Posterior| {
            let terms = posterior.log_responsibilities.iter().map(|&log| {
                let share = log.exp();
                if share > 0.0 { -share * log } else { 0.0 }
            });
            terms.sum::<f64>()
        };
        Ok(self.each(x, entropy)?.into())
    }

    /// The mean of [`GaussianMixture::score_samples`].
    ///
    /// # Errors
    /// As [`GaussianMixture::score_samples`], or if `x` is empty.
    pub fn mean_log_likelihood(&self, x: Features<'_>) -> Result<f64, ClusterError> {
        if x.nrows() == 0 {
            return Err(novelty_core::InputError::Empty { place: "features" }.into());
        }
        Ok(self.score_samples(x)?.sum() / x.nrows() as f64)
    }

    /// Bayesian information criterion `-2 ln L + p ln n`; lower is better. Schwarz,
    /// *Estimating the Dimension of a Model*, 1978.
    ///
    /// # Errors
    /// As [`GaussianMixture::mean_log_likelihood`].
    pub fn bic(&self, x: Features<'_>) -> Result<f64, ClusterError> {
        let n = x.nrows() as f64;
        Ok(-2.0 * n * self.mean_log_likelihood(x)? + self.n_parameters() as f64 * n.ln())
    }

    /// Akaike's information criterion `-2 ln L + 2 p`; lower is better. Akaike, *A New Look at
    /// the Statistical Model Identification*, 1974.
    ///
    /// # Errors
    /// As [`GaussianMixture::mean_log_likelihood`].
    pub fn aic(&self, x: Features<'_>) -> Result<f64, ClusterError> {
        let n = x.nrows() as f64;
        Ok(-2.0 * n * self.mean_log_likelihood(x)? + 2.0 * self.n_parameters() as f64)
    }

    fn each<T: Send>(
        &self,
        x: Features<'_>,
        of: impl Fn(&Posterior) -> T + Sync,
    ) -> Result<Vec<T>, ClusterError> {
        let rows = checked_for(&x, self.n_features)?;
        let starts: Vec<usize> = (0..x.nrows()).step_by(BLOCK).collect();
        let parts = starts.par_iter().map(|&start| {
            let end = (start + BLOCK).min(x.nrows());
            let blocks = Blocks::new(&rows.slice_axis(Axis(0), (start..end).into()));
            let densities = log_densities(blocks.get(0), &self.components);
            (0..end - start)
                .map(|lane| of(&Posterior::new(densities.iter().map(|lanes| lanes[lane]))))
                .collect::<Vec<_>>()
        });
        Ok(parts.collect::<Vec<_>>().into_iter().flatten().collect())
    }
}

impl Posterior {
    fn new(log_densities: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = log_densities.collect();
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = values.iter().map(|value| (value - largest).exp()).sum();
        let log_likelihood = largest + total.ln();
        // One after the other: far out, the sum of both is no longer their sum.
        values.iter_mut().for_each(|value| *value = (*value - largest) - total.ln());
        Self { log_likelihood, log_responsibilities: values }
    }

    fn responsibilities(&self) -> impl Iterator<Item = f64> + '_ {
        self.log_responsibilities.iter().map(|log| log.exp())
    }

    fn best(&self) -> usize {
        let logs = &self.log_responsibilities;
        (1..logs.len()).fold(0, |best, at| if logs[at] > logs[best] { at } else { best })
    }
}

impl Assign<Features<'_>> for GaussianMixture {
    type Error = ClusterError;

    fn assign(&self, x: Features<'_>) -> Result<Vec<Option<usize>>, ClusterError> {
        self.each(x, |posterior| Some(posterior.best()))
    }
}

impl Score<Features<'_>> for GaussianMixture {
    type Error = ClusterError;

    /// The negative log-likelihood.
    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ClusterError> {
        let largest = f64::from(f32::MAX);
        let score = |posterior: &Posterior| (-posterior.log_likelihood).min(largest) as f32;
        Ok(self.each(x, score)?.into())
    }
}
