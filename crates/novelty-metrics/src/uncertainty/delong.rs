use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::erf::erfc;

use super::{Interval, ensure_confidence};
use crate::MetricsError;
use crate::order::key;
use crate::ranking::{Counts, ensure_scored};

/// The areas of two detectors on the same samples, and whether they differ.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AucComparison {
    /// The area of the first.
    pub auc_a: f64,
    /// The area of the second.
    pub auc_b: f64,
    /// `auc_a - auc_b`.
    pub difference: f64,
    /// The standard error of the difference.
    pub standard_error: f64,
    /// The difference in standard errors.
    pub z: f64,
    /// The probability of so large a difference, of either sign, if the areas are equal.
    pub p_value: f64,
}

/// [`roc_auc`](crate::roc_auc) with `DeLong`'s confidence interval.
///
/// The variance is that of the placements: the share of the other class that each sample
/// outranks. `var = var_pos / n_pos + var_neg / n_neg`, computed in integers but for the
/// last division. The interval is the normal one, cut to `[0, 1]`; it is too narrow where
/// the area is close to 1 and a class has few samples, and a point where the classes do not
/// overlap at all: [`bootstrap`](crate::bootstrap) has no better answer to that.
/// `O(n log n)`, by ranks.
///
/// Source: DeLong, DeLong and Clarke-Pearson, Comparing the areas under two or more
/// correlated receiver operating characteristic curves, Biometrics 44 (1988); Sun and Xu,
/// Fast implementation of DeLong's algorithm, IEEE Signal Processing Letters 21 (2014).
///
/// # Errors
/// As [`roc_auc`](crate::roc_auc), or if a class has a single sample or `confidence` is not
/// in `(0, 1)`.
///
/// ```
/// let scores = [0.1, 0.4, 0.35, 0.8];
/// let labels = [false, false, true, true];
/// let area = novelty_metrics::roc_auc_interval(&scores, &labels, 0.95)?;
/// assert_eq!((area.value, area.standard_error), (0.75, 0.125_f64.sqrt()));
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn roc_auc_interval(
    scores: &[f32],
    labels: &[bool],
    confidence: f64,
) -> Result<Interval, MetricsError> {
    ensure_confidence(confidence)?;
    let placements = placements(scores, labels)?;
    let total = ensure_two_each(labels)?;
    let value = mean(&placements, labels, total);
    let standard_error = variance(&placements, labels, total).sqrt();
    let margin = standard_error * Normal::standard().inverse_cdf(f64::midpoint(1.0, confidence));
    let (lower, upper) = ((value - margin).max(0.0), (value + margin).min(1.0));
    Ok(Interval { value, standard_error, lower, upper, confidence })
}

/// Whether two detectors differ in [`roc_auc`](crate::roc_auc) on the same samples, by
/// `DeLong`'s paired test.
///
/// It takes into account that both see the same samples, and so finds differences that two
/// separate intervals would not. The sample must not have served to choose or train either.
///
/// Source: as [`roc_auc_interval`].
///
/// # Errors
/// As [`roc_auc_interval`]; the first detector that has a bad score is reported.
///
/// ```
/// let labels = [false, false, false, true, true, true];
/// let a = [0.1, 0.2, 0.5, 0.4, 0.8, 0.9];
/// let b = [0.1, 0.7, 0.5, 0.4, 0.6, 0.9];
/// let comparison = novelty_metrics::compare_roc_auc(&a, &b, &labels)?;
/// assert!((comparison.difference - 2.0 / 9.0).abs() < 1e-15);
/// assert!(comparison.p_value > 0.05);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn compare_roc_auc(
    a: &[f32],
    b: &[f32],
    labels: &[bool],
) -> Result<AucComparison, MetricsError> {
    let (a, b) = (placements(a, labels)?, placements(b, labels)?);
    let total = ensure_two_each(labels)?;
    let differences: Vec<i64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    let difference = mean(&differences, labels, total);
    let standard_error = variance(&differences, labels, total).sqrt();
    // Without any variance a difference is certain, and none is no evidence.
    let z = if difference.abs() > 0.0 { difference / standard_error } else { 0.0 };
    Ok(AucComparison {
        auc_a: mean(&a, labels, total),
        auc_b: mean(&b, labels, total),
        difference,
        standard_error,
        z,
        p_value: erfc(z.abs() / std::f64::consts::SQRT_2),
    })
}

fn ensure_two_each(labels: &[bool]) -> Result<Counts, MetricsError> {
    let positives = labels.iter().filter(|&&label| label).count() as u64;
    let total = Counts { positives, negatives: labels.len() as u64 - positives };
    total.ensure_both()?;
    for (label, n) in [(true, total.positives), (false, total.negatives)] {
        if n < 2 {
            return Err(MetricsError::TooFew { label, n, needed: 2 });
        }
    }
    Ok(total)
}

/// For every sample, twice the number of samples of the other class on the right side of it,
/// ties counting one.
fn placements(scores: &[f32], labels: &[bool]) -> Result<Vec<i64>, MetricsError> {
    ensure_scored(scores, labels)?;
    let mut order: Vec<(u32, usize)> = scores.iter().map(|&score| key(score)).zip(0..).collect();
    order.sort_unstable();
    let positives = labels.iter().filter(|&&label| label).count() as i64;
    let mut placements = vec![0; scores.len()];
    let (mut positives_below, mut negatives_below) = (0, 0);
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let tied_positives = tied.iter().filter(|&&(_, at)| labels[at]).count() as i64;
        let tied_negatives = tied.len() as i64 - tied_positives;
        let of_positive = 2 * negatives_below + tied_negatives;
        let of_negative = 2 * (positives - positives_below) - tied_positives;
        for &(_, at) in tied {
            placements[at] = if labels[at] { of_positive } else { of_negative };
        }
        positives_below += tied_positives;
        negatives_below += tied_negatives;
    }
    Ok(placements)
}

/// The mean share of pairs won: the area, or the difference of two.
fn mean(placements: &[i64], labels: &[bool], total: Counts) -> f64 {
    let positive = placements.iter().zip(labels).filter(|&(_, &label)| label);
    let won: i128 = positive.map(|(&placement, _)| i128::from(placement)).sum();
    let pairs = u128::from(total.positives) * u128::from(total.negatives);
    won as f64 / (2 * pairs) as f64
}

fn variance(placements: &[i64], labels: &[bool], total: Counts) -> f64 {
    let (mut sums, mut squares) = ([0_i128; 2], [0_i128; 2]);
    for (&placement, &label) in placements.iter().zip(labels) {
        let class = usize::from(label);
        sums[class] += i128::from(placement);
        squares[class] += i128::from(placement) * i128::from(placement);
    }
    let of_class = |class: usize, n: u64, n_other: u64| {
        let spread = i128::from(n) * squares[class] - sums[class] * sums[class];
        let (n, n_other) = (n as f64, n_other as f64);
        spread as f64 / (n * n * (n - 1.0)) / (4.0 * n_other * n_other)
    };
    of_class(1, total.positives, total.negatives) + of_class(0, total.negatives, total.positives)
}
