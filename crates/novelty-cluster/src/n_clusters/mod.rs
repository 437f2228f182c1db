//! How many clusters there are.

mod criteria;
mod null;

use novelty_core::{Features, InputError};

use crate::ClusterError;
use crate::input::{at_least_one, checked};
pub use null::OneClusterTest;

/// How [`select_n_clusters`] decides.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SelectNClustersConfig {
    /// Clusters looked for at most, at least 2; 8 by default. Never more than samples less one.
    pub max_clusters: usize,
    /// What chooses among two and more; the silhouette by default.
    pub criterion: ClusterCriterion,
    /// There is one cluster unless the p-value is at most this; 0.05 by default.
    pub significance: f64,
    /// Reference sets of the test, of the gap statistic and of the stability; 99 by default,
    /// and at least 19. No p-value is below `1 / (n_references + 1)`.
    pub n_references: usize,
    /// Runs of k-means on the data for each number of clusters; 10 by default. Every reference
    /// set has as many as the test needs to be fair: the same.
    pub n_init: usize,
    /// What everything is drawn from; 0 by default.
    pub seed: u64,
}

/// What chooses among two and more clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClusterCriterion {
    /// The highest mean silhouette of k-means (Rousseeuw 1987). It cannot say "one".
    Silhouette,
    /// The lowest BIC of Gaussian mixtures with full covariances (Schwarz 1978).
    Bic,
    /// The gap statistic with the uniform box along the principal axes for reference: the
    /// first `k` with `gap(k) >= gap(k + 1) - s(k + 1)` (Tibshirani, Walther and Hastie 2001).
    Gap,
    /// How much k-means on two random halves agrees on all samples, as the mean adjusted Rand
    /// index: the largest `k` within a standard error of the best (after Lange et al. 2004).
    Stability,
}

impl Default for SelectNClustersConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl SelectNClustersConfig {
    /// Up to 8 clusters, by silhouette.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_clusters: 8,
            criterion: ClusterCriterion::Silhouette,
            significance: 0.05,
            n_references: 99,
            n_init: 10,
            seed: 0,
        }
    }

    /// Sets the number of clusters looked for at most.
    #[must_use]
    pub fn max_clusters(mut self, max_clusters: usize) -> Self {
        self.max_clusters = max_clusters;
        self
    }

    /// Sets what chooses among two and more.
    #[must_use]
    pub fn criterion(mut self, criterion: ClusterCriterion) -> Self {
        self.criterion = criterion;
        self
    }

    /// Sets the p-value up to which there is more than one cluster.
    #[must_use]
    pub fn significance(mut self, significance: f64) -> Self {
        self.significance = significance;
        self
    }

    /// Sets the number of reference sets.
    #[must_use]
    pub fn n_references(mut self, n_references: usize) -> Self {
        self.n_references = n_references;
        self
    }

    /// Sets the runs of k-means.
    #[must_use]
    pub fn n_init(mut self, n_init: usize) -> Self {
        self.n_init = n_init;
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
        at_least_one("n_init", self.n_init)?;
        if self.max_clusters < 2 {
            let range = "at least 2";
            return Err(InputError::setting("max_clusters", self.max_clusters, range).into());
        }
        if self.n_references < 19 {
            let range = "at least 19";
            return Err(InputError::setting("n_references", self.n_references, range).into());
        }
        if !(self.significance > 0.0 && self.significance < 1.0) {
            let range = "above 0 and below 1";
            return Err(InputError::setting("significance", self.significance, range).into());
        }
        Ok(())
    }
}

/// How many clusters there are, and why.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClusterSelection {
    /// The answer: 1 if the test finds no second cluster, else the choice of the criterion.
    pub n_clusters: usize,
    /// What the criterion alone would choose among two and more.
    pub best_of_curve: usize,
    /// The criterion at every number of clusters.
    pub curve: Vec<CriterionAt>,
    /// The test of one cluster against more.
    pub one_cluster: OneClusterTest,
}

/// A criterion at one number of clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CriterionAt {
    /// The number of clusters.
    pub n_clusters: usize,
    /// The criterion: higher is better, but for the BIC.
    pub value: f64,
    /// Its standard error, where it is an estimate; else 0.
    pub standard_error: f64,
}

/// Chooses the number of clusters, one among them.
///
/// First a test says whether there is more than one ([`OneClusterTest`]); then the criterion
/// chooses among two and more. The curve of the criterion comes along, whatever the test says.
///
/// Costs about `n_references n_init max_clusters` runs of k-means. From 6 samples on.
///
/// # Errors
/// If a setting is out of range, there are fewer than 6 samples, or a value is not finite.
///
/// ```
/// use ndarray::Array2;
/// use novelty_cluster::{SelectNClustersConfig, select_n_clusters};
///
/// let x = Array2::from_shape_fn((90, 2), |(i, j)| {
///     let (cluster, within) = (i % 3, i / 3);
///     [0.0, 20.0, 40.0][cluster] + ((within * (7 + 4 * j)) % 30) as f32 / 10.0
/// });
/// let selection = select_n_clusters(x.view(), &SelectNClustersConfig::new())?;
/// assert_eq!(selection.n_clusters, 3);
/// # Ok::<(), novelty_cluster::ClusterError>(())
/// ```
pub fn select_n_clusters(
    x: Features<'_>,
    config: &SelectNClustersConfig,
) -> Result<ClusterSelection, ClusterError> {
    select_n_clusters_in(x, x, config)
}

/// [`select_n_clusters`] with silhouettes measured in another space than the clusters are
/// found in: clusters of two principal components, say, judged by all features.
///
/// # Errors
/// As [`select_n_clusters`], or if the two spaces differ in their number of samples.
pub fn select_n_clusters_in(
    x: Features<'_>,
    silhouette_space: Features<'_>,
    config: &SelectNClustersConfig,
) -> Result<ClusterSelection, ClusterError> {
    const MIN_SAMPLES: usize = 6;
    config.validate()?;
    let rows = checked(&x)?;
    let space = checked(&silhouette_space)?;
    let n = x.nrows();
    if space.nrows() != n {
        let (left, right) = ("features", "silhouette space");
        let right_len = space.nrows();
        return Err(InputError::Length { left, left_len: n, right, right_len }.into());
    }
    if n < MIN_SAMPLES {
        return Err(InputError::setting("n_samples", n, "at least 6").into());
    }
    let config = SelectNClustersConfig { max_clusters: config.max_clusters.min(n - 1), ..*config };
    let one_cluster = null::test(&rows.view(), &config)?;
    let (curve, best_of_curve) = match config.criterion {
        ClusterCriterion::Silhouette => criteria::silhouette(&rows.view(), &space.view(), &config)?,
        ClusterCriterion::Bic => criteria::bic(&rows.view(), &config)?,
        ClusterCriterion::Gap => criteria::gap(&rows.view(), &config)?,
        ClusterCriterion::Stability => criteria::stability(&rows.view(), &config)?,
    };
    let is_one = one_cluster.p_value > config.significance;
    let n_clusters = if is_one { 1 } else { best_of_curve };
    Ok(ClusterSelection { n_clusters, best_of_curve, curve, one_cluster })
}
