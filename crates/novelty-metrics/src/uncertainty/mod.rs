//! How far a metric of these samples may be from that of all samples.

mod bootstrap;
mod delong;

pub use bootstrap::{BootstrapConfig, bootstrap, bootstrap_difference};
pub use delong::{AucComparison, compare_roc_auc, roc_auc_interval};

use novelty_core::InputError;

/// A value with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Interval {
    /// The value on the samples as they are.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Where the interval begins.
    pub lower: f64,
    /// Where the interval ends.
    pub upper: f64,
    /// The share of such intervals that hold the true value.
    pub confidence: f64,
}

fn ensure_confidence(confidence: f64) -> Result<(), InputError> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(());
    }
    Err(InputError::setting("confidence", confidence, "between 0 and 1, both excluded"))
}
