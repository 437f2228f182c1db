use novelty_core::{DetectDrift, DriftReport, Fit, InputError};
use serde::{Deserialize, Serialize};

use super::sample::sorted;
use super::{
    Permutations, TwoSample, chi_square, cramer_von_mises, exceedance, kolmogorov_smirnov,
    mean_increase, population_stability_index, wasserstein,
};
use crate::DriftError;

/// Which test a [`ScoreDrift`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ScoreTest {
    /// [`kolmogorov_smirnov`]. Effect: the statistic, in 0..=1.
    KolmogorovSmirnov,
    /// [`cramer_von_mises`]. Effect: none.
    CramerVonMises,
    /// [`wasserstein`]. Effect: the statistic, in units of the score.
    Wasserstein,
    /// [`chi_square`]. Effect: none.
    ChiSquare {
        /// Bins, at least 2.
        n_bins: usize,
    },
    /// [`population_stability_index`]. Effect: the statistic.
    PopulationStability {
        /// Bins, at least 2.
        n_bins: usize,
    },
    /// [`mean_increase`]. Drift if the increase exceeds the margin *and* is significant. Effect:
    /// the relative increase.
    MeanIncrease {
        /// The increase that is let pass, such as 0.1 for 10 %; at least 0.
        margin: f64,
    },
    /// [`exceedance`]. Effect: how many times the expected share lies above.
    Exceedance {
        /// The reference quantile, in 0..1.
        quantile: f64,
    },
}

/// Settings of a [`ScoreDrift`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScoreDriftConfig {
    /// The test.
    pub test: ScoreTest,
    /// The false-alarm rate, in (0, 1). Default 0.05.
    pub significance: f64,
    /// Relabellings, for the tests that permute; at least 1. Default 999: `p < 0.05`
    /// then happens in 4.9 % of the windows without drift.
    pub n_permutations: usize,
    /// Seed of the relabellings. Default 42.
    pub seed: u64,
}

impl ScoreDriftConfig {
    /// The defaults for a test.
    #[must_use]
    pub fn new(test: ScoreTest) -> Self {
        Self { test, significance: 0.05, n_permutations: 999, seed: 42 }
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
        crate::settings::check_significance(self.significance)?;
        self.permutations().validate()?;
        match self.test {
            ScoreTest::MeanIncrease { margin } if !(margin >= 0.0 && margin.is_finite()) => {
                Err(InputError::setting("margin", margin, "at least 0"))
            }
            ScoreTest::Exceedance { quantile } if !(0.0..1.0).contains(&quantile) => {
                Err(InputError::setting("quantile", quantile, "in 0..1"))
            }
            ScoreTest::ChiSquare { n_bins } | ScoreTest::PopulationStability { n_bins }
                if n_bins < 2 =>
            {
                Err(InputError::setting("n_bins", n_bins, "at least 2"))
            }
            _ => Ok(()),
        }
    }

    fn permutations(&self) -> Permutations {
        Permutations { n: self.n_permutations, seed: self.seed }
    }
}

impl Permutations {
    pub(crate) fn validate(self) -> Result<(), InputError> {
        if self.n == 0 {
            return Err(InputError::setting("n_permutations", self.n, "at least 1"));
        }
        Ok(())
    }
}

/// Holds windows of scores against the scores of a reference population.
///
/// ```
/// use novelty_core::{DetectDrift, Fit};
/// use novelty_drift::{ScoreDriftConfig, ScoreTest};
///
/// let reference: Vec<f32> = (0..200).map(|i| (i % 20) as f32).collect();
/// let detector = ScoreDriftConfig::new(ScoreTest::KolmogorovSmirnov).fit(&reference[..])?;
/// let same: Vec<f32> = (0..60).map(|i| (i % 20) as f32).collect();
/// assert!(!detector.detect(&same[..])?.is_drift);
/// let moved: Vec<f32> = (0..60).map(|i| (i % 20) as f32 + 6.0).collect();
/// assert!(detector.detect(&moved[..])?.is_drift);
/// # Ok::<(), novelty_drift::DriftError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreDrift {
    config: ScoreDriftConfig,
    reference: Vec<f32>,
}

impl Fit<&[f32]> for ScoreDriftConfig {
    type Fitted = ScoreDrift;
    type Error = DriftError;

    fn fit(&self, reference: &[f32]) -> Result<ScoreDrift, DriftError> {
        self.validate()?;
        let reference = sorted("reference", reference)?;
        if reference[0] >= reference[reference.len() - 1] {
            return Err(DriftError::Constant { place: "reference", value: reference[0] });
        }
        Ok(ScoreDrift { config: self.clone(), reference })
    }
}

impl ScoreDrift {
    /// The settings.
    pub fn config(&self) -> &ScoreDriftConfig {
        &self.config
    }

    fn test(&self, window: &[f32]) -> Result<TwoSample, DriftError> {
        let (reference, permutations) = (&self.reference[..], self.config.permutations());
        match self.config.test {
            ScoreTest::KolmogorovSmirnov => kolmogorov_smirnov(reference, window),
            ScoreTest::CramerVonMises => cramer_von_mises(reference, window),
            ScoreTest::Wasserstein => wasserstein(reference, window, permutations),
            ScoreTest::ChiSquare { n_bins } => chi_square(reference, window, n_bins),
            ScoreTest::PopulationStability { n_bins } => {
                population_stability_index(reference, window, n_bins, permutations)
            }
            ScoreTest::MeanIncrease { .. } => mean_increase(reference, window, permutations),
            ScoreTest::Exceedance { quantile } => {
                exceedance(reference, window, quantile, self.config.seed)
            }
        }
    }

    fn effect(&self, statistic: f64) -> Option<f64> {
        match self.config.test {
            ScoreTest::CramerVonMises | ScoreTest::ChiSquare { .. } => None,
            ScoreTest::Exceedance { quantile } => {
                let n = self.reference.len() as f64;
                let rank = ((1.0 - quantile) * n).round().clamp(1.0, n);
                Some(statistic * (n + 1.0) / rank)
            }
            _ => Some(statistic),
        }
    }
}

impl DetectDrift<&[f32]> for ScoreDrift {
    type Error = DriftError;

    fn detect(&self, window: &[f32]) -> Result<DriftReport, DriftError> {
        let TwoSample { statistic, p_value } = self.test(window)?;
        let mut report = DriftReport::from_p_value(statistic, p_value, self.config.significance);
        if let ScoreTest::MeanIncrease { margin } = self.config.test {
            report.is_drift &= statistic > margin;
        }
        report.effect = self.effect(statistic);
        Ok(report)
    }
}
