use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use super::centred::Real;

/// Rows a block.
const BLOCK: usize = 512;
/// Columns of the result that are one task.
const PANEL: usize = 64;
/// Products that are worth `f32`.
const MANY: f64 = 4e9;

/// What the Gram matrix is of: `n_rows` rows of `size` columns.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) n_rows: usize,
    pub(crate) size: usize,
}

impl Shape {
    /// Whether products in `f32`, summed in `f64` over at most [`BLOCK`] rows, are in order:
    /// they cost half as much, and about seven digits of the largest eigenvalue.
    pub(crate) fn is_large(self) -> bool {
        self.n_rows as f64 * (self.size as f64).powi(2) > MANY
    }
}

/// `B' B` for the rows that `fill` writes, and the sum of their squares; the upper triangle is
/// the mirror of the lower.
///
/// Only the lower half is computed, in panels of columns. Which thread computes a panel changes
/// no bit.
pub(crate) fn gram<T: Real>(
    Shape { n_rows, size }: Shape,
    fill: impl Fn(Range<usize>, &mut [T]) -> f64,
) -> (Mat<f64>, f64) {
    let mut sums = vec![0.0_f64; size * size];
    let mut block = vec![T::default(); BLOCK.min(n_rows) * size];
    let mut squares = 0.0;
    for first in (0..n_rows).step_by(BLOCK) {
        let rows = first..(first + BLOCK).min(n_rows);
        let block = &mut block[..rows.len() * size];
        squares += fill(rows.clone(), block);
        let block = MatRef::from_row_major_slice(&*block, rows.len(), size);
        sums.par_chunks_mut(PANEL * size).enumerate().for_each(|(panel, sums)| {
            add_panel(block, panel * PANEL, sums);
        });
    }
    let matrix = Mat::from_fn(size, size, |i, j| sums[i.min(j) * size + i.max(j)]);
    (matrix, squares)
}

/// Adds the columns from `first` on, from the diagonal down.
fn add_panel<T: Real>(block: MatRef<'_, T>, first: usize, sums: &mut [f64]) {
    let size = block.ncols();
    let n_columns = sums.len() / size;
    let below = block.subcols(first, size - first);
    let mut products = Mat::<T>::zeros(size - first, n_columns);
    let columns = block.subcols(first, n_columns);
    matmul(products.as_mut(), Accum::Replace, below.transpose(), columns, T::round(1.0), Par::Seq);
    for (column, sums) in sums.chunks_exact_mut(size).enumerate() {
        let products = products.col(column).iter();
        sums[first..].iter_mut().zip(products).for_each(|(sum, &product)| *sum += product.into());
    }
}
