use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::centred::Real;

/// Rows whose products are summed in the type of the rows.
const BLOCK: usize = 512;
/// Bytes of rows at a time: so many that threads seldom wait for each other.
const CACHE: usize = 8 << 20;
/// Columns of the result that are one task.
const PANEL: usize = 128;
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
    let n_blocks = (CACHE / (size_of::<T>() * size * BLOCK)).max(1);
    let mut rows = vec![T::default(); n_rows.min(n_blocks * BLOCK) * size];
    let mut squares = 0.0;
    for first in (0..n_rows).step_by(n_blocks * BLOCK) {
        let range = first..(first + n_blocks * BLOCK).min(n_rows);
        let rows = &mut rows[..range.len() * size];
        squares += fill(range, rows);
        let rows = &*rows;
        let panels = sums.par_chunks_mut(PANEL * size).enumerate();
        panels.for_each_init(Vec::new, |products, (panel, sums)| {
            for block in rows.chunks(BLOCK * size) {
                let block = MatRef::from_row_major_slice(block, block.len() / size, size);
                add_panel(block, panel * PANEL, sums, products);
            }
        });
    }
    let matrix = Mat::from_fn(size, size, |i, j| sums[i.min(j) * size + i.max(j)]);
    (matrix, squares)
}

/// Adds the columns from `first` on, from the diagonal down.
fn add_panel<T: Real>(block: MatRef<'_, T>, first: usize, sums: &mut [f64], products: &mut Vec<T>) {
    let size = block.ncols();
    let (n_below, n_columns) = (size - first, sums.len() / size);
    products.resize(n_below * n_columns, T::default());
    let view = MatMut::from_column_major_slice_mut(products, n_below, n_columns);
    let (below, columns) = (block.subcols(first, n_below), block.subcols(first, n_columns));
    matmul(view, Accum::Replace, below.transpose(), columns, T::round(1.0), Par::Seq);
    for (products, sums) in products.chunks_exact(n_below).zip(sums.chunks_exact_mut(size)) {
        sums[first..].iter_mut().zip(products).for_each(|(sum, &product)| *sum += product.into());
    }
}
