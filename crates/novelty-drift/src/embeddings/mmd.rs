use ndarray::Array2;
use novelty_core::{DetectDrift, DriftReport, Features, Fit, InputError};
use serde::{Deserialize, Serialize};

use super::kernel_test::{Kernel, discrepancy, report};
use super::per_feature::explained;
use super::pool::{Pool, check_window, keep_reference};
use crate::DriftError;
use crate::scores::Permutations;
use crate::settings::{check_bandwidth, check_max_reference, check_significance};

/// Settings of an [`Mmd`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MmdConfig {
    /// The false-alarm rate, in (0, 1). Default 0.05.
    pub significance: f64,
    /// Relabellings, at least 1. Default 399; the smallest p-value is `1 / (n + 1)`. `p < 0.05` then
    /// happens in 19 of 400 windows without drift, 4.75 %; `p <= 0.05` in exactly 5 %.
    pub n_permutations: usize,
    /// The kernel's width sigma, above 0. Default `None`: the median heuristic,
    /// `2 sigma^2 = median d^2` over the pooled samples; the mean where the median is 0.
    pub bandwidth: Option<f32>,
    /// Reference samples kept, at least 2: cost grows with the square. Default 5,000.
    pub max_reference: usize,
    /// Seed of the relabellings and of the reference samples kept. Default 42.
    pub seed: u64,
}

impl Default for MmdConfig {
    fn default() -> Self {
        let (bandwidth, max_reference, seed) = (None, 5000, 42);
        Self { significance: 0.05, n_permutations: 399, bandwidth, max_reference, seed }
    }
}

impl MmdConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the false-alarm rate.
    #[must_use]
    pub fn significance(mut self, significance: f64) -> Self {
        self.significance = significance;
        self
    }

    /// Sets the number of relabellings.
    #[must_use]
    pub fn n_permutations(mut self, n_permutations: usize) -> Self {
        self.n_permutations = n_permutations;
        self
    }

    /// Sets the kernel's width.
    #[must_use]
    pub fn bandwidth(mut self, bandwidth: f32) -> Self {
        self.bandwidth = Some(bandwidth);
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

    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that is out of range, with its value.
    pub fn validate(&self) -> Result<(), InputError> {
        check_significance(self.significance)?;
        self.permutations().validate()?;
        check_max_reference(self.max_reference)?;
        check_bandwidth(self.bandwidth)
    }

    fn permutations(&self) -> Permutations {
        Permutations { n: self.n_permutations, seed: self.seed }
    }
}

/// The kernel two-sample test: the squared maximum mean discrepancy of the reference and the
/// window under a Gaussian kernel, with a permutation p-value.
///
/// `MMD^2 = mean k(r, r') + mean k(w, w') - 2 mean k(r, w)` over distinct samples, with
/// `k(a, b) = exp(-|a - b|^2 / (2 sigma^2))`: 0 in expectation without drift, at most 2. It sees
/// any change of the joint distribution, a change of correlations as well. The report's effect
/// is the discrepancy itself, `sqrt(max(0, MMD^2))`; the features that moved are found by
/// Kolmogorov-Smirnov tests under false-discovery control.
///
/// Cost `O((n + m)^2 (d + permutations))`, memory `O((n + m) (d + permutations))`: the kernel
/// matrix never exists. Bit-identical for any number of threads.
///
/// Gretton, Borgwardt, Rasch, Schölkopf and Smola, *A Kernel Two-Sample Test*, JMLR, 2012.
///
/// ```
/// use ndarray::Array2;
/// use novelty_core::{DetectDrift, Fit};
/// use novelty_drift::MmdConfig;
///
/// let noise = |i: usize, j: usize| ((i * 37 + j * 61) % 97) as f32 / 97.0;
/// let reference = Array2::from_shape_fn((120, 3), |(i, j)| noise(i, j));
/// let window = Array2::from_shape_fn((40, 3), |(i, j)| noise(i + 500, j) + 0.5);
/// let mmd = MmdConfig::new().fit(reference.view())?;
/// let report = mmd.detect(window.view())?;
/// assert!(report.is_drift && report.moved.len() == 3);
/// # Ok::<(), novelty_drift::DriftError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mmd {
    config: MmdConfig,
    reference: Array2<f32>,
}

impl Fit<Features<'_>> for MmdConfig {
    type Fitted = Mmd;
    type Error = DriftError;

    fn fit(&self, reference: Features<'_>) -> Result<Mmd, DriftError> {
        self.validate()?;
        let reference = keep_reference(reference, self.max_reference, self.seed)?;
        Ok(Mmd { config: self.clone(), reference })
    }
}

impl Mmd {
    /// The settings.
    pub fn config(&self) -> &MmdConfig {
        &self.config
    }
}

impl DetectDrift<Features<'_>> for Mmd {
    type Error = DriftError;

    fn detect(&self, window: Features<'_>) -> Result<DriftReport, DriftError> {
        check_window(&window, self.reference.ncols(), 2)?;
        let pool = Pool::new(self.reference.view(), window);
        let gamma = match self.config.bandwidth {
            Some(sigma) => 0.5 * (pool.unit / f64::from(sigma)).powi(2),
            None => 1.0 / pool.median_squared_distance(self.config.seed),
        };
        // Beyond this only equal samples are near each other.
        let gamma = gamma.min(1e30) as f32;
        let test = discrepancy(&pool, Kernel::Gaussian { gamma }, self.config.permutations());
        explained(report(test, self.config.significance), self.reference.view(), window)
    }
}
