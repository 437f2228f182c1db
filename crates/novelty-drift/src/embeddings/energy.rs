use ndarray::Array2;
use novelty_core::{DetectDrift, DriftReport, Features, Fit, InputError};
use serde::{Deserialize, Serialize};

use super::kernel_test::{Kernel, discrepancy, report};
use super::per_feature::explained;
use super::pool::{Pool, check_window, keep_reference};
use crate::DriftError;
use crate::scores::Permutations;
use crate::settings::{check_max_reference, check_significance};

/// Settings of an [`EnergyTest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnergyTestConfig {
    /// The false-alarm rate, in (0, 1). Default 0.05.
    pub significance: f64,
    /// Relabellings, at least 1. Default 399; the smallest p-value is `1 / (n + 1)`. `p < 0.05` then
    /// happens in 19 of 400 windows without drift, 4.75 %; `p <= 0.05` in exactly 5 %.
    pub n_permutations: usize,
    /// Reference samples kept, at least 2: cost grows with the square. Default 5,000.
    pub max_reference: usize,
    /// Seed of the relabellings and of the reference samples kept. Default 42.
    pub seed: u64,
}

impl Default for EnergyTestConfig {
    fn default() -> Self {
        Self { significance: 0.05, n_permutations: 399, max_reference: 5000, seed: 42 }
    }
}

impl EnergyTestConfig {
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
        check_max_reference(self.max_reference)
    }

    fn permutations(&self) -> Permutations {
        Permutations { n: self.n_permutations, seed: self.seed }
    }
}

/// The energy-distance test: `2 E|r - w| - E|r - r'| - E|w - w'|`, with a permutation p-value.
///
/// Like [`Mmd`](crate::Mmd) it sees any change of the joint distribution, and it has no bandwidth
/// to choose: the best first test when the scale of the embedding is sound. The report's effect
/// is the statistic's square root, in units of the embedding.
///
/// Cost and memory as for [`Mmd`](crate::Mmd).
///
/// Székely and Rizzo, *Testing for equal distributions in high dimension*, InterStat, 2004.
#[derive(Debug, Clone, PartialEq)]
pub struct EnergyTest {
    config: EnergyTestConfig,
    reference: Array2<f32>,
}

impl Fit<Features<'_>> for EnergyTestConfig {
    type Fitted = EnergyTest;
    type Error = DriftError;

    fn fit(&self, reference: Features<'_>) -> Result<EnergyTest, DriftError> {
        self.validate()?;
        let reference = keep_reference(reference, self.max_reference, self.seed)?;
        Ok(EnergyTest { config: self.clone(), reference })
    }
}

impl EnergyTest {
    /// The settings.
    pub fn config(&self) -> &EnergyTestConfig {
        &self.config
    }
}

impl DetectDrift<Features<'_>> for EnergyTest {
    type Error = DriftError;

    fn detect(&self, window: Features<'_>) -> Result<DriftReport, DriftError> {
        check_window(&window, self.reference.ncols(), 2)?;
        let pool = Pool::new(self.reference.view(), window);
        let mut test = discrepancy(&pool, Kernel::NegativeDistance, self.config.permutations());
        test.statistic *= pool.unit;
        explained(report(test, self.config.significance), self.reference.view(), window)
    }
}
