use novelty_core::{InputError, SelectThreshold, Threshold};

use super::quantile::{ensure_scores, quantile};
use crate::ScoringError;

/// The median absolute deviation of normally distributed numbers is their standard deviation
/// divided by this.
pub(crate) const MAD_TO_SIGMA: f64 = 1.482_602_218_505_602;

/// `mean + k` standard deviations of the reference scores (divided by `n - 1`).
///
/// With normally distributed scores, `k = 3` calls 0.13 % of normal samples anomalous; scores
/// are seldom so distributed. Anomalies in the reference raise it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct StandardDeviationThreshold {
    /// Standard deviations above the mean; finite.
    pub k: f64,
}

impl StandardDeviationThreshold {
    /// The rule for `k` standard deviations.
    #[must_use]
    pub fn new(k: f64) -> Self {
        Self { k }
    }
}

impl SelectThreshold for StandardDeviationThreshold {
    type Error = ScoringError;

    /// Labels are not used.
    ///
    /// # Errors
    /// If there are fewer than two scores, one is not finite, or `k` is not finite.
    fn select(&self, scores: &[f32], _labels: Option<&[bool]>) -> Result<Threshold, ScoringError> {
        ensure_finite_k(self.k)?;
        ensure_scores("scores", scores)?;
        if scores.len() < 2 {
            return Err(too_few(scores, 2));
        }
        let n = scores.len() as f64;
        let mean = scores.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let squares = scores.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>();
        let value = mean + self.k * (squares / (n - 1.0)).sqrt();
        Ok(Threshold::chosen_from(scores, value as f32, format!("mean + {} sigma", self.k)))
    }
}

/// `median + 1.4826 k` median absolute deviations: as [`StandardDeviationThreshold`], but a few
/// anomalies in the reference do not move it.
///
/// Hampel, *The Influence Curve and Its Role in Robust Estimation*, 1974.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MedianDeviationThreshold {
    /// Standard deviations, estimated from the median deviation; finite.
    pub k: f64,
}

impl MedianDeviationThreshold {
    /// The rule for `k` deviations.
    #[must_use]
    pub fn new(k: f64) -> Self {
        Self { k }
    }
}

impl SelectThreshold for MedianDeviationThreshold {
    type Error = ScoringError;

    /// Labels are not used.
    ///
    /// # Errors
    /// If there is no score, one or `k` is not finite, or more than half of the scores are the
    /// same.
    fn select(&self, scores: &[f32], _labels: Option<&[bool]>) -> Result<Threshold, ScoringError> {
        ensure_finite_k(self.k)?;
        let (median, sigma) = robust_location_and_scale(scores)?;
        let value = median + self.k * sigma;
        Ok(Threshold::chosen_from(scores, value as f32, format!("median + {} sigma", self.k)))
    }
}

/// The median, and the standard deviation estimated from the median absolute deviation.
pub(crate) fn robust_location_and_scale(scores: &[f32]) -> Result<(f64, f64), ScoringError> {
    ensure_scores("scores", scores)?;
    let median = quantile(scores, 0.5)?;
    let off: Vec<f32> = scores.iter().map(|score| (score - median).abs()).collect();
    let mad = f64::from(quantile(&off, 0.5)?);
    if mad <= 0.0 {
        return Err(ScoringError::NoSpread { place: "more than half of the scores" });
    }
    Ok((f64::from(median), MAD_TO_SIGMA * mad))
}

fn ensure_finite_k(k: f64) -> Result<(), InputError> {
    if k.is_finite() { Ok(()) } else { Err(InputError::setting("k", k, "finite")) }
}

pub(super) fn too_few(scores: &[f32], needed: usize) -> ScoringError {
    ScoringError::TooFewSamples { place: "scores", n_samples: scores.len(), needed }
}
