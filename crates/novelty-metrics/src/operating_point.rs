use novelty_core::InputError;

use crate::MetricsError;
use crate::bucket::Group;
use crate::ranking::{Counts, Ranked, Ranking};

/// One threshold, and what it achieves.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OperatingPoint {
    /// A sample is flagged if `score > threshold`: the `f32` just below the lowest flagged
    /// score, or the highest score if nothing is flagged.
    pub threshold: f32,
    /// False-positive rate.
    pub fpr: f64,
    /// True-positive rate.
    pub tpr: f64,
}

/// The threshold to which `score > threshold` flags what `score >= lowest_flagged` does.
pub(crate) fn threshold_below(lowest_flagged: f32) -> f32 {
    lowest_flagged.next_down()
}

/// The highest true-positive rate with a false-positive rate of at most `max_fpr`.
///
/// Only real thresholds count, there is no interpolation. Of several thresholds with that
/// rate it is the one with the fewest false positives. `max_fpr` lies in `[0, 1]`.
///
/// # Errors
/// As [`roc_auc`](crate::roc_auc), or if `max_fpr` is out of range.
///
/// ```
/// use novelty_metrics::tpr_at_fpr;
///
/// let point = tpr_at_fpr(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true], 0.1)?;
/// assert_eq!((point.tpr, point.fpr), (0.5, 0.0));
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn tpr_at_fpr(
    scores: &[f32],
    labels: &[bool],
    max_fpr: f64,
) -> Result<OperatingPoint, MetricsError> {
    tpr_at_fpr_of(&Ranking::new(scores, labels)?, max_fpr)
}

pub(crate) fn tpr_at_fpr_of(
    ranking: &impl Ranked,
    max_fpr: f64,
) -> Result<OperatingPoint, MetricsError> {
    ensure_rate("max_fpr", max_fpr)?;
    let total = ranking.total().ensure_both()?;
    let allowed = |negatives: u64| negatives as f64 / total.negatives as f64 <= max_fpr;
    let last_gains = ranking.fold(|bucket| {
        if bucket.inside.positives == 0 || !allowed(bucket.above.negatives) {
            return None;
        }
        let mut flagged = bucket.above;
        let mut last_gain = None;
        bucket.for_each_group(|Group { score, counts }| {
            flagged = flagged.plus(counts);
            if counts.positives > 0 && allowed(flagged.negatives) {
                last_gain = Some((flagged, threshold_below(score)));
            }
        });
        last_gain
    });
    let nothing = || (Counts::default(), ranking.highest());
    let (flagged, threshold) = last_gains.into_iter().flatten().last().unwrap_or_else(nothing);
    Ok(operating_point(threshold, flagged, total))
}

/// The lowest false-positive rate with a true-positive rate of at least `min_tpr`, such as
/// the common FPR95 with `min_tpr = 0.95`.
///
/// Only real thresholds count, there is no interpolation. `min_tpr` lies in `[0, 1]`; at 0
/// nothing is flagged.
///
/// # Errors
/// As [`roc_auc`](crate::roc_auc), or if `min_tpr` is out of range.
///
/// ```
/// use novelty_metrics::fpr_at_tpr;
///
/// let point = fpr_at_tpr(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true], 0.95)?;
/// assert_eq!((point.tpr, point.fpr), (1.0, 0.5));
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn fpr_at_tpr(
    scores: &[f32],
    labels: &[bool],
    min_tpr: f64,
) -> Result<OperatingPoint, MetricsError> {
    fpr_at_tpr_of(&Ranking::new(scores, labels)?, min_tpr)
}

pub(crate) fn fpr_at_tpr_of(
    ranking: &impl Ranked,
    min_tpr: f64,
) -> Result<OperatingPoint, MetricsError> {
    ensure_rate("min_tpr", min_tpr)?;
    let total = ranking.total().ensure_both()?;
    let enough = |positives: u64| positives as f64 / total.positives as f64 >= min_tpr;
    let firsts = ranking.fold(|bucket| {
        if enough(bucket.above.positives)
            || !enough(bucket.above.positives + bucket.inside.positives)
        {
            return None;
        }
        let mut flagged = bucket.above;
        let mut first = None;
        bucket.for_each_group(|Group { score, counts }| {
            flagged = flagged.plus(counts);
            if first.is_none() && enough(flagged.positives) {
                first = Some((flagged, threshold_below(score)));
            }
        });
        first
    });
    let nothing = || (Counts::default(), ranking.highest());
    let (flagged, threshold) = firsts.into_iter().flatten().next().unwrap_or_else(nothing);
    Ok(operating_point(threshold, flagged, total))
}

fn operating_point(threshold: f32, flagged: Counts, total: Counts) -> OperatingPoint {
    OperatingPoint {
        threshold,
        fpr: flagged.negatives as f64 / total.negatives as f64,
        tpr: flagged.positives as f64 / total.positives as f64,
    }
}

pub(crate) fn ensure_rate(name: &'static str, value: f64) -> Result<(), InputError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(InputError::setting(name, value, "between 0 and 1"))
}
