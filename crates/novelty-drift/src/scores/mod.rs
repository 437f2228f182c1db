//! Tests of one number a sample: scores, losses, or one feature.

mod cramer_von_mises;
mod detector;
mod exceedance;
mod histogram;
mod kolmogorov_smirnov;
mod mean_increase;
mod sample;
mod wasserstein;

pub use cramer_von_mises::cramer_von_mises;
pub use detector::{ScoreDrift, ScoreDriftConfig, ScoreTest};
pub use exceedance::exceedance;
pub use histogram::{chi_square, population_stability_index};
pub use kolmogorov_smirnov::kolmogorov_smirnov;
pub use mean_increase::mean_increase;
pub use wasserstein::wasserstein;

pub(crate) use kolmogorov_smirnov::kolmogorov_smirnov_sorted;
pub(crate) use sample::sorted;

/// The result of a two-sample test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoSample {
    /// The test's statistic; larger = further apart.
    pub statistic: f64,
    /// The probability of a statistic at least this large if both samples come from one
    /// population.
    pub p_value: f64,
}

/// How permutation p-values are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permutations {
    /// How many relabellings of the pooled samples, at least 1. The smallest p-value is
    /// `1 / (n + 1)`.
    pub n: usize,
    /// Seed of the relabellings.
    pub seed: u64,
}

impl Default for Permutations {
    /// 999 relabellings of seed 42.
    fn default() -> Self {
        Self { n: 999, seed: 42 }
    }
}
