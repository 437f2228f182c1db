//! Two-sample statistics made of sums of a kernel over pairs, with their permutations, in memory
//! linear in the number of samples.
//!
//! With `p` the 0/1 vector that says which pooled samples are the window, the sums over pairs of
//! window samples, over mixed pairs and over reference pairs all follow from `p' K p`, `K p` and
//! `K 1`. The kernel matrix is made a block at a time and at once summed under the labels of all
//! permutations; then it is forgotten.

use std::ops::Range;

use novelty_core::DriftReport;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::label_sums::{GROUP, Labels};
use super::pool::Pool;
use crate::exponential::exp;
use crate::permutation::{Relabelling, bits, p_value, seed_of};
use crate::scores::{Permutations, TwoSample};

/// Rows and columns of a block, whole groups of labels: 1 MB of kernel.
const BLOCK: usize = 32 * GROUP;

/// A kernel of the squared distance of two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kernel {
    /// `exp(-gamma d^2)`.
    Gaussian { gamma: f32 },
    /// `-d`, whose maximum mean discrepancy is half the energy distance.
    NegativeDistance,
}

impl Kernel {
    /// The kernel of a sample with itself.
    fn diagonal(self) -> f64 {
        match self {
            Self::Gaussian { .. } => 1.0,
            Self::NegativeDistance => 0.0,
        }
    }
}

/// The unbiased estimate of the squared maximum mean discrepancy,
/// `mean k(w, w') + mean k(r, r') - 2 mean k(r, w)` over distinct samples, and its p-value; 0 and 1
/// where all samples are the same.
pub(super) fn discrepancy(pool: &Pool, kernel: Kernel, permutations: Permutations) -> TwoSample {
    if pool.is_constant() {
        return TwoSample { statistic: 0.0, p_value: 1.0 };
    }
    let seed = seed_of(permutations.seed, bits(pool.window()));
    let permutations = Permutations { seed, ..permutations };
    let labels = labels(pool, permutations);
    let sums = pair_sums(pool, kernel, &labels);
    let statistics: Vec<f64> = sums.iter().map(|sums| unbiased(*sums, pool, kernel)).collect();
    let p_value = p_value(statistics[0], &statistics[1..], permutations.seed);
    TwoSample { statistic: statistics[0], p_value }
}

/// The report of a discrepancy: its effect is the discrepancy itself, not its square.
pub(super) fn report(test: TwoSample, significance: f64) -> DriftReport {
    DriftReport::from_p_value(test.statistic, test.p_value, significance)
        .with_effect(test.statistic.max(0.0).sqrt())
}

/// Which samples are the window: labelling 0 as they came, then one a permutation.
fn labels(pool: &Pool, permutations: Permutations) -> Labels {
    let mut labels = Labels::new(pool.len(), permutations.n + 1);
    (pool.n_reference..pool.len()).for_each(|sample| labels.set(sample, 0));
    let numbers: Vec<usize> = (0..permutations.n).collect();
    // A few at a time, so that those drawn do not pile up.
    for some in numbers.chunks(64) {
        let drawn: Vec<Vec<u32>> = some
            .par_iter()
            .map_init(
                || Relabelling::new(pool.len(), pool.n_window()),
                |relabelling, &number| relabelling.draw(permutations.seed, number as u64).to_vec(),
            )
            .collect();
        for (number, window) in some.iter().zip(drawn) {
            window.into_iter().for_each(|sample| labels.set(sample as usize, number + 1));
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
fn pair_sums(pool: &Pool, kernel: Kernel, labels: &Labels) -> Vec<PairSums> {
    let n_blocks = pool.len().div_ceil(BLOCK);
    let range = |block: usize| block * BLOCK..pool.len().min((block + 1) * BLOCK);
    let pairs: Vec<(usize, usize)> =
        (0..n_blocks).flat_map(|i| (i..n_blocks).map(move |j| (i, j))).collect();
    // Of pairs of window samples for every labelling, and of all pairs of a sample.
    let mut window = vec![0.0; labels.n_labellings()];
    let mut totals = vec![0.0; pool.len()];
    let add = |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
    // A few blocks at a time, so that their sums do not pile up.
    for some in pairs.chunks(16) {
        let parts: Vec<BlockSums> = some
            .par_iter()
            .map_init(Vec::new, |block, &(i, j)| {
                block_sums(pool, kernel, labels, [range(i), range(j)], block)
            })
            .collect();
        for (&(i, j), part) in some.iter().zip(&parts) {
            add(&mut window, &part.window);
            add(&mut totals[range(i)], &part.rows);
            if i != j {
                add(&mut totals[range(j)], &part.columns);
            }
        }
    }
    let total: f64 = totals.iter().sum();
    let of_window = labels.sums(&totals);
    let sums = window.into_iter().zip(of_window);
    // A window sample's pairs are those within the window and the mixed ones.
    sums.map(|(window, of_window)| PairSums { window, mixed: of_window - window, total }).collect()
}

/// What one block, and its mirror image, adds.
struct BlockSums {
    /// Over pairs of window samples, for every labelling.
    window: Vec<f64>,
    rows: Vec<f64>,
    columns: Vec<f64>,
}

fn block_sums(
    pool: &Pool,
    kernel: Kernel,
    labels: &Labels,
    [rows, columns]: [Range<usize>; 2],
    block: &mut Vec<f32>,
) -> BlockSums {
    let is_diagonal = rows == columns;
    pool.products(rows.clone(), columns.clone(), block);
    let mut totals = Totals { rows: vec![0.0; rows.len()], columns: vec![0.0; columns.len()] };
    Arch::new().dispatch(Finish {
        block,
        left: &pool.lengths()[rows.clone()],
        right: &pool.lengths()[columns.clone()],
        kernel,
        diagonal: is_diagonal.then(|| kernel.diagonal() as f32),
        totals: &mut totals,
    });
    let mut window = labels.pair_sums(block, &rows, &columns);
    let mirror = if is_diagonal { 1.0 } else { 2.0 };
    window.iter_mut().for_each(|sum| *sum *= mirror);
    let columns = totals.columns.into_iter().map(f64::from).collect();
    BlockSums { window, rows: totals.rows, columns }
}

/// The sums of a block's rows and columns.
struct Totals {
    rows: Vec<f64>,
    columns: Vec<f32>,
}

/// Makes kernels of a block of products, and sums them while they are in cache.
struct Finish<'a> {
    block: &'a mut [f32],
    left: &'a [f32],
    right: &'a [f32],
    kernel: Kernel,
    /// What the diagonal is, where rows and columns are the same samples.
    diagonal: Option<f32>,
    totals: &'a mut Totals,
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let rows = self.block.chunks_exact_mut(self.right.len().max(1));
        for (i, (row, &square)) in rows.zip(self.left).enumerate() {
            let distances = row.iter_mut().zip(self.right);
            match self.kernel {
                Kernel::Gaussian { gamma } => {
                    for (value, &other) in distances {
                        let distance = (square + other - 2.0 * *value).max(0.0);
                        *value = exp(-gamma * distance, !S::IS_SCALAR);
                    }
                }
                Kernel::NegativeDistance => {
                    for (value, &other) in distances {
                        *value = -(square + other - 2.0 * *value).max(0.0).sqrt();
                    }
                }
            }
            if let Some(diagonal) = self.diagonal {
                row[i] = diagonal;
            }
            for (total, &value) in self.totals.columns.iter_mut().zip(&*row) {
                *total += value;
            }
            self.totals.rows[i] = sum(row);
        }
    }
}

/// In sixteen sums, which need not wait for each other.
#[inline(always)]
fn sum(values: &[f32]) -> f64 {
    let mut sums = [0.0_f64; 16];
    let chunks = values.chunks_exact(sums.len());
    let rest: f64 = chunks.remainder().iter().map(|&value| f64::from(value)).sum();
    for chunk in chunks {
        for i in 0..16 {
            sums[i] += f64::from(chunk[i]);
        }
    }
    sums.iter().sum::<f64>() + rest
}
