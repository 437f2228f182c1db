use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::centred::Real;

/// Rows whose products are summed in the type of the rows.
const BLOCK: usize = 512;
/// Bytes of rows at a time: so many that threads seldom wait for each other.
const CACHE: usize = 8 << 20;
/// Columns of a tile. Rows are as long as a tile while they are multiplied: products of long rows
/// would have each number on another page.
const TILE: usize = 128;
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
    let at_once = n_rows.min(n_blocks * BLOCK);
    let (mut rows, mut tiles) = (vec![T::default(); at_once * size], Vec::new());
    tiles.resize(at_once * size, T::default());
    let mut squares = 0.0;
    for first in (0..n_rows).step_by(at_once) {
        let range = first..(first + at_once).min(n_rows);
        let tiles = Tiles { n_rows: range.len(), values: &mut tiles[..range.len() * size] };
        let rows = &mut rows[..tiles.values.len()];
        squares += fill(range, rows);
        let tiles = tiles.cut(rows, size);
        let panels = sums.par_chunks_mut(TILE * size).enumerate();
        panels.for_each_init(Vec::new, |products, (panel, sums)| {
            tiles.add_panel(panel, sums, products);
        });
    }
    let matrix = Mat::from_fn(size, size, |i, j| sums[i.min(j) * size + i.max(j)]);
    (matrix, squares)
}

/// Rows cut into tiles of [`TILE`] columns, each of which lies in one piece.
struct Tiles<'a, T> {
    n_rows: usize,
    values: &'a mut [T],
}

impl<'a, T: Real> Tiles<'a, T> {
    fn cut(self, rows: &[T], size: usize) -> Self {
        let tiles = self.values.par_chunks_mut(self.n_rows * TILE).enumerate();
        tiles.for_each(|(tile, values)| {
            let width = values.len() / self.n_rows;
            for (values, row) in values.chunks_exact_mut(width).zip(rows.chunks_exact(size)) {
                values.copy_from_slice(&row[tile * TILE..][..width]);
            }
        });
        self
    }

    /// Some rows of a tile.
    fn block(&self, tile: usize, rows: Range<usize>) -> MatRef<'_, T> {
        let first = tile * TILE * self.n_rows;
        let width = (self.values.len() - first).min(TILE * self.n_rows) / self.n_rows;
        let values = &self.values[first + rows.start * width..first + rows.end * width];
        MatRef::from_row_major_slice(values, rows.len(), width)
    }

    /// Adds the columns of a tile, from the diagonal down.
    fn add_panel(&self, panel: usize, sums: &mut [f64], products: &mut Vec<T>) {
        let size = self.values.len() / self.n_rows;
        for start in (0..self.n_rows).step_by(BLOCK) {
            let rows = start..(start + BLOCK).min(self.n_rows);
            let columns = self.block(panel, rows.clone());
            for tile in panel..size.div_ceil(TILE) {
                let below = self.block(tile, rows.clone()).transpose();
                products.resize(below.nrows() * columns.ncols(), T::default());
                let out =
                    MatMut::from_column_major_slice_mut(products, below.nrows(), columns.ncols());
                matmul(out, Accum::Replace, below, columns, T::round(1.0), Par::Seq);
                let products = products.chunks_exact(below.nrows());
                for (products, sums) in products.zip(sums.chunks_exact_mut(size)) {
                    let sums = sums[tile * TILE..].iter_mut().zip(products);
                    sums.for_each(|(sum, &product)| *sum += product.into());
                }
            }
        }
    }
}
