use std::collections::BTreeMap;

use rayon::prelude::*;

use super::contingency::Contingency;

/// Below this share of the largest, probabilities no longer count.
const NEGLIGIBLE: f64 = 1e-25;

/// The mutual information that labellings of these cluster sizes have on average.
///
/// The overlap of two clusters is hypergeometric. Its probabilities are built by their
/// ratios, outwards from the mode, and normalised at the end: no factorial is needed, so
/// nothing cancels, and the work is the width of the distribution, not its range. Clusters
/// of equal size are computed once.
pub(crate) fn expected_mutual_information(table: &Contingency) -> f64 {
    let sizes = |sizes: &[u64]| {
        let mut counts = BTreeMap::new();
        sizes.iter().for_each(|&size| *counts.entry(size).or_insert(0_u64) += 1);
        counts.into_iter().collect::<Vec<_>>()
    };
    let (rows, columns) = (sizes(&table.truth), sizes(&table.predicted));
    let row_sum = |&(a, n_a): &(u64, u64)| -> f64 {
        let term = |&(b, n_b): &(u64, u64)| (n_a * n_b) as f64 * expected_term(a, b, table.n);
        columns.iter().map(term).sum()
    };
    rows.par_iter().map(row_sum).collect::<Vec<_>>().iter().sum()
}

/// `E[m/n ln(n m / (a b))]` for the overlap `m` of random clusters of `a` and `b` of `n`
/// samples.
fn expected_term(a: u64, b: u64, n: u64) -> f64 {
    let lowest = (a + b).saturating_sub(n);
    let highest = a.min(b);
    let mode = ((a + 1) as f64 * (b + 1) as f64 / (n + 2) as f64) as u64;
    let mode = mode.clamp(lowest, highest);
    let (a, b, n) = (a as f64, b as f64, n as f64);
    // P(m + 1) / P(m)
    let ratio = |m: f64| (a - m) * (b - m) / ((m + 1.0) * (n - a - b + m + 1.0));
    let value = |m: f64| if m > 0.0 { m / n * (n * m / (a * b)).ln() } else { 0.0 };
    let (mut total, mut sum) = (1.0, value(mode as f64));
    let mut add = |probability: f64, m: u64| {
        total += probability;
        sum += probability * value(m as f64);
    };
    let mut probability = 1.0;
    for m in mode..highest {
        probability *= ratio(m as f64);
        if probability < NEGLIGIBLE {
            break;
        }
        add(probability, m + 1);
    }
    probability = 1.0;
    for m in (lowest..mode).rev() {
        probability /= ratio(m as f64);
        if probability < NEGLIGIBLE {
            break;
        }
        add(probability, m);
    }
    sum / total
}
