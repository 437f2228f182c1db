//! Sums of a kernel over pairs of window samples, for many relabellings at once.
//!
//! A label is a bit. Four rows have sixteen sums; these are made once, and every relabelling adds
//! the one that its four bits name, where a matrix product would multiply four times. Arlazarov,
//! Dinic, Kronrod and Faradzhev, *On economical construction of the transitive closure of a directed
//! graph*, Soviet Mathematics Doklady, 1970.

use std::array;
use std::ops::{Add, Range};

use pulp::{Arch, Simd, WithSimd};

/// Samples whose labels are one word, and columns that are summed side by side.
pub(super) const GROUP: usize = 16;

/// Relabellings that are summed in one go: what they add to stays in the first-level cache.
const AT_ONCE: usize = 128;

/// A value a column, on cache lines of its own.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Lanes([f32; GROUP]);

const ZERO: Lanes = Lanes([0.0; GROUP]);

/// Which samples are the window, under each of many labellings.
pub(super) struct Labels {
    /// A word a group of samples and labelling; bit `i` is the label of the group's sample `i`.
    words: Vec<u16>,
    n_labellings: usize,
}

impl Labels {
    /// No sample is of the window yet.
    pub(super) fn new(n_samples: usize, n_labellings: usize) -> Self {
        Self { words: vec![0; n_samples.div_ceil(GROUP) * n_labellings], n_labellings }
    }

    pub(super) fn n_labellings(&self) -> usize {
        self.n_labellings
    }

    pub(super) fn set(&mut self, sample: usize, labelling: usize) {
        self.words[sample / GROUP * self.n_labellings + labelling] |= 1 << (sample % GROUP);
    }

    fn group(&self, group: usize) -> &[u16] {
        &self.words[group * self.n_labellings..][..self.n_labellings]
    }

    /// For every labelling, the sum of the window samples' values.
    pub(super) fn sums(&self, values: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.n_labellings];
        Arch::new().dispatch(|| {
            for (group, values) in values.chunks(GROUP).enumerate() {
                for (i, value) in values.iter().enumerate() {
                    for (sum, &word) in sums.iter_mut().zip(self.group(group)) {
                        let mask = u64::from(word >> i & 1).wrapping_neg();
                        *sum += f64::from_bits(value.to_bits() & mask);
                    }
                }
            }
        });
        sums
    }

    /// For every labelling, the sum of a block's values whose row and column are both of the
    /// window. Rows and columns begin at whole groups.
    pub(super) fn pair_sums(
        &self,
        block: &[f32],
        rows: &Range<usize>,
        columns: &Range<usize>,
    ) -> Vec<f64> {
        let mut sums = vec![0.0; self.n_labellings];
        let (first_row, first_column) = (rows.start / GROUP, columns.start / GROUP);
        Arch::new().dispatch(PairSums {
            labels: self,
            block,
            n_columns: columns.len(),
            first_row,
            first_column,
            sums: &mut sums,
        });
        sums
    }
}

struct PairSums<'a> {
    labels: &'a Labels,
    block: &'a [f32],
    n_columns: usize,
    /// The groups of the first row and of the first column.
    first_row: usize,
    first_column: usize,
    sums: &'a mut [f64],
}

impl WithSimd for PairSums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut below = [ZERO; AT_ONCE];
        let mut tables = [[ZERO; 16]; 4];
        for (strip, start) in (0..self.n_columns).step_by(GROUP).enumerate() {
            let of_columns = self.labels.group(self.first_column + strip);
            for first in (0..of_columns.len()).step_by(AT_ONCE) {
                let some = first..of_columns.len().min(first + AT_ONCE);
                let below = &mut below[..some.len()];
                below.fill(ZERO);
                let groups = self.block.chunks(GROUP * self.n_columns);
                for (group, rows) in groups.enumerate() {
                    tabulate(&mut tables, rows, self.n_columns, start);
                    let words = &self.labels.group(self.first_row + group)[some.clone()];
                    add_rows(below, words, &tables);
                }
                let sums = self.sums[some.clone()].iter_mut().zip(&of_columns[some]);
                for ((sum, &word), values) in sums.zip(below) {
                    *sum += f64::from(values.of_window(word));
                }
            }
        }
    }
}

/// For each four of sixteen rows, the sums of the sixteen choices among them, in the columns
/// from `start` on. Beyond the last row or column no sample is of a window.
#[inline(always)]
fn tabulate(tables: &mut [[Lanes; 16]; 4], rows: &[f32], n_columns: usize, start: usize) {
    let mut rows = rows.chunks_exact(n_columns);
    for table in tables {
        table[0] = ZERO;
        for bit in 0..4 {
            let row = rows.next().map_or(ZERO, |row| Lanes::of(&row[start..]));
            for without in 0..1 << bit {
                table[without | 1 << bit] = table[without] + row;
            }
        }
    }
}

/// Adds to each labelling's sums those of its rows.
#[inline(always)]
fn add_rows(below: &mut [Lanes], words: &[u16], [a, b, c, d]: &[[Lanes; 16]; 4]) {
    for (sums, &word) in below.iter_mut().zip(words) {
        let choice = |i: usize| usize::from(word >> (4 * i) & 15);
        *sums = *sums + ((a[choice(0)] + b[choice(1)]) + (c[choice(2)] + d[choice(3)]));
    }
}

impl Add for Lanes {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }
}

impl Lanes {
    /// The first values; 0 beyond the last.
    #[inline(always)]
    fn of(values: &[f32]) -> Self {
        let mut lanes = ZERO;
        match values.first_chunk() {
            Some(whole) => lanes.0 = *whole,
            None => lanes.0[..values.len()].copy_from_slice(values),
        }
        lanes
    }

    /// The sum of the columns that are of the window.
    #[inline(always)]
    fn of_window(&self, word: u16) -> f32 {
        // All ones or all zeros: a branch here is as good as never foreseen.
        let mask = |lane: usize| (u32::from(word) >> lane & 1).wrapping_neg();
        let mut kept: [f32; GROUP] =
            array::from_fn(|lane| f32::from_bits(self.0[lane].to_bits() & mask(lane)));
        let mut half = GROUP / 2;
        while half > 0 {
            let (left, right) = kept.split_at_mut(half);
            left.iter_mut().zip(right).for_each(|(left, right)| *left += *right);
            half /= 2;
        }
        kept[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_labelled_rows_and_columns() {
        // Sizes below, at and beyond a group; more labellings than are summed at once.
        for (n_rows, n_columns) in [(1, 1), (5, 3), (16, 16), (33, 47), (16, 17), (50, 32)] {
            let n_labellings = AT_ONCE + 3;
            let mut labels = Labels::new(64 + n_columns, n_labellings);
            let is_window = |sample: usize, labelling: usize| (sample * 7 + labelling * 13) % 5 < 2;
            for sample in (0..n_rows).chain(64..64 + n_columns) {
                for labelling in (0..n_labellings).filter(|&l| is_window(sample, l)) {
                    labels.set(sample, labelling);
                }
            }
            let value = |i: usize, j: usize| ((i * 31 + j * 17) % 23) as f32 / 4.0;
            let block: Vec<f32> =
                (0..n_rows * n_columns).map(|k| value(k / n_columns, k % n_columns)).collect();
            let sums = labels.pair_sums(&block, &(0..n_rows), &(64..64 + n_columns));
            let of_columns: Vec<f64> = (0..64 + n_columns).map(|j| j as f64).collect();
            let of_labels = labels.sums(&of_columns);
            for labelling in 0..n_labellings {
                let mut expected = 0.0;
                for i in (0..n_rows).filter(|&i| is_window(i, labelling)) {
                    for j in (0..n_columns).filter(|&j| is_window(64 + j, labelling)) {
                        expected += f64::from(value(i, j));
                    }
                }
                // Quarters are exact.
                assert_eq!(sums[labelling].to_bits(), expected.to_bits(), "{n_rows}, {n_columns}");
                let marked = (0..n_rows).chain(64..64 + n_columns);
                let expected: usize = marked.filter(|&s| is_window(s, labelling)).sum();
                assert_eq!(of_labels[labelling].to_bits(), (expected as f64).to_bits());
            }
        }
    }
}
