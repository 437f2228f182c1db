use novelty_core::{InputError, SelectThreshold, Threshold};
use novelty_metrics::f1_max;

use super::quantile::ensure_scores;
use crate::ScoringError;

/// The threshold with the highest F1 on labelled scores, a little below the lowest score that
/// it flags; of equal ones the highest. See [`novelty_metrics::f1_max`].
///
/// Choose it on a validation set: on the test set it is an upper bound of what can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MaxF1Threshold {}

impl MaxF1Threshold {
    /// The rule; it has no settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl SelectThreshold for MaxF1Threshold {
    type Error = ScoringError;

    /// # Errors
    /// If there are no labels, none is anomalous, their number is not that of the scores, or a
    /// score is not finite.
    fn select(&self, scores: &[f32], labels: Option<&[bool]>) -> Result<Threshold, ScoringError> {
        let labels = labels.ok_or(ScoringError::NoLabels { rule: "max F1" })?;
        let best = f1_max(scores, labels)?;
        Ok(Threshold::chosen_from(scores, best.threshold, format!("max F1 of {}", best.f1)))
    }
}

/// The lowest threshold that calls at most a share of the labelled normal samples anomalous,
/// and so the one with the most anomalies found at that false-positive rate.
///
/// It is a score of a normal sample, so that exactly `floor(max_fpr * normals)` of them lie
/// above it, or fewer where scores are equal. The rule's name says what share of the anomalies
/// it finds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MaxFprThreshold {
    /// The share of normal samples that may be called anomalous, in `0 <= max_fpr < 1`.
    pub max_fpr: f64,
}

impl MaxFprThreshold {
    /// The rule for a false-positive rate.
    #[must_use]
    pub fn new(max_fpr: f64) -> Self {
        Self { max_fpr }
    }
}

impl SelectThreshold for MaxFprThreshold {
    type Error = ScoringError;

    /// # Errors
    /// If there are no labels, they lack a class, their number is not that of the scores, a
    /// score is not finite, or `max_fpr` is outside its range.
    fn select(&self, scores: &[f32], labels: Option<&[bool]>) -> Result<Threshold, ScoringError> {
        if !(0.0..1.0).contains(&self.max_fpr) {
            return Err(InputError::setting("max_fpr", self.max_fpr, "at least 0, below 1").into());
        }
        let labels = labels.ok_or(ScoringError::NoLabels { rule: "TPR at FPR" })?;
        ensure_scores("scores", scores)?;
        // Also checks the lengths and that both classes are there.
        novelty_metrics::roc_auc(scores, labels)?;
        let of = |class: bool| {
            let pairs = scores.iter().zip(labels);
            pairs.filter(move |(_, label)| **label == class).map(|(&score, _)| score)
        };
        let mut normal: Vec<f32> = of(false).collect();
        let allowed = ((self.max_fpr * normal.len() as f64).floor() as usize).min(normal.len() - 1);
        let (_, &mut value, _) = normal.select_nth_unstable_by(allowed, |a, b| b.total_cmp(a));
        let found = of(true).filter(|&score| score > value).count();
        let tpr = found as f64 / of(true).count() as f64;
        let rule = format!("TPR of {tpr} at FPR {}", self.max_fpr);
        Ok(Threshold::chosen_from(scores, value, rule))
    }
}
