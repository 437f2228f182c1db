//! Gaussian mixtures.

mod blocks;
mod components;
mod fitted;
mod kernels;
mod pass;
#[cfg(feature = "serde")]
mod saved;
mod start;

use ndarray::Array2;
use novelty_core::{Features, Fit};
use rayon::prelude::*;

use crate::ClusterError;
use crate::input::{at_least_one, checked, not_negative};
use blocks::Blocks;
use components::{Component, maximise};
pub use fitted::GaussianMixture;
use pass::accumulate;
use start::Given;

/// A mixture of Gaussians, fitted by expectation maximisation.
///
/// `p(x) = sum_k w_k N(x; m_k, C_k)`. Densities are handled by their logarithms
/// (log-sum-exp), so that an outlier's probabilities are finite; both steps are one fused pass
/// over the data in `f64`, with covariances around the mean of the iteration before, so that
/// no offset cancels. The same bits come out for any number of threads.
///
/// An iteration costs `n k d^2 `, or `n k d` with diagonal or spherical covariances; memory is
/// one copy of the data.
///
/// Prefer [`KMeansConfig`](crate::KMeansConfig) for round clusters of one size in many
/// dimensions, where `k d^2 / 2` parameters are too many for the samples.
///
/// Dempster, Laird and Rubin, *Maximum Likelihood from Incomplete Data via the EM Algorithm*,
/// 1977.
///
/// ```
/// use ndarray::array;
/// use novelty_cluster::GaussianMixtureConfig;
/// use novelty_core::{Fit, Score};
///
/// let x = array![[0.0], [0.5], [1.0], [10.0], [10.5], [11.0]];
/// let mixture = GaussianMixtureConfig::new(2).fit(x.view())?;
/// let scores = mixture.score(array![[0.5], [5.0], [10.5]].view())?;
/// assert!(scores[1] > scores[0] && scores[1] > scores[2]);
/// # Ok::<(), novelty_cluster::ClusterError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GaussianMixtureConfig {
    /// Gaussians, in `1..=n_samples`.
    pub n_components: usize,
    /// What the covariances may be; full by default.
    pub covariance: CovarianceKind,
    /// Where a run starts; k-means by default.
    pub init: MixtureInit,
    /// Runs, each from its own start; the one of highest likelihood is kept. 1 by default;
    /// given responsibilities are one run.
    pub n_init: usize,
    /// Iterations a run at most; 100 by default.
    pub max_iter: usize,
    /// A run ends when the mean log-likelihood gains less; 1e-3 by default.
    pub tolerance: f64,
    /// Added to every variance, so that no component shrinks to a point; 1e-6 by default. It
    /// has the units of the data squared.
    pub reg_covar: f64,
    /// What the starts are drawn from; 0 by default.
    pub seed: u64,
}

/// What the covariances of a mixture may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum CovarianceKind {
    /// Each component its own matrix.
    Full,
    /// One matrix for all components.
    Tied,
    /// Each component its own variance a feature.
    Diagonal,
    /// Each component one variance.
    Spherical,
}

impl CovarianceKind {
    fn is_diagonal(self) -> bool {
        matches!(self, Self::Diagonal | Self::Spherical)
    }

    /// Free values of the covariances of `k` components in `d` dimensions.
    fn n_parameters(self, k: usize, d: usize) -> usize {
        match self {
            Self::Full => k * d * (d + 1) / 2,
            Self::Tied => d * (d + 1) / 2,
            Self::Diagonal => k * d,
            Self::Spherical => k,
        }
    }
}

/// Where a run of expectation maximisation starts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MixtureInit {
    /// From the clusters of one run of k-means.
    KMeans,
    /// From responsibilities drawn at random.
    Random,
    /// From these responsibilities, `(n_samples, n_components)`; every row sums to 1.
    Responsibilities(Array2<f32>),
}

impl GaussianMixtureConfig {
    /// Looks for a number of Gaussians.
    #[must_use]
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            covariance: CovarianceKind::Full,
            init: MixtureInit::KMeans,
            n_init: 1,
            max_iter: 100,
            tolerance: 1e-3,
            reg_covar: 1e-6,
            seed: 0,
        }
    }

    /// Sets what the covariances may be.
    #[must_use]
    pub fn covariance(mut self, covariance: CovarianceKind) -> Self {
        self.covariance = covariance;
        self
    }

    /// Sets where a run starts.
    #[must_use]
    pub fn init(mut self, init: MixtureInit) -> Self {
        self.init = init;
        self
    }

    /// Sets the number of runs.
    #[must_use]
    pub fn n_init(mut self, n_init: usize) -> Self {
        self.n_init = n_init;
        self
    }

    /// Sets the iterations a run has at most.
    #[must_use]
    pub fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Sets the gain at which a run ends.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets what is added to every variance.
    #[must_use]
    pub fn reg_covar(mut self, reg_covar: f64) -> Self {
        self.reg_covar = reg_covar;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the settings by themselves.
    ///
    /// # Errors
    /// If a setting is outside its range.
    pub fn validate(&self) -> Result<(), ClusterError> {
        at_least_one("n_components", self.n_components)?;
        at_least_one("n_init", self.n_init)?;
        at_least_one("max_iter", self.max_iter)?;
        not_negative("tolerance", self.tolerance)?;
        not_negative("reg_covar", self.reg_covar)
    }

    fn run(&self, blocks: &Blocks, given: &Given, mean: &[f64]) -> Result<Run, ClusterError> {
        let (kind, reg_covar) = (self.covariance, self.reg_covar);
        let mut components = vec![Component::at(mean.to_vec()); self.n_components];
        let sums = accumulate(blocks, &components, kind, Some(given));
        components = maximise(&sums, &components, blocks, kind, reg_covar)?;
        let mut run =
            Run { lower_bound: f64::NEG_INFINITY, n_iter: 0, has_converged: false, components };
        while run.n_iter < self.max_iter && !run.has_converged {
            let sums = accumulate(blocks, &run.components, kind, None);
            run.components = maximise(&sums, &run.components, blocks, kind, reg_covar)?;
            let lower_bound = sums.log_likelihood / blocks.n_samples as f64;
            run.has_converged = (lower_bound - run.lower_bound).abs() < self.tolerance;
            run.lower_bound = lower_bound;
            run.n_iter += 1;
        }
        Ok(run)
    }
}

/// A finished run.
pub(crate) struct Run {
    components: Vec<Component>,
    lower_bound: f64,
    n_iter: usize,
    has_converged: bool,
}

impl Fit<Features<'_>> for GaussianMixtureConfig {
    type Fitted = GaussianMixture;
    type Error = ClusterError;

    /// # Errors
    /// If a setting is out of range, there are fewer samples than components, given
    /// responsibilities have the wrong shape or do not sum to 1, a value is not finite, or a
    /// covariance is singular in spite of `reg_covar`.
    fn fit(&self, x: Features<'_>) -> Result<GaussianMixture, ClusterError> {
        self.validate()?;
        let rows = checked(&x)?;
        let (n_samples, n_clusters) = (x.nrows(), self.n_components);
        if n_clusters > n_samples {
            return Err(ClusterError::TooManyClusters { n_clusters, n_samples });
        }
        let blocks = Blocks::new(&rows.view());
        let mut mean = crate::distances::mean_of_rows(&rows.view());
        mean.resize(blocks.width, 0.0);
        let is_given = matches!(self.init, MixtureInit::Responsibilities(_));
        let n_init = if is_given { 1 } else { self.n_init };
        let runs = (0..n_init).into_par_iter().map(|run| {
            let given = self.start(&rows.view(), run)?;
            self.run(&blocks, &given, &mean)
        });
        let best = best_of(runs.collect())?;
        if !best.has_converged {
            tracing::warn!(max_iter = self.max_iter, "the mixture stopped before it converged");
        }
        Ok(GaussianMixture::new(best, self.covariance, x.ncols()))
    }
}

/// The first of the best runs; a run that failed counts only if all did.
fn best_of(runs: Vec<Result<Run, ClusterError>>) -> Result<Run, ClusterError> {
    let better = |a: Result<Run, ClusterError>, b| match (a, b) {
        (Ok(a), Ok(b)) => {
            Ok(if f64::total_cmp(&b.lower_bound, &a.lower_bound).is_gt() { b } else { a })
        }
        (Ok(run), Err(_)) | (Err(_), Ok(run)) => Ok(run),
        (Err(error), Err(_)) => Err(error),
    };
    runs.into_iter()
        .reduce(better)
        .unwrap_or_else(|| Err(novelty_core::InputError::setting("n_init", 0, "at least 1").into()))
}
