use crate::accumulate::ladder::Ladder;
use crate::ranking::{Counts, Ranked, Ranking};
use crate::{
    F1Max, MetricsError, OperatingPoint, PartialAuc, PrecisionRecallCurve, RocCurve,
    operating_point, partial_auc, precision_recall, roc,
};

/// Scores and labels collected piece by piece, for the exact metrics of all.
///
/// Pieces may come in any order, from any number of accumulators merged in any way: the
/// counts of every distinct score are integers, so the result is the same to the last bit.
/// Memory grows with the number of distinct scores, 24 bytes each; where that is too much,
/// as for pixels, use [`ScoreHistogram`](crate::ScoreHistogram).
///
/// With the feature `serde` it serialises to its distinct scores and their counts, so that
/// shards scored on different machines can be added up.
///
/// ```
/// use novelty_metrics::{ScoreAccumulator, roc_auc};
///
/// let mut one = ScoreAccumulator::new();
/// one.update(&[0.1, 0.8], &[false, true])?;
/// let mut other = ScoreAccumulator::new();
/// other.update(&[0.4, 0.35], &[false, true])?;
/// one.merge(&other);
/// let whole = roc_auc(&[0.1, 0.8, 0.4, 0.35], &[false, true, false, true]);
/// assert_eq!(one.roc_auc(), whole);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "super::columns::Columns", into = "super::columns::Columns")
)]
pub struct ScoreAccumulator {
    /// Each less than half as long as the one before, so that adding costs `O(log n)` a
    /// score in all.
    pieces: Vec<Ladder>,
}

impl ScoreAccumulator {
    /// Without any samples.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[cfg(feature = "serde")]
    pub(crate) fn from_ladder(ladder: Ladder) -> Self {
        Self { pieces: vec![ladder] }
    }

    /// Adds samples; none is fine.
    ///
    /// # Errors
    /// If the lengths differ or a score is NaN or infinite; then nothing is added.
    pub fn update(&mut self, scores: &[f32], labels: &[bool]) -> Result<(), MetricsError> {
        if scores.is_empty() && labels.is_empty() {
            return Ok(());
        }
        self.push(Ladder::new(&Ranking::new(scores, labels)?));
        Ok(())
    }

    /// Adds the samples of another.
    pub fn merge(&mut self, other: &Self) {
        other.pieces.iter().for_each(|piece| self.push(piece.clone()));
    }

    fn push(&mut self, mut piece: Ladder) {
        while let Some(last) = self.pieces.pop_if(|last| last.groups.len() < 2 * piece.groups.len())
        {
            piece = last.merge(&piece);
        }
        self.pieces.push(piece);
    }

    /// All samples in one ladder.
    pub(crate) fn ladder(&self) -> Ladder {
        self.pieces.iter().rev().fold(Ladder::default(), |sum, piece| sum.merge(piece))
    }

    fn counts(&self) -> Counts {
        self.pieces.iter().fold(Counts::default(), |sum, piece| sum.plus(piece.total()))
    }

    /// How many samples are anomalous.
    #[must_use]
    pub fn n_positives(&self) -> u64 {
        self.counts().positives
    }

    /// How many samples are normal.
    #[must_use]
    pub fn n_negatives(&self) -> u64 {
        self.counts().negatives
    }

    /// As [`roc_curve`](crate::roc_curve) of all samples.
    ///
    /// # Errors
    /// If a class is missing.
    pub fn roc_curve(&self) -> Result<RocCurve, MetricsError> {
        roc::curve_of(&self.ladder())
    }

    /// As [`roc_auc`](crate::roc_auc) of all samples.
    ///
    /// # Errors
    /// If a class is missing.
    pub fn roc_auc(&self) -> Result<f64, MetricsError> {
        roc::area_of(&self.ladder())
    }

    /// As [`roc_auc_partial`](crate::roc_auc_partial) of all samples.
    ///
    /// # Errors
    /// If a class is missing or `max_fpr` is out of range.
    pub fn roc_auc_partial(&self, max_fpr: f64) -> Result<PartialAuc, MetricsError> {
        partial_auc::partial_area_of(&self.ladder(), max_fpr)
    }

    /// As [`tpr_at_fpr`](crate::tpr_at_fpr) of all samples.
    ///
    /// # Errors
    /// If a class is missing or `max_fpr` is out of range.
    pub fn tpr_at_fpr(&self, max_fpr: f64) -> Result<OperatingPoint, MetricsError> {
        operating_point::tpr_at_fpr_of(&self.ladder(), max_fpr)
    }

    /// As [`fpr_at_tpr`](crate::fpr_at_tpr) of all samples.
    ///
    /// # Errors
    /// If a class is missing or `min_tpr` is out of range.
    pub fn fpr_at_tpr(&self, min_tpr: f64) -> Result<OperatingPoint, MetricsError> {
        operating_point::fpr_at_tpr_of(&self.ladder(), min_tpr)
    }

    /// As [`precision_recall_curve`](crate::precision_recall_curve) of all samples.
    ///
    /// # Errors
    /// If no sample is anomalous.
    pub fn precision_recall_curve(&self) -> Result<PrecisionRecallCurve, MetricsError> {
        precision_recall::curve_of(&self.ladder())
    }

    /// As [`average_precision`](crate::average_precision) of all samples.
    ///
    /// # Errors
    /// If no sample is anomalous.
    pub fn average_precision(&self) -> Result<f64, MetricsError> {
        precision_recall::average_precision_of(&self.ladder())
    }

    /// As [`f1_max`](crate::f1_max) of all samples.
    ///
    /// # Errors
    /// If no sample is anomalous.
    pub fn f1_max(&self) -> Result<F1Max, MetricsError> {
        precision_recall::f1_max_of(&self.ladder())
    }
}

impl PartialEq for ScoreAccumulator {
    /// Whether both hold the same samples, however they came in.
    fn eq(&self, other: &Self) -> bool {
        self.ladder() == other.ladder()
    }
}
