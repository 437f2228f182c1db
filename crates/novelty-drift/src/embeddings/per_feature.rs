use ndarray::{Array2, ArrayView2, Axis};
use novelty_core::{DetectDrift, DriftReport, FeatureDrift, Features, Fit, InputError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::pool::{check_window, keep_reference};
use crate::DriftError;
use crate::scores::{TwoSample, kolmogorov_smirnov_sorted, sorted};
use crate::settings::{check_max_reference, check_significance};

/// How p-values of many features are corrected for their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Correction {
    /// Times the number of features: the chance of a single false alarm is bounded, whatever
    /// depends on what.
    #[default]
    Bonferroni,
    /// Bounds the share of false alarms among the features called moved. Benjamini and Hochberg,
    /// *Controlling the false discovery rate*, JRSS B, 1995.
    FalseDiscovery,
}

impl Correction {
    /// Corrected p-values, each at most 1, in the order given.
    #[must_use]
    pub fn adjust(self, p_values: &[f64]) -> Vec<f64> {
        let n = p_values.len() as f64;
        match self {
            Self::Bonferroni => p_values.iter().map(|p| (p * n).min(1.0)).collect(),
            Self::FalseDiscovery => {
                let mut order: Vec<usize> = (0..p_values.len()).collect();
                order.sort_by(|&a, &b| p_values[b].total_cmp(&p_values[a]));
                let mut adjusted = vec![0.0; p_values.len()];
                let mut smallest = 1.0_f64;
                for (rank, &i) in (1..=p_values.len()).rev().zip(&order) {
                    smallest = smallest.min(p_values[i] * n / rank as f64);
                    adjusted[i] = smallest;
                }
                adjusted
            }
        }
    }
}

/// Settings of a [`PerFeatureTest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PerFeatureTestConfig {
    /// The false-alarm rate of the whole, in (0, 1). Default 0.05.
    pub significance: f64,
    /// How the features' p-values are corrected. Default Bonferroni.
    pub correction: Correction,
    /// Reference samples kept, at least 2. Default 2,000.
    pub max_reference: usize,
    /// Seed of the reference samples kept. Default 42.
    pub seed: u64,
}

impl Default for PerFeatureTestConfig {
    fn default() -> Self {
        let correction = Correction::Bonferroni;
        Self { significance: 0.05, correction, max_reference: 2000, seed: 42 }
    }
}

impl PerFeatureTestConfig {
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

    /// Sets the correction.
    #[must_use]
    pub fn correction(mut self, correction: Correction) -> Self {
        self.correction = correction;
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
        check_max_reference(self.max_reference)
    }
}

/// A Kolmogorov-Smirnov test of every feature by itself, corrected for their number.
///
/// It says *which* features moved (or which tiles, when each feature is a tile's score), and
/// finds a large change of one feature among many sooner than a joint test; it is blind to
/// changes of correlations alone. The report's statistic and effect are the largest `D` of any
/// feature, its p-value the smallest corrected one.
///
/// Rabanser, Günnemann and Lipton, *Failing Loudly*, NeurIPS, 2019.
/// `O(d (n + m) log(n + m))`, and `O(d n m)` for exact p-values of small samples.
#[derive(Debug, Clone, PartialEq)]
pub struct PerFeatureTest {
    config: PerFeatureTestConfig,
    /// One row a feature, ascending.
    columns: Array2<f32>,
}

impl Fit<Features<'_>> for PerFeatureTestConfig {
    type Fitted = PerFeatureTest;
    type Error = DriftError;

    fn fit(&self, reference: Features<'_>) -> Result<PerFeatureTest, DriftError> {
        self.validate()?;
        let reference = keep_reference(reference, self.max_reference, self.seed)?;
        let mut columns = reference.t().as_standard_layout().into_owned();
        columns.axis_iter_mut(Axis(0)).into_par_iter().for_each(|mut column| {
            if let Some(values) = column.as_slice_mut() {
                values.sort_unstable_by(f32::total_cmp);
            }
        });
        Ok(PerFeatureTest { config: self.clone(), columns })
    }
}

impl PerFeatureTest {
    /// The settings.
    pub fn config(&self) -> &PerFeatureTestConfig {
        &self.config
    }

    /// Every feature with its corrected p-value, in order.
    fn features(&self, window: ArrayView2<'_, f32>) -> Result<Vec<FeatureDrift>, DriftError> {
        let tests: Vec<TwoSample> = self
            .columns
            .axis_iter(Axis(0))
            .into_par_iter()
            .enumerate()
            .map(|(i, reference)| {
                let window = sorted("window", &window.column(i).to_vec())?;
                Ok(kolmogorov_smirnov_sorted(&reference.to_vec(), &window))
            })
            .collect::<Result<_, DriftError>>()?;
        let p_values: Vec<f64> = tests.iter().map(|test| test.p_value).collect();
        let adjusted = self.config.correction.adjust(&p_values);
        let features = tests.iter().zip(adjusted).enumerate().map(|(index, (test, p_value))| {
            FeatureDrift { index, statistic: test.statistic, p_value }
        });
        Ok(features.collect())
    }
}

impl DetectDrift<Features<'_>> for PerFeatureTest {
    type Error = DriftError;

    fn detect(&self, window: Features<'_>) -> Result<DriftReport, DriftError> {
        check_window(&window, self.columns.nrows(), 2)?;
        let features = self.features(window)?;
        let statistic = features.iter().map(|f| f.statistic).fold(0.0, f64::max);
        let p_value = features.iter().map(|f| f.p_value).fold(1.0, f64::min);
        let significance = self.config.significance;
        let report = DriftReport::from_p_value(statistic, p_value, significance);
        Ok(report.with_effect(statistic).with_moved(only_moved(features, significance)))
    }
}

/// Adds the features that moved, under false-discovery control, to the report of a joint test
/// that found drift.
pub(super) fn explained(
    report: DriftReport,
    reference: ArrayView2<'_, f32>,
    window: ArrayView2<'_, f32>,
) -> Result<DriftReport, DriftError> {
    if !report.is_drift {
        return Ok(report);
    }
    let config = PerFeatureTestConfig::new().correction(Correction::FalseDiscovery);
    let features = config.fit(reference)?.features(window)?;
    let significance = report.significance;
    Ok(report.with_moved(only_moved(features, significance)))
}

fn only_moved(mut features: Vec<FeatureDrift>, significance: f64) -> Vec<FeatureDrift> {
    features.retain(|feature| feature.p_value < significance);
    features
        .sort_by(|a, b| a.p_value.total_cmp(&b.p_value).then(b.statistic.total_cmp(&a.statistic)));
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_are_those_of_the_papers() {
        let p = [0.01, 0.04, 0.03, 0.005];
        let close = |a: Vec<f64>, b: [f64; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(Correction::Bonferroni.adjust(&p), [0.04, 0.16, 0.12, 0.02]));
        // R: p.adjust(c(.01, .04, .03, .005), "BH").
        assert!(close(Correction::FalseDiscovery.adjust(&p), [0.02, 0.04, 0.04, 0.02]));
    }
}
