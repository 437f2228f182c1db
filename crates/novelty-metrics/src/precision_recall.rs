use crate::MetricsError;
use crate::bucket::Group;
use crate::columns::Columns;
use crate::operating_point::threshold_below;
use crate::ranking::{Counts, Ranked, Ranking};

/// A precision of one. Precisions are added as integers, so that neither the order of the
/// samples nor their split into pieces shows in the sum.
const ONE: f64 = (1_u64 << 62) as f64;

/// Precision against recall, as the threshold rises.
///
/// Point `i` flags the samples with `score >= thresholds[i]`, as in scikit-learn. `precision`
/// and `recall` have one point more than `thresholds`: the last is (1, 0), where nothing is
/// flagged.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PrecisionRecallCurve {
    /// Flagged anomalous samples / flagged samples.
    pub precision: Vec<f64>,
    /// Flagged anomalous samples / anomalous samples. Descending.
    pub recall: Vec<f64>,
    /// The lowest score that each point flags. Strictly ascending.
    pub thresholds: Vec<f32>,
}

/// The precision-recall curve, one point a distinct score, as scikit-learn gives it with
/// `drop_intermediate=False`.
///
/// # Errors
/// If the lengths differ, there is no sample, a score is NaN or infinite, or no sample is
/// anomalous (where scikit-learn warns and sets the recall to one).
///
/// ```
/// use novelty_metrics::precision_recall_curve;
///
/// let curve = precision_recall_curve(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// assert_eq!(curve.precision, [0.5, 2.0 / 3.0, 0.5, 1.0, 1.0]);
/// assert_eq!(curve.recall, [1.0, 1.0, 0.5, 0.5, 0.0]);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn precision_recall_curve(
    scores: &[f32],
    labels: &[bool],
) -> Result<PrecisionRecallCurve, MetricsError> {
    curve_of(&Ranking::new(scores, labels)?)
}

pub(crate) fn curve_of(ranking: &impl Ranked) -> Result<PrecisionRecallCurve, MetricsError> {
    let total = ranking.total().ensure_positives()?;
    let columns = Columns::new(ranking, (1.0, 0.0), |flagged| {
        let hits = flagged.positives as f64;
        (hits / flagged.total() as f64, hits / total.positives as f64)
    });
    let mut columns = columns.reversed();
    columns.thresholds.pop();
    Ok(PrecisionRecallCurve {
        precision: columns.x,
        recall: columns.y,
        thresholds: columns.thresholds,
    })
}

/// The average precision: the mean, over the anomalous samples, of the precision at the
/// threshold that just flags each.
///
/// `AP = sum_n (R_n - R_{n-1}) P_n` over the distinct scores in descending order, without
/// interpolation, as in scikit-learn. Chance is the share of anomalous samples, so values
/// from sets of different shares do not compare.
///
/// # Errors
/// As [`precision_recall_curve`].
///
/// ```
/// use novelty_metrics::average_precision;
///
/// let precision = average_precision(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// assert!((precision - 5.0 / 6.0).abs() < 1e-15);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn average_precision(scores: &[f32], labels: &[bool]) -> Result<f64, MetricsError> {
    average_precision_of(&Ranking::new(scores, labels)?)
}

pub(crate) fn average_precision_of(ranking: &impl Ranked) -> Result<f64, MetricsError> {
    let total = ranking.total().ensure_positives()?;
    let sums = ranking.fold(|bucket| {
        let mut sum = 0;
        let mut flagged = bucket.above;
        if bucket.inside.positives == 0 {
            return sum;
        }
        bucket.for_each_group(|Group { counts, .. }| {
            flagged = flagged.plus(counts);
            let precision = flagged.positives as f64 / flagged.total() as f64;
            sum += u128::from(counts.positives) * u128::from((precision * ONE) as u64);
        });
        sum
    });
    Ok(sums.into_iter().sum::<u128>() as f64 / ONE / total.positives as f64)
}

/// The highest F1 of all thresholds, and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct F1Max {
    /// `2 TP / (2 TP + FP + FN)`.
    pub f1: f64,
    /// A sample is flagged if `score > threshold`: the `f32` just below the lowest flagged
    /// score.
    pub threshold: f32,
    /// Flagged anomalous samples / flagged samples.
    pub precision: f64,
    /// Flagged anomalous samples / anomalous samples.
    pub recall: f64,
}

/// The highest F1 that any threshold reaches: the harmonic mean of precision and recall at
/// the best of all cuts.
///
/// The fractions are compared in integers; of equal ones the highest threshold wins, which
/// flags the fewest. The threshold is chosen on the labels it is judged by: the value is an
/// upper bound of what a threshold chosen beforehand reaches.
///
/// # Errors
/// As [`precision_recall_curve`].
///
/// ```
/// let best = novelty_metrics::f1_max(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// assert_eq!((best.f1, best.precision, best.recall), (0.8, 2.0 / 3.0, 1.0));
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn f1_max(scores: &[f32], labels: &[bool]) -> Result<F1Max, MetricsError> {
    f1_max_of(&Ranking::new(scores, labels)?)
}

pub(crate) fn f1_max_of(ranking: &impl Ranked) -> Result<F1Max, MetricsError> {
    let total = ranking.total().ensure_positives()?;
    let bests = ranking.fold(|bucket| {
        let mut best = Candidate::default();
        if bucket.inside.positives == 0 {
            return best;
        }
        let mut flagged = bucket.above;
        bucket.for_each_group(|Group { score, counts }| {
            flagged = flagged.plus(counts);
            best = best.or_better(Candidate { flagged, score }, total.positives);
        });
        best
    });
    let best = bests.into_iter().fold(Candidate::default(), |a, b| a.or_better(b, total.positives));
    let hits = best.flagged.positives as f64;
    Ok(F1Max {
        f1: 2.0 * hits / (best.flagged.total() + total.positives) as f64,
        threshold: threshold_below(best.score),
        precision: hits / best.flagged.total() as f64,
        recall: hits / total.positives as f64,
    })
}

#[derive(Clone, Copy, Default)]
struct Candidate {
    flagged: Counts,
    score: f32,
}

impl Candidate {
    /// `other`, if its `TP / (flagged + positives)` is truly larger.
    fn or_better(self, other: Self, positives: u64) -> Self {
        let cross = |a: Self, b: Self| {
            u128::from(a.flagged.positives) * u128::from(b.flagged.total() + positives)
        };
        if cross(other, self) > cross(self, other) { other } else { self }
    }
}
