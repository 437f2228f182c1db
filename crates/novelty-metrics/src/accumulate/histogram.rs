use ndarray::{ArrayView, Dimension};
use novelty_core::InputError;

use super::ladder::Ladder;
use crate::bucket::Group;
use crate::order::{key, score};
use crate::pixels::ensure_masks;
use crate::ranking::{Counts, Ranked, ensure_scored};
use crate::{
    F1Max, MetricsError, OperatingPoint, PrecisionRecallCurve, RocCurve, operating_point,
    precision_recall, roc,
};

/// Bins that are allocated together.
const PAGE: usize = 1 << 10;
/// With 9 bits, bins end where exponents do; more than 24 is no coarser than most scores.
const BITS: std::ops::RangeInclusive<u32> = 9..=24;

/// Scores and labels collected in bounded memory: for pixels, and for streams without end.
///
/// A score is binned by the leading `bits` bits of its floating-point number, so that bins
/// are narrow in proportion to the score wherever it lies (`2^(9 - bits)` of it, about 0.05 %
/// with the default of 20) and no range has to be known beforehand. Bins are counted in
/// integers: pieces may come in any order and be merged in any way. Memory is that of the
/// bins which occur, in pages of 16 KB, at most `16 * 2^bits` bytes (16 MB with 20).
///
/// Every threshold at a bin's edge is exact, so the curves are exact points of the true
/// curves. Areas come with the limits between which the exact ones lie.
///
/// ```
/// use novelty_metrics::ScoreHistogram;
///
/// let mut pixels = ScoreHistogram::new();
/// pixels.update(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// let area = pixels.roc_auc()?;
/// assert_eq!((area.lower, area.value, area.upper), (0.75, 0.75, 0.75));
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "super::columns::BinColumns", into = "super::columns::BinColumns")
)]
pub struct ScoreHistogram {
    bits: u32,
    /// Pages by number; those that never got a score are empty.
    pages: Vec<Vec<Counts>>,
}

/// A value known within limits.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Bounded {
    /// The value with the scores of a bin taken as tied.
    pub value: f64,
    /// The exact value is not lower, but for the rounding of this one.
    pub lower: f64,
    /// The exact value is not higher, but for the rounding of this one.
    pub upper: f64,
}

impl Default for ScoreHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl ScoreHistogram {
    /// Without any samples, 20 bits.
    #[must_use]
    pub fn new() -> Self {
        Self { bits: 20, pages: Vec::new() }
    }

    /// Without any samples; `bits`, in `9..=24`, is what a bin resolves.
    ///
    /// # Errors
    /// If `bits` is out of range.
    pub fn with_bits(bits: u32) -> Result<Self, MetricsError> {
        if !BITS.contains(&bits) {
            return Err(InputError::setting("bits", bits, "between 9 and 24").into());
        }
        Ok(Self { bits, pages: Vec::new() })
    }

    /// What a bin resolves.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Adds samples; none is fine.
    ///
    /// # Errors
    /// If the lengths differ or a score is NaN or infinite; then nothing is added.
    pub fn update(&mut self, scores: &[f32], labels: &[bool]) -> Result<(), MetricsError> {
        if scores.is_empty() && labels.is_empty() {
            return Ok(());
        }
        ensure_scored(scores, labels)?;
        for (&score, &label) in scores.iter().zip(labels) {
            let counts = self.counts_mut(key(score));
            counts.positives += u64::from(label);
            counts.negatives += u64::from(!label);
        }
        Ok(())
    }

    /// Adds the pixels of score maps with their masks, true where anomalous, of any shape.
    ///
    /// # Errors
    /// If the shapes differ or a score is NaN or infinite; then nothing is added.
    pub fn update_pixels<D: Dimension>(
        &mut self,
        maps: ArrayView<'_, f32, D>,
        masks: ArrayView<'_, bool, D>,
    ) -> Result<(), MetricsError> {
        ensure_masks(&maps, &masks)?;
        let (maps, masks) = (maps.as_standard_layout(), masks.as_standard_layout());
        match (maps.as_slice(), masks.as_slice()) {
            (Some(scores), Some(labels)) => self.update(scores, labels),
            _ => Ok(()),
        }
    }

    /// Adds the samples of another.
    ///
    /// # Errors
    /// If the bins differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), MetricsError> {
        if self.bits != other.bits {
            return Err(MetricsError::Resolution { left: self.bits, right: other.bits });
        }
        for (bin, counts) in other.bins() {
            let sum = self.counts_mut(bin << self.shift());
            *sum = sum.plus(counts);
        }
        Ok(())
    }

    /// Bits of a key below those of its bin.
    fn shift(&self) -> u32 {
        32 - self.bits
    }

    fn counts_mut(&mut self, key: u32) -> &mut Counts {
        let bin = (key >> self.shift()) as usize;
        if self.pages.is_empty() {
            self.pages.resize((1_usize << self.bits).div_ceil(PAGE), Vec::new());
        }
        let page = &mut self.pages[bin / PAGE];
        if page.is_empty() {
            page.resize(PAGE, Counts::default());
        }
        &mut page[bin % PAGE]
    }

    /// Whether a finite score can fall into the bin of this number.
    #[cfg(feature = "serde")]
    pub(crate) fn is_bin(&self, bin: u32) -> bool {
        let range = key(f32::MIN) >> self.shift()..=key(f32::MAX) >> self.shift();
        range.contains(&bin)
    }

    /// Adds counted samples to a bin by its number.
    #[cfg(feature = "serde")]
    pub(crate) fn add_bin(&mut self, bin: u32, counts: Counts) {
        let sum = self.counts_mut(bin << self.shift());
        *sum = sum.plus(counts);
    }

    /// The bins that occur, ascending.
    pub(crate) fn bins(&self) -> impl DoubleEndedIterator<Item = (u32, Counts)> + '_ {
        let pages = self.pages.iter().enumerate();
        let counts = pages.flat_map(|(page, bins)| {
            let number = move |at: usize| (page * PAGE + at) as u32;
            (0..bins.len()).map(number).zip(bins.iter().copied())
        });
        counts.filter(|(_, counts)| counts.total() > 0)
    }

    /// Every bin as the samples of its lower edge.
    fn ladder(&self) -> Ladder {
        let group =
            |(bin, counts): (u32, Counts)| Group { score: score(bin << self.shift()), counts };
        Ladder { groups: self.bins().rev().map(group).collect() }
    }

    /// How many samples are anomalous.
    #[must_use]
    pub fn n_positives(&self) -> u64 {
        self.bins().map(|(_, counts)| counts.positives).sum()
    }

    /// How many samples are normal.
    #[must_use]
    pub fn n_negatives(&self) -> u64 {
        self.bins().map(|(_, counts)| counts.negatives).sum()
    }

    /// The value below which a share `q` of all scores lies, by numpy's linear rule (type 7 of
    /// Hyndman and Fan, 1996), within the limits that the bins leave.
    ///
    /// # Errors
    /// If there is no score, or `q` is outside `0..=1`.
    pub fn quantile(&self, q: f64) -> Result<Bounded, MetricsError> {
        if !(0.0..=1.0).contains(&q) {
            return Err(InputError::setting("quantile", q, "in 0..=1").into());
        }
        let n = self.n_positives() + self.n_negatives();
        let Some(last) = n.checked_sub(1) else {
            return Err(InputError::Empty { place: "scores" }.into());
        };
        let position = q * last as f64;
        // Beyond 2^53 scores the position is rounded, and must not leave them.
        let below = (position.floor() as u64).min(last);
        let (a, b) = (self.edges_at(below), self.edges_at(below.saturating_add(1).min(last)));
        let between = |a: f32, b: f32| {
            let (a, b) = (f64::from(a), f64::from(b));
            a + position.fract() * (b - a)
        };
        let (lower, upper) = (between(a.0, b.0), between(a.1, b.1));
        Ok(Bounded { value: f64::midpoint(lower, upper), lower, upper })
    }

    /// The smallest and the largest finite score of the bin that holds the score of a rank.
    fn edges_at(&self, rank: u64) -> (f32, f32) {
        let mut seen = 0;
        let holds = |&(_, counts): &(u32, Counts)| {
            seen += counts.total();
            rank < seen
        };
        let bin = self.bins().find(holds).map_or(0, |(bin, _)| bin);
        let first = bin << self.shift();
        let last = first | ((1 << self.shift()) - 1);
        (score(first.max(key(f32::MIN))), score(last.min(key(f32::MAX))))
    }

    /// The points of [`roc_curve`](crate::roc_curve) at the edges of the bins.
    ///
    /// # Errors
    /// If a class is missing.
    pub fn roc_curve(&self) -> Result<RocCurve, MetricsError> {
        roc::curve_of(&self.ladder())
    }

    /// [`roc_auc`](crate::roc_auc) within the limits that the pairs inside of bins leave:
    /// `value +- sum_bins p n / (2 n_pos n_neg)`.
    ///
    /// # Errors
    /// If a class is missing.
    pub fn roc_auc(&self) -> Result<Bounded, MetricsError> {
        let ladder = self.ladder();
        let value = roc::area_of(&ladder)?;
        let total = ladder.total();
        let open = |group: &Group| group.counts.positives as f64 * group.counts.negatives as f64;
        let pairs = total.positives as f64 * total.negatives as f64;
        let error = ladder.groups.iter().map(open).sum::<f64>() / (2.0 * pairs);
        Ok(Bounded { value, lower: value - error, upper: value + error })
    }

    /// The best [`tpr_at_fpr`](crate::tpr_at_fpr) of the thresholds at the edges of the bins.
    ///
    /// # Errors
    /// If a class is missing or `max_fpr` is out of range.
    pub fn tpr_at_fpr(&self, max_fpr: f64) -> Result<OperatingPoint, MetricsError> {
        operating_point::tpr_at_fpr_of(&self.ladder(), max_fpr)
    }

    /// The best [`fpr_at_tpr`](crate::fpr_at_tpr) of the thresholds at the edges of the bins.
    ///
    /// # Errors
    /// If a class is missing or `min_tpr` is out of range.
    pub fn fpr_at_tpr(&self, min_tpr: f64) -> Result<OperatingPoint, MetricsError> {
        operating_point::fpr_at_tpr_of(&self.ladder(), min_tpr)
    }

    /// The points of [`precision_recall_curve`](crate::precision_recall_curve) at the edges
    /// of the bins.
    ///
    /// # Errors
    /// If no sample is anomalous.
    pub fn precision_recall_curve(&self) -> Result<PrecisionRecallCurve, MetricsError> {
        precision_recall::curve_of(&self.ladder())
    }

    /// [`average_precision`](crate::average_precision) within the limits that the bins
    /// leave: in each, the anomalous samples stand together above the normal ones at best,
    /// and one by one below them at worst.
    ///
    /// # Errors
    /// If no sample is anomalous.
    pub fn average_precision(&self) -> Result<Bounded, MetricsError> {
        let ladder = self.ladder();
        let value = precision_recall::average_precision_of(&ladder)?;
        let total = ladder.total().positives as f64;
        let (mut lower, mut upper) = (0.0, 0.0);
        let mut above = Counts::default();
        for Group { counts, .. } in &ladder.groups {
            if counts.positives > 0 {
                let hits = above.positives + counts.positives;
                let share = hits as f64 / (hits + above.negatives) as f64;
                upper += counts.positives as f64 * share;
                let below = Counts { negatives: above.negatives + counts.negatives, ..above };
                lower += precision_one_by_one(below, counts.positives);
            }
            above = above.plus(*counts);
        }
        Ok(Bounded { value, lower: lower / total, upper: upper / total })
    }

    /// The best [`f1_max`](crate::f1_max) of the thresholds at the edges of the bins: a lower
    /// limit of the exact one.
    ///
    /// # Errors
    /// If no sample is anomalous.
    pub fn f1_max(&self) -> Result<F1Max, MetricsError> {
        precision_recall::f1_max_of(&self.ladder())
    }
}

impl PartialEq for ScoreHistogram {
    /// Whether both have the same bins and hold as many samples in each.
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits && self.bins().eq(other.bins())
    }
}

/// `sum_{j=1..n} (tp + j) / (tp + j + fp)`: the precisions at `n` positives of distinct score
/// below `above`.
fn precision_one_by_one(above: Counts, n: u64) -> f64 {
    let (first, misses) = (above.total(), above.negatives as f64);
    if misses == 0.0 {
        return n as f64;
    }
    n as f64 - misses * reciprocals(first, n)
}

/// `sum_{j=1..n} 1 / (first + j)`.
fn reciprocals(first: u64, n: u64) -> f64 {
    let direct = n.min(64_u64.saturating_sub(first));
    let head: f64 = (1..=direct).map(|j| 1.0 / (first + j) as f64).sum();
    if direct == n {
        return head;
    }
    let (a, b) = ((first + direct) as f64, (first + n) as f64);
    // The difference of two harmonic numbers, by Euler and Maclaurin: below 1e-13 off from 64 on.
    let correction = |x: f64| 0.5 / x - 1.0 / (12.0 * x.powi(2)) + 1.0 / (120.0 * x.powi(4));
    head + ((b - a) / a).ln_1p() + correction(b) - correction(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reciprocals_match_their_sum() {
        for first in [0, 1, 40, 63, 64, 1000] {
            for n in [0, 1, 23, 24, 64, 65, 5000] {
                let direct: f64 = (1..=n).map(|j| 1.0 / (first + j) as f64).sum();
                assert!((reciprocals(first, n) - direct).abs() < 1e-12, "{first} {n}");
            }
        }
    }

    #[test]
    fn every_finite_score_lies_above_the_finite_edge_of_its_bin() {
        for bits in BITS {
            let shift = 32 - bits;
            for x in [f32::MIN, -1.0, -f32::MIN_POSITIVE, -1e-45, 0.0, 1e-45, 0.7, f32::MAX] {
                let edge = score(key(x) >> shift << shift);
                assert!(edge.is_finite() && edge <= x, "{bits} {x} {edge}");
            }
        }
    }
}
