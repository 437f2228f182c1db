use linfa::Dataset;
use linfa::traits::Fit as _;
use linfa_svm::Svm;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use novelty_core::{Features, Fit, InputError, Score};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::ScoringError;
use crate::features::{BLOCK, Rows, finite_scores, squared_distance};
#[cfg(feature = "serde")]
use crate::saved::{ensure_saved, finite};

/// How fast the kernel of a [`OneClassSvm`] falls with the squared distance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum KernelScale {
    /// `1 / (d v)`, where `v` is the variance of all values of all `d` features; scikit-learn's
    /// `gamma="scale"`.
    #[default]
    Variance,
    /// This `gamma`, above 0.
    Fixed(f64),
}

/// Scores by the side of the surface that holds most of the reference, `rho - sum_i a_i k(x_i, x)`
/// with `k(a, b) = exp(-gamma |a - b|^2)`: above 0 outside.
///
/// The machine is trained by `linfa-svm`, whose values agree with scikit-learn's `OneClassSVM`; its
/// kernel matrix takes `8 n^2` bytes, so that at most `max_reference` samples are kept, and its
/// solver some ten times as long as scikit-learn's for thousands of them. Scoring costs
/// `d` times the number of support vectors. Prefer it for a few hundred samples with a known share
/// of outliers; [`KernelDensity`](crate::KernelDensity) is nearly the same and takes no training.
///
/// Schölkopf, Platt, Shawe-Taylor, Smola and Williamson, *Estimating the Support of a
/// High-Dimensional Distribution*, Neural Computation, 2001.
///
/// ```
/// use ndarray::Array2;
/// use novelty_core::{Fit, Score};
/// use novelty_scoring::OneClassSvmConfig;
///
/// let grid = Array2::from_shape_fn((40, 2), |(i, j)| if j == 0 { i % 8 } else { i / 8 } as f32);
/// let scorer = OneClassSvmConfig::new().fit(grid.view())?;
/// let scores = scorer.score(ndarray::array![[3.0, 2.0], [43.0, 42.0]].view())?;
/// assert!(scores[0] < 0.0 && scores[1] > 0.0);
/// # Ok::<(), novelty_scoring::ScoringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OneClassSvmConfig {
    /// The largest share of the reference outside, and the least share that are support vectors;
    /// above 0, at most 1. Default 0.1.
    pub nu: f64,
    /// How fast the kernel falls; [`KernelScale::Variance`] by default.
    pub kernel_scale: KernelScale,
    /// Reference samples kept, at least 1. Default 2,000.
    pub max_reference: usize,
    /// Seed of the choice of those kept. Default 42.
    pub seed: u64,
}

impl Default for OneClassSvmConfig {
    fn default() -> Self {
        Self { nu: 0.1, kernel_scale: KernelScale::Variance, max_reference: 2000, seed: 42 }
    }
}

impl OneClassSvmConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the share of the reference outside.
    #[must_use]
    pub fn nu(mut self, nu: f64) -> Self {
        self.nu = nu;
        self
    }

    /// Sets how fast the kernel falls.
    #[must_use]
    pub fn kernel_scale(mut self, kernel_scale: KernelScale) -> Self {
        self.kernel_scale = kernel_scale;
        self
    }

    /// Sets how many reference samples are kept.
    #[must_use]
    pub fn max_reference(mut self, max_reference: usize) -> Self {
        self.max_reference = max_reference;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first that is out of range, with its value.
    pub fn validate(&self) -> Result<(), InputError> {
        if !(self.nu > 0.0 && self.nu <= 1.0) {
            return Err(InputError::setting("nu", self.nu, "above 0, at most 1"));
        }
        if self.max_reference == 0 {
            return Err(InputError::setting("max_reference", 0, "at least 1"));
        }
        match self.kernel_scale {
            KernelScale::Fixed(gamma) if !(gamma > 0.0 && gamma.is_finite()) => {
                Err(InputError::setting("kernel_scale", gamma, "finite and above 0"))
            }
            _ => Ok(()),
        }
    }

    fn gamma(&self, x: &ArrayView2<'_, f32>) -> f64 {
        match self.kernel_scale {
            KernelScale::Fixed(gamma) => gamma,
            KernelScale::Variance => {
                let n = x.len() as f64;
                let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
                let squares: f64 = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
                n / (squares * x.ncols() as f64)
            }
        }
    }

    fn keep(&self, x: &Features<'_>) -> Array2<f32> {
        if x.nrows() <= self.max_reference {
            return x.to_owned();
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut kept = index::sample(&mut rng, x.nrows(), self.max_reference).into_vec();
        kept.sort_unstable();
        x.select(Axis(0), &kept)
    }
}

impl Fit<Features<'_>> for OneClassSvmConfig {
    type Fitted = OneClassSvm;
    type Error = ScoringError;

    fn fit(&self, x: Features<'_>) -> Result<OneClassSvm, ScoringError> {
        self.validate()?;
        Rows::to_fit(&x, 1)?;
        let x = self.keep(&x);
        let gamma = self.gamma(&x.view());
        if !(gamma > 0.0 && gamma.is_finite()) {
            return Err(ScoringError::NoSpread { place: "reference samples" });
        }
        let n_samples = x.nrows();
        let reference = Dataset::new(x.mapv(f64::from), Array1::from_elem(n_samples, ()));
        // Its kernel is `exp(-d^2 / eps)`.
        let settings = Svm::<f64, _>::params().nu_weight(self.nu).gaussian_kernel(1.0 / gamma);
        let unsolved = || ScoringError::Unsolved { n_samples };
        let machine = settings.fit(&reference).map_err(|_| unsolved())?;
        let is_sound = machine.rho.is_finite()
            && machine.alpha.len() == n_samples
            && machine.alpha.iter().all(|weight| weight.is_finite());
        if !is_sound {
            return Err(unsolved());
        }
        let is_support = |i: &usize| machine.alpha[*i].abs() > 1e-12;
        let support: Vec<usize> = (0..n_samples).filter(is_support).collect();
        Ok(OneClassSvm {
            support: support.iter().flat_map(|&i| x.row(i).to_vec()).collect(),
            weights: support.iter().map(|&i| machine.alpha[i]).collect(),
            rho: machine.rho,
            gamma,
            n_features: x.ncols(),
        })
    }
}

/// A fitted [`OneClassSvmConfig`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedMachine"))]
pub struct OneClassSvm {
    support: Vec<f32>,
    weights: Vec<f64>,
    rho: f64,
    gamma: f64,
    n_features: usize,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedMachine {
    support: Vec<f32>,
    weights: Vec<f64>,
    rho: f64,
    gamma: f64,
    n_features: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedMachine> for OneClassSvm {
    type Error = ScoringError;

    fn try_from(saved: SavedMachine) -> Result<Self, ScoringError> {
        let SavedMachine { support, weights, rho, gamma, n_features } = saved;
        let model = "one-class support vector machine";
        let is_whole = n_features > 0
            && weights.len().checked_mul(n_features) == Some(support.len())
            && support.iter().all(|value| value.is_finite());
        ensure_saved(is_whole, model, "the support vectors")?;
        ensure_saved(!weights.is_empty() && finite(&weights), model, "the weights")?;
        ensure_saved(rho.is_finite(), model, "the offset")?;
        ensure_saved(gamma > 0.0 && gamma.is_finite(), model, "the kernel's scale")?;
        Ok(Self { support, weights, rho, gamma, n_features })
    }
}

impl OneClassSvm {
    /// How many reference samples the surface rests on.
    #[must_use]
    pub fn n_support(&self) -> usize {
        self.weights.len()
    }

    fn score_row(&self, row: &[f32]) -> f64 {
        let support = self.support.chunks_exact(self.n_features).zip(&self.weights);
        let near = |(vector, weight): (&[f32], &f64)| {
            weight * (-self.gamma * squared_distance(row, vector)).exp()
        };
        self.rho - support.map(near).sum::<f64>()
    }
}

impl Score<Features<'_>> for OneClassSvm {
    type Error = ScoringError;

    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ScoringError> {
        let rows = Rows::to_score(&x, self.n_features)?;
        let blocks = rows.as_slice().par_chunks(BLOCK * rows.d);
        let of_block = |block: &[f32]| -> Vec<f64> {
            block.chunks_exact(rows.d).map(|row| self.score_row(row)).collect()
        };
        let scores: Vec<Vec<f64>> = blocks.map(of_block).collect();
        Ok(finite_scores(scores.concat())?)
    }
}
