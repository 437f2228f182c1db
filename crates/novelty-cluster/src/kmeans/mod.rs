//! k-means.

mod fitted;
mod lloyd;
mod plus_plus;
mod points;

use ndarray::Array2;
use novelty_core::{Features, Fit, InputError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use crate::ClusterError;
use crate::input::{at_least_one, checked, not_negative};
pub use fitted::KMeans;
use lloyd::Run;
use points::Points;

/// k-means: `k` centroids, and every sample with its nearest.
///
/// It looks for the centroids `c` of least inertia `sum_i min_j |x_i - c_j|^2` by Lloyd's
/// iteration, from several starts by k-means++ of which the best is kept. A cluster that runs
/// empty takes the sample farthest from its centroid. Distances come from differences in
/// `f32`, of data that was centred and scaled, sums are `f64`; labels, centroids and inertia
/// are the same bit for bit for any number of threads.
///
/// An iteration costs `n k d`; memory is one copy of the data.
///
/// Prefer [`GaussianMixtureConfig`](crate::GaussianMixtureConfig) for clusters of unequal width
/// or shape, [`DbscanConfig`](crate::DbscanConfig) where there is noise or the number of
/// clusters is unknown.
///
/// Lloyd, *Least Squares Quantization in PCM*, 1982; Arthur and Vassilvitskii, *k-means++: The
/// Advantages of Careful Seeding*, 2007.
///
/// ```
/// use ndarray::array;
/// use novelty_cluster::KMeansConfig;
/// use novelty_core::Fit;
///
/// let x = array![[0.0], [1.0], [10.0], [11.0]];
/// let model = KMeansConfig::new(2).fit(x.view())?;
/// assert_eq!(model.inertia(), 1.0);
/// assert_eq!(model.labels()[0], model.labels()[1]);
/// # Ok::<(), novelty_cluster::ClusterError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KMeansConfig {
    /// Clusters, in `1..=n_samples`.
    pub n_clusters: usize,
    /// Where a run starts; k-means++ by default.
    pub init: KMeansInit,
    /// Runs, each from its own start; the one of least inertia is kept. 10 by default; given
    /// centroids are one run.
    pub n_init: usize,
    /// Iterations a run at most; 300 by default.
    pub max_iter: usize,
    /// A run ends when the squared move of all centroids is at most this share of the mean
    /// variance of the features; 1e-4 by default. It ends in any case when no label changes.
    pub tolerance: f64,
    /// What the starts are drawn from; 0 by default.
    pub seed: u64,
}

/// Where a run of k-means starts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum KMeansInit {
    /// Samples drawn in proportion to their squared distance from those drawn before; of
    /// `2 + ln k` draws each time the one that lowers the inertia most.
    PlusPlus,
    /// Distinct samples, all equally likely.
    Random,
    /// These centroids, `(n_clusters, n_features)`.
    Centroids(Array2<f32>),
}

impl KMeansConfig {
    /// Looks for a number of clusters.
    #[must_use]
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            init: KMeansInit::PlusPlus,
            n_init: 10,
            max_iter: 300,
            tolerance: 1e-4,
            seed: 0,
        }
    }

    /// Sets where a run starts.
    #[must_use]
    pub fn init(mut self, init: KMeansInit) -> Self {
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

    /// Sets the move of the centroids at which a run ends.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
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
        at_least_one("n_clusters", self.n_clusters)?;
        at_least_one("n_init", self.n_init)?;
        at_least_one("max_iter", self.max_iter)?;
        not_negative("tolerance", self.tolerance)
    }

    fn check_against(&self, n_samples: usize, n_features: usize) -> Result<(), ClusterError> {
        let n_clusters = self.n_clusters;
        if n_clusters > n_samples {
            return Err(ClusterError::TooManyClusters { n_clusters, n_samples });
        }
        if let KMeansInit::Centroids(centroids) = &self.init {
            let expected = vec![n_clusters, n_features];
            if centroids.shape() != expected {
                let got = centroids.shape().to_vec();
                return Err(InputError::Shape { place: "initial centroids", expected, got }.into());
            }
            novelty_core::ensure_finite("initial centroids", centroids)?;
        }
        Ok(())
    }

    fn start(&self, points: &Points<'_>, run: usize) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(run as u64);
        match &self.init {
            KMeansInit::PlusPlus => plus_plus::draw(points, self.n_clusters, &mut random),
            KMeansInit::Random => plus_plus::draw_any(points, self.n_clusters, &mut random),
            KMeansInit::Centroids(centroids) => points.placed(centroids),
        }
    }
}

impl Fit<Features<'_>> for KMeansConfig {
    type Fitted = KMeans;
    type Error = ClusterError;

    /// # Errors
    /// If a setting is out of range, there are fewer samples than clusters, initial centroids
    /// have the wrong shape, or a value is not finite.
    fn fit(&self, x: Features<'_>) -> Result<KMeans, ClusterError> {
        self.validate()?;
        let rows = checked(&x)?;
        self.check_against(x.nrows(), x.ncols())?;
        let points = Points::new(rows.view());
        let n_init = if matches!(self.init, KMeansInit::Centroids(_)) { 1 } else { self.n_init };
        let tolerance = self.tolerance * points.mean_variance();
        let runs = (0..n_init)
            .into_par_iter()
            .map(|run| lloyd::run(&points, self.start(&points, run), self.max_iter, tolerance));
        // The first of equally good runs, whatever the order they finish in.
        let better = |a: Run, b: Run| if b.inertia < a.inertia { b } else { a };
        let runs: Vec<Run> = runs.collect();
        let Some(best) = runs.into_iter().reduce(better) else {
            return Err(InputError::setting("n_init", 0, "at least 1").into());
        };
        if !best.has_converged {
            tracing::warn!(max_iter = self.max_iter, "k-means stopped before it converged");
        }
        Ok(KMeans::new(points.frame, best, x.ncols()))
    }
}
