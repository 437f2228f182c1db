use novelty_core::InputError;

use crate::MetricsError;
use crate::bucket::{Bucket, Group};
use crate::ranking::{Counts, Ranked, Ranking};

/// The area under the ROC curve up to a false-positive rate.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PartialAuc {
    /// The largest false-positive rate that counts.
    pub max_fpr: f64,
    /// The area itself, at most `max_fpr`; `max_fpr^2 / 2` is chance.
    pub raw: f64,
    /// The area in McClish's scale, where 0.5 is chance and 1 is perfect:
    /// `(1 + (raw - m^2/2) / (m - m^2/2)) / 2` with `m = max_fpr`. This is what
    /// scikit-learn's `roc_auc_score(max_fpr=...)` returns.
    pub standardised: f64,
}

/// The area under the ROC curve for false-positive rates up to `max_fpr`, in `(0, 1]`, with
/// linear interpolation at the end.
///
/// Use it where only few false alarms are tolerable and the rest of the curve is beside the
/// point. With `max_fpr = 1` both values are [`roc_auc`](crate::roc_auc).
///
/// Source: McClish, Analyzing a portion of the ROC curve, Medical Decision Making 9 (1989).
///
/// # Errors
/// As [`roc_auc`](crate::roc_auc), or if `max_fpr` is out of range.
///
/// ```
/// let scores = [0.1, 0.4, 0.35, 0.8];
/// let area = novelty_metrics::roc_auc_partial(&scores, &[false, false, true, true], 0.5)?;
/// assert_eq!((area.raw, area.standardised), (0.25, 2.0 / 3.0));
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn roc_auc_partial(
    scores: &[f32],
    labels: &[bool],
    max_fpr: f64,
) -> Result<PartialAuc, MetricsError> {
    partial_area_of(&Ranking::new(scores, labels)?, max_fpr)
}

pub(crate) fn partial_area_of(
    ranking: &impl Ranked,
    max_fpr: f64,
) -> Result<PartialAuc, MetricsError> {
    if !(max_fpr > 0.0 && max_fpr <= 1.0) {
        return Err(InputError::setting("max_fpr", max_fpr, "above 0 and at most 1").into());
    }
    let total = ranking.total().ensure_both()?;
    let limit = max_fpr * total.negatives as f64;
    let parts = ranking.fold(|bucket| area_in(bucket, limit));
    // Each step of the curve in units of half a pair; the one at the limit may be a fraction.
    let whole: u128 = parts.iter().map(|part| part.0).sum();
    let cut: f64 = parts.iter().map(|part| part.1).sum();
    let pairs = total.positives as f64 * total.negatives as f64;
    let raw = (whole as f64 + cut) / (2.0 * pairs);
    let chance = max_fpr * max_fpr / 2.0;
    let standardised = 0.5 * (1.0 + (raw - chance) / (max_fpr - chance));
    Ok(PartialAuc { max_fpr, raw, standardised })
}

/// Twice the area below the bucket's steps: that of the whole ones, and that of the one
/// which the limit cuts.
fn area_in(bucket: &mut Bucket<'_>, limit: f64) -> (u128, f64) {
    let (mut whole, mut cut) = (0, 0.0);
    let above = bucket.above;
    if bucket.inside.negatives == 0 || above.negatives as f64 >= limit {
        return (whole, cut);
    }
    let mut flagged = above;
    bucket.for_each_group(|Group { counts, .. }| {
        let next = flagged.plus(counts);
        if next.negatives as f64 <= limit {
            let heights = u128::from(flagged.positives + next.positives);
            whole += u128::from(counts.negatives) * heights;
        } else if (flagged.negatives as f64) < limit {
            cut = cut_step(flagged, counts, limit);
        }
        flagged = next;
    });
    (whole, cut)
}

fn cut_step(flagged: Counts, step: Counts, limit: f64) -> f64 {
    let width = limit - flagged.negatives as f64;
    let rise = step.positives as f64 * width / step.negatives as f64;
    width * (2.0 * flagged.positives as f64 + rise)
}
