//! Two-sample statistics made of sums of a kernel over pairs, with their permutations, in memory
//! linear in the number of samples.
//!
//! With `p` the 0/1 vector that says which pooled samples are the window, the sums over pairs of
//! window samples, over mixed pairs and over reference pairs all follow from `p' K p`, `K p` and
//! `K 1`. The kernel matrix is made a block at a time and at once multiplied with the vectors of
//! all permutations, as one matrix product; then it is forgotten.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, s};
use novelty_core::DriftReport;
use rayon::prelude::*;

use super::pool::Pool;
use crate::exponential::exp_of_minus;
use crate::permutation::{Relabelling, bits, p_value, seed_of};
use crate::scores::{Permutations, TwoSample};

/// Rows and columns of a block: 1 MB of kernel.
const BLOCK: usize = 512;

/// A kernel of the squared distance of two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kernel {
    /// `exp(-gamma d^2)`.
    Gaussian { gamma: f32 },
    /// `-d`, whose maximum mean discrepancy is half the energy distance.
    NegativeDistance,
}

impl Kernel {
    fn apply(self, squared_distances: &mut [f32]) {
        match self {
            Self::Gaussian { gamma } => exp_of_minus(squared_distances, gamma),
            Self::NegativeDistance => {
                for value in squared_distances {
                    *value = -value.sqrt();
                }
            }
        }
    }

    /// The kernel of a sample with itself.
    fn diagonal(self) -> f64 {
        match self {
            Self::Gaussian { .. } => 1.0,
            Self::NegativeDistance => 0.0,
        }
    }
}

/// The unbiased estimate of the squared maximum mean discrepancy,
/// `mean k(w, w') + mean k(r, r') - 2 mean k(r, w)` over distinct samples, and its p-value.
pub(super) fn discrepancy(pool: &Pool, kernel: Kernel, permutations: Permutations) -> TwoSample {
    let seed = seed_of(permutations.seed, bits(pool.window()));
    let permutations = Permutations { seed, ..permutations };
    let labels = labels(pool, permutations);
    let sums = pair_sums(pool, kernel, labels.view());
    let statistics: Vec<f64> = sums.iter().map(|sums| unbiased(*sums, pool, kernel)).collect();
    let p_value = p_value(statistics[0], &statistics[1..], permutations.seed);
    TwoSample { statistic: statistics[0], p_value }
}

/// The report of a discrepancy: its effect is the discrepancy itself, not its square.
pub(super) fn report(test: TwoSample, significance: f64) -> DriftReport {
    DriftReport::from_p_value(test.statistic, test.p_value, significance)
        .with_effect(test.statistic.max(0.0).sqrt())
}

/// Which samples are the window: column 0 as they came, then one column a permutation.
fn labels(pool: &Pool, permutations: Permutations) -> Array2<f32> {
    let mut labels = Array2::zeros((pool.len(), permutations.n + 1));
    labels.slice_mut(s![pool.n_reference.., 0]).fill(1.0);
    let mut relabelling = Relabelling::new(pool.len(), pool.n_window());
    for number in 0..permutations.n {
        for &i in relabelling.draw(permutations.seed, number as u64) {
            labels[[i as usize, number + 1]] = 1.0;
        }
    }
    labels
}

/// Sums of the kernel over ordered pairs, a sample with itself included.
#[derive(Debug, Clone, Copy, Default)]
struct PairSums {
    window: f64,
    mixed: f64,
    total: f64,
}

fn unbiased(sums: PairSums, pool: &Pool, kernel: Kernel) -> f64 {
    let (n, m) = (pool.n_reference as f64, pool.n_window() as f64);
    let window = sums.window - m * kernel.diagonal();
    let reference = sums.total - sums.window - 2.0 * sums.mixed - n * kernel.diagonal();
    window / (m * (m - 1.0)) + reference / (n * (n - 1.0)) - 2.0 * sums.mixed / (n * m)
}

/// The sums of every labelling. Blocks are added in one order whatever the number of threads.
fn pair_sums(pool: &Pool, kernel: Kernel, labels: ArrayView2<'_, f32>) -> Vec<PairSums> {
    let n_blocks = pool.len().div_ceil(BLOCK);
    let range = |block: usize| block * BLOCK..pool.len().min((block + 1) * BLOCK);
    let pairs: Vec<(usize, usize)> =
        (0..n_blocks).flat_map(|i| (i..n_blocks).map(move |j| (i, j))).collect();
    let mut sums = vec![PairSums::default(); labels.ncols()];
    // A few blocks at a time, so that their sums do not pile up.
    for some in pairs.chunks(16) {
        let parts: Vec<Vec<PairSums>> = some
            .par_iter()
            .map(|&(i, j)| block_sums(pool, kernel, labels, range(i), range(j)))
            .collect();
        for part in parts {
            for (sum, part) in sums.iter_mut().zip(part) {
                sum.window += part.window;
                sum.mixed += part.mixed;
                sum.total += part.total;
            }
        }
    }
    sums
}

/// What one block, and its mirror image, adds.
fn block_sums(
    pool: &Pool,
    kernel: Kernel,
    labels: ArrayView2<'_, f32>,
    rows: Range<usize>,
    columns: Range<usize>,
) -> Vec<PairSums> {
    let is_diagonal = rows == columns;
    let mut block = pool.squared_distances(rows.clone(), columns.clone());
    if is_diagonal {
        block.diag_mut().fill(0.0);
    }
    if let Some(values) = block.as_slice_mut() {
        kernel.apply(values);
    }
    let row_totals: Vec<f64> =
        block.rows().into_iter().map(|row| row.iter().map(|&k| f64::from(k)).sum()).collect();
    let of_window = block.dot(&labels.slice(s![columns.clone(), ..]));
    let column_totals = block.sum_axis(ndarray::Axis(0));
    let total: f64 = row_totals.iter().sum();
    let left = labels.slice(s![rows, ..]);
    let right = labels.slice(s![columns, ..]);
    let mut window = vec![0.0_f64; labels.ncols()];
    let mut from_left = vec![0.0_f64; labels.ncols()];
    for ((sums, labels), &total) in of_window.rows().into_iter().zip(left.rows()).zip(&row_totals) {
        for (b, (&sum, &label)) in sums.iter().zip(labels).enumerate() {
            window[b] += f64::from(sum * label);
            from_left[b] += total * f64::from(label);
        }
    }
    let mut from_right = vec![0.0_f64; labels.ncols()];
    for (labels, &total) in right.rows().into_iter().zip(&column_totals) {
        for (sum, &label) in from_right.iter_mut().zip(labels) {
            *sum += f64::from(total) * f64::from(label);
        }
    }
    let mirror = if is_diagonal { 1.0 } else { 2.0 };
    let sums = window.iter().zip(from_left.iter().zip(&from_right));
    sums.map(|(&window, (&left, &right))| {
        // Pairs with a window sample on the left and a reference sample on the right, and back;
        // halved, as the mirror image counts them once more.
        let mixed = 0.5 * (left + right - 2.0 * window);
        PairSums { window: mirror * window, mixed: mirror * mixed, total: mirror * total }
    })
    .collect()
}
