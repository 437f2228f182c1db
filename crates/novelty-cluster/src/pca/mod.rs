//! Principal component analysis.

mod centred;
mod eigen;
mod fitted;
mod gram;
mod image;
mod incremental;
mod lanczos;
mod orthonormal;
#[cfg(feature = "serde")]
mod saved;
mod scatter;
mod solve;

use ndarray::Array1;
use novelty_core::{Features, Fit, ImageShape, Images, InputError, ensure_finite};

use crate::ClusterError;
use crate::input::{at_least_one, not_negative};
use centred::Centred;
pub use fitted::Pca;
pub use image::ImagePca;
pub use incremental::IncrementalPca;
use solve::{Solution, solve};

/// Principal component analysis: the directions along which data varies most.
///
/// Of `n` samples of `d` features, with the mean taken off, it finds the `n_components`
/// orthonormal directions of largest variance. Each component's sign makes its largest entry
/// positive. The same bits come out for any number of threads.
///
/// For data larger than memory there is [`IncrementalPca`].
///
/// Pearson, *On Lines and Planes of Closest Fit to Systems of Points in Space*, 1901; Hotelling,
/// *Analysis of a Complex of Statistical Variables into Principal Components*, 1933.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PcaConfig {
    /// Directions to keep, in `1..=min(n_samples, n_features)`.
    pub n_components: usize,
    /// How they are found; [`PcaSolver::Auto`] by default.
    pub solver: PcaSolver,
    /// Whether coordinates are divided by their standard deviation; not by default.
    pub whiten: bool,
    /// Directions that the randomised solver looks for beyond those kept; 16 by default.
    pub n_oversamples: usize,
    /// Passes the randomised solver makes over the data at most; 16 by default.
    pub max_passes: usize,
    /// The randomised solver stops when the residual of every variance is at most this share of
    /// it (of a ten-thousandth of the largest, where it is smaller still); 2e-3 by default. The
    /// variances are then at least that exact, the singular values to half of it, and usually
    /// both to its square.
    pub tolerance: f64,
    /// What the randomised solver starts from; 0 by default.
    pub seed: u64,
}

/// How principal components are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PcaSolver {
    /// [`PcaSolver::Exact`] if there are at most 1000 samples or features, or the components
    /// asked for are more than a fifth of them; else [`PcaSolver::Randomized`].
    Auto,
    /// The eigenvectors of the smaller Gram matrix, `d x d` or `n x n`, in `f64`. Where that
    /// matrix takes more than 4e9 products, those are `f32`, summed in `f64` over at most 512:
    /// about seven digits of the largest variance.
    Exact,
    /// Block Lanczos from a random start: a few passes over the data, which is not copied, with
    /// products in `f32`. Too few samples or features for that are left to the exact solver.
    Randomized,
}

impl PcaConfig {
    /// Keeps a number of directions.
    #[must_use]
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            solver: PcaSolver::Auto,
            whiten: false,
            n_oversamples: 16,
            max_passes: 16,
            tolerance: 2e-3,
            seed: 0,
        }
    }

    /// Sets how the directions are found.
    #[must_use]
    pub fn solver(mut self, solver: PcaSolver) -> Self {
        self.solver = solver;
        self
    }

    /// Sets whether coordinates are divided by their standard deviation.
    #[must_use]
    pub fn whiten(mut self, whiten: bool) -> Self {
        self.whiten = whiten;
        self
    }

    /// Sets how many directions more the randomised solver looks for.
    #[must_use]
    pub fn n_oversamples(mut self, n_oversamples: usize) -> Self {
        self.n_oversamples = n_oversamples;
        self
    }

    /// Sets how many passes the randomised solver makes at most.
    #[must_use]
    pub fn max_passes(mut self, max_passes: usize) -> Self {
        self.max_passes = max_passes;
        self
    }

    /// Sets the residual at which the randomised solver stops.
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
        at_least_one("n_components", self.n_components)?;
        at_least_one("max_passes", self.max_passes)?;
        not_negative("tolerance", self.tolerance)
    }
}

fn check_rank(
    n_components: usize,
    n_samples: usize,
    n_features: usize,
) -> Result<(), ClusterError> {
    let limit = n_samples.min(n_features);
    if n_components > limit {
        return Err(ClusterError::TooManyComponents { n_components, n_samples, n_features, limit });
    }
    Ok(())
}

impl Fit<Features<'_>> for PcaConfig {
    type Fitted = Pca;
    type Error = ClusterError;

    /// # Errors
    /// If a setting is out of range, there are fewer than two samples, more components are
    /// asked for than there are samples or features, or a value is not finite.
    fn fit(&self, x: Features<'_>) -> Result<Pca, ClusterError> {
        self.validate()?;
        let (n_samples, n_features) = x.dim();
        if n_samples < 2 || n_features == 0 {
            return Err(InputError::Empty { place: "features (of two samples at least)" }.into());
        }
        check_rank(self.n_components, n_samples, n_features)?;
        let rows = x.as_standard_layout();
        let data = Centred::new(rows.view());
        if !data.is_finite() {
            ensure_finite("features", &x)?;
        }
        let solution = solve(&data, self)?;
        Ok(Pca::new(Array1::from_vec(data.mean), solution, n_samples, self.whiten))
    }
}

impl Fit<Images<'_>> for PcaConfig {
    type Fitted = ImagePca;
    type Error = ClusterError;

    /// Each pixel of each channel is a feature.
    fn fit(&self, images: Images<'_>) -> Result<ImagePca, ClusterError> {
        let (_, channels, height, width) = images.dim();
        let pca = self.fit(image::flatten(&images)?.view())?;
        Ok(ImagePca { pca, image_shape: ImageShape { channels, height, width } })
    }
}
