use crate::MetricsError;
use crate::bucket::Bucket;
use crate::columns::Columns;
use crate::ranking::{Counts, Ranked, Ranking};

/// The receiver operating characteristic: what share of the anomalous and of the normal
/// samples is flagged, as the threshold falls.
///
/// The three vectors have one length. Point `i` flags the samples with
/// `score >= thresholds[i]`, as in scikit-learn; the first point has the threshold infinity
/// and flags nothing, the last flags everything.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RocCurve {
    /// False-positive rate: flagged normal samples / normal samples. Ascending.
    pub fpr: Vec<f64>,
    /// True-positive rate: flagged anomalous samples / anomalous samples. Ascending.
    pub tpr: Vec<f64>,
    /// The lowest score that each point flags. Strictly descending.
    pub thresholds: Vec<f32>,
    /// How many samples are anomalous.
    pub n_positives: u64,
    /// How many samples are normal.
    pub n_negatives: u64,
}

impl RocCurve {
    /// The area under the curve by the trapezoidal rule. [`roc_auc`] gives the same from the
    /// scores, without rounding along the way.
    #[must_use]
    pub fn area(&self) -> f64 {
        let widths = self.fpr.windows(2).map(|fpr| fpr[1] - fpr[0]);
        let heights = self.tpr.windows(2).map(|tpr| (tpr[0] + tpr[1]) / 2.0);
        widths.zip(heights).map(|(width, height)| width * height).sum()
    }

    /// The curve without the points that lie between two equal steps: what scikit-learn's
    /// `roc_curve` returns with its default `drop_intermediate=True`.
    ///
    /// The drawing and the area stay as they are. A curve of a million samples typically
    /// shrinks to the number of times that neighbours in the ranking differ in class.
    #[must_use]
    pub fn drop_intermediate(&self) -> Self {
        let step = |rates: &[f64], n: u64, i: usize| {
            let count = |i: usize| (rates[i] * n as f64).round() as u64;
            count(i + 1).wrapping_sub(count(i))
        };
        let turns = |rates: &[f64], n: u64, i: usize| step(rates, n, i - 1) != step(rates, n, i);
        let n = self.fpr.len().min(self.tpr.len()).min(self.thresholds.len());
        let last = n.saturating_sub(1);
        let corner = |i: usize| {
            i <= 1
                || i == last
                || turns(&self.fpr, self.n_negatives, i)
                || turns(&self.tpr, self.n_positives, i)
        };
        let kept: Vec<usize> = (0..n).filter(|&i| corner(i)).collect();
        Self {
            fpr: kept.iter().map(|&i| self.fpr[i]).collect(),
            tpr: kept.iter().map(|&i| self.tpr[i]).collect(),
            thresholds: kept.iter().map(|&i| self.thresholds[i]).collect(),
            ..*self
        }
    }
}

/// The ROC curve, one point a distinct score: scikit-learn's with `drop_intermediate=False`.
/// See [`RocCurve::drop_intermediate`] for the other.
///
/// `labels` are true for anomalous samples. `O(n log n)` at worst, in practice linear.
///
/// # Errors
/// If the lengths differ, there is no sample, a score is NaN or infinite, or a class is
/// missing.
///
/// ```
/// let curve = novelty_metrics::roc_curve(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// assert_eq!(curve.fpr, [0.0, 0.0, 0.5, 0.5, 1.0]);
/// assert_eq!(curve.tpr, [0.0, 0.5, 0.5, 1.0, 1.0]);
/// assert_eq!(curve.thresholds, [f32::INFINITY, 0.8, 0.4, 0.35, 0.1]);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn roc_curve(scores: &[f32], labels: &[bool]) -> Result<RocCurve, MetricsError> {
    curve_of(&Ranking::new(scores, labels)?)
}

pub(crate) fn curve_of(ranking: &impl Ranked) -> Result<RocCurve, MetricsError> {
    let total = ranking.total().ensure_both()?;
    let columns = Columns::new(ranking, (0.0, 0.0), |flagged| {
        (
            flagged.negatives as f64 / total.negatives as f64,
            flagged.positives as f64 / total.positives as f64,
        )
    });
    Ok(RocCurve {
        fpr: columns.x,
        tpr: columns.y,
        thresholds: columns.thresholds,
        n_positives: total.positives,
        n_negatives: total.negatives,
    })
}

/// The area under the ROC curve: the probability that an anomalous sample scores higher than
/// a normal one, where a tie counts one half.
///
/// `AUC = (#{s_pos > s_neg} + #{s_pos = s_neg} / 2) / (n_pos n_neg)`, counted in integers and
/// divided once: the result is the exact ratio, rounded to the nearest `f64`, whatever the
/// order of the samples. 1 is perfect, 0.5 is chance. Ties are equal values (`-0.0 == 0.0`),
/// not close ones.
///
/// Linear in practice: bucketing by the bits of the scores and radix sorts, 4 bytes a sample
/// of extra memory.
///
/// With rare anomalies, [`average_precision`](crate::average_precision) tells more about the
/// top of the ranking; the area to a small false-positive rate is [`roc_auc_partial`](crate::roc_auc_partial).
///
/// Source: Hanley and McNeil, The meaning and use of the area under a receiver operating
/// characteristic (ROC) curve, Radiology 143 (1982).
///
/// # Errors
/// If the lengths differ, there is no sample, a score is NaN or infinite (as in
/// scikit-learn), or a class is missing.
///
/// ```
/// let auc = novelty_metrics::roc_auc(&[0.1, 0.4, 0.4, 0.8], &[false, false, true, true])?;
/// assert_eq!(auc, 0.875);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn roc_auc(scores: &[f32], labels: &[bool]) -> Result<f64, MetricsError> {
    area_of(&Ranking::new(scores, labels)?)
}

pub(crate) fn area_of(ranking: &impl Ranked) -> Result<f64, MetricsError> {
    let total = ranking.total().ensure_both()?;
    let won: u128 = ranking.fold(|bucket| pairs_won(bucket, total)).into_iter().sum();
    let pairs = u128::from(total.positives) * u128::from(total.negatives);
    Ok(won as f64 / (2 * pairs) as f64)
}

/// Twice the pairs that the positives of a bucket win, ties counting one.
fn pairs_won(bucket: &mut Bucket<'_>, total: Counts) -> u128 {
    let below = total.negatives - bucket.above.negatives - bucket.inside.negatives;
    2 * u128::from(bucket.inside.positives) * u128::from(below) + bucket.pairs_won()
}
