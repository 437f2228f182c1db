use novelty_core::InputError;

use crate::MetricsError;
use crate::ranking::ensure_scored;

/// How many samples of each class a threshold flags.
///
/// A rate whose denominator is zero is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Confusion {
    /// Anomalous and flagged.
    pub true_positives: u64,
    /// Normal but flagged.
    pub false_positives: u64,
    /// Normal and not flagged.
    pub true_negatives: u64,
    /// Anomalous but not flagged.
    pub false_negatives: u64,
}

impl Confusion {
    /// The share of the flagged samples that is anomalous.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    /// The share of the anomalous samples that is flagged: recall, true-positive rate,
    /// sensitivity.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The share of the normal samples that is flagged: false-positive rate, one minus
    /// specificity.
    #[must_use]
    pub fn fpr(&self) -> Option<f64> {
        ratio(self.false_positives, self.false_positives + self.true_negatives)
    }

    /// `2 TP / (2 TP + FP + FN)`, the harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        let doubled = 2 * self.true_positives;
        ratio(doubled, doubled + self.false_positives + self.false_negatives)
    }

    /// `TP / (TP + FP + FN)`: intersection over union of the flagged and the anomalous, for
    /// pixels above all.
    #[must_use]
    pub fn iou(&self) -> Option<f64> {
        let hits = self.true_positives;
        ratio(hits, hits + self.false_positives + self.false_negatives)
    }

    /// The share of the samples that is judged rightly.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        let right = self.true_positives + self.true_negatives;
        ratio(right, right + self.false_positives + self.false_negatives)
    }
}

fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// Counts what `score > threshold` flags, by class.
///
/// # Errors
/// If the lengths differ, there is no sample, a score is NaN or infinite, or the threshold
/// is NaN.
///
/// ```
/// let counts =
///     novelty_metrics::confusion(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true], 0.35)?;
/// assert_eq!((counts.true_positives, counts.false_positives), (1, 1));
/// assert_eq!(counts.recall(), Some(0.5));
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn confusion(
    scores: &[f32],
    labels: &[bool],
    threshold: f32,
) -> Result<Confusion, MetricsError> {
    ensure_scored(scores, labels)?;
    if threshold.is_nan() {
        return Err(InputError::setting("threshold", threshold, "a number").into());
    }
    let mut counts = [[0; 2]; 2];
    for (&score, &label) in scores.iter().zip(labels) {
        counts[usize::from(label)][usize::from(score > threshold)] += 1;
    }
    let [[true_negatives, false_positives], [false_negatives, true_positives]] = counts;
    Ok(Confusion { true_positives, false_positives, true_negatives, false_negatives })
}
