//! How well two labellings of the same samples agree, whatever the labels are called.

mod contingency;
mod expected_information;

use crate::MetricsError;
use contingency::{Contingency, entropy};
use expected_information::expected_mutual_information;

/// The adjusted Rand index: the share of pairs of samples on which two labellings agree,
/// corrected for chance. 1 is the same clustering, 0 is chance, -0.5 the least.
///
/// `ARI = 2 (TP TN - FN FP) / ((TP + FN)(FN + TN) + (TP + FP)(FP + TN))` over pairs, counted
/// in integers and divided once. Symmetric. `O(n log n)`.
///
/// Source: Hubert and Arabie, Comparing partitions, Journal of Classification 2 (1985).
///
/// # Errors
/// If the lengths differ or there is no sample.
///
/// ```
/// use novelty_metrics::adjusted_rand_index;
///
/// assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[7, 7, 3, 3])?, 1.0);
/// assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1])?, -0.5);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn adjusted_rand_index(truth: &[usize], predicted: &[usize]) -> Result<f64, MetricsError> {
    let table = Contingency::new(truth, predicted)?;
    let ordered_pairs = |n: u64| u128::from(n) * u128::from(n.saturating_sub(1));
    let together: u128 = table.cells.iter().map(|&(_, _, count)| ordered_pairs(count)).sum();
    let in_truth: u128 = table.truth.iter().map(|&size| ordered_pairs(size)).sum();
    let in_predicted: u128 = table.predicted.iter().map(|&size| ordered_pairs(size)).sum();
    let only_truth = in_truth - together;
    let only_predicted = in_predicted - together;
    if only_truth == 0 && only_predicted == 0 {
        return Ok(1.0);
    }
    let apart = ordered_pairs(table.n) - in_truth - only_predicted;
    let (right, wrong) = (together * apart, only_truth * only_predicted);
    let numerator = if right >= wrong { (right - wrong) as f64 } else { -((wrong - right) as f64) };
    let denominator = in_truth * (only_truth + apart) + in_predicted * (only_predicted + apart);
    Ok(2.0 * numerator / denominator as f64)
}

/// The adjusted mutual information: what one labelling tells about the other, corrected for
/// chance. 1 is the same clustering, 0 is chance.
///
/// `AMI = (MI - E[MI]) / ((H(truth) + H(predicted)) / 2 - E[MI])`, with the expectation over
/// all labellings of the same cluster sizes. Prefer it to [`adjusted_rand_index`] when
/// clusters differ much in size. Symmetric. `O(n log n + r c s)` for `r` and `c` distinct
/// cluster sizes, and `s` the standard deviation of the overlap of two clusters.
///
/// Source: Vinh, Epps and Bailey, Information theoretic measures for clusterings comparison,
/// JMLR 11 (2010).
///
/// # Errors
/// If the lengths differ or there is no sample.
///
/// ```
/// use novelty_metrics::adjusted_mutual_information;
///
/// assert_eq!(adjusted_mutual_information(&[0, 0, 1, 1], &[7, 7, 3, 3])?, 1.0);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn adjusted_mutual_information(
    truth: &[usize],
    predicted: &[usize],
) -> Result<f64, MetricsError> {
    let table = Contingency::new(truth, predicted)?;
    match (table.truth.len(), table.predicted.len()) {
        (1, 1) => return Ok(1.0),
        (1, _) | (_, 1) => return Ok(0.0),
        _ => {}
    }
    let expected = expected_mutual_information(&table);
    let mean = (entropy(&table.truth, table.n) + entropy(&table.predicted, table.n)) / 2.0;
    // A perfect match of clusters that leave no choice is 0 / 0, up to rounding.
    let away_from_zero = |x: f64| x.abs().max(f64::EPSILON).copysign(x);
    let gained = table.mutual_information() - expected;
    Ok(away_from_zero(gained) / away_from_zero(mean - expected))
}

/// How pure clusters are, how whole classes are, and their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct VMeasure {
    /// `1 - H(truth | predicted) / H(truth)`: 1 if every cluster holds one class only.
    pub homogeneity: f64,
    /// `1 - H(predicted | truth) / H(predicted)`: 1 if every class is in one cluster only.
    pub completeness: f64,
    /// The harmonic mean of the two.
    pub v_measure: f64,
}

/// Homogeneity, completeness and V-measure of a clustering against true classes.
///
/// All lie in `[0, 1]`. They are not corrected for chance: many small clusters score well.
/// Use [`adjusted_mutual_information`] or [`adjusted_rand_index`] to compare clusterings of
/// different numbers of clusters. `O(n log n)`.
///
/// Source: Rosenberg and Hirschberg, V-Measure: a conditional entropy-based external cluster
/// evaluation measure, EMNLP (2007).
///
/// # Errors
/// If the lengths differ or there is no sample.
///
/// ```
/// let measure = novelty_metrics::v_measure(&[0, 0, 1, 1], &[0, 0, 1, 2])?;
/// assert!((measure.homogeneity - 1.0).abs() < 1e-15);
/// assert!((measure.completeness - 2.0 / 3.0).abs() < 1e-15);
/// assert!((measure.v_measure - 0.8).abs() < 1e-15);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn v_measure(truth: &[usize], predicted: &[usize]) -> Result<VMeasure, MetricsError> {
    let table = Contingency::new(truth, predicted)?;
    let shared = table.mutual_information();
    let share = |entropy: f64| if entropy > 0.0 { shared / entropy } else { 1.0 };
    let homogeneity = share(entropy(&table.truth, table.n));
    let completeness = share(entropy(&table.predicted, table.n));
    let sum = homogeneity + completeness;
    let v_measure = if sum > 0.0 { 2.0 * homogeneity * completeness / sum } else { 0.0 };
    Ok(VMeasure { homogeneity, completeness, v_measure })
}
