use std::ops::Range;

use faer::Mat;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::centred::Real;

/// Rows whose products are summed in the type of the rows.
const BLOCK: usize = 512;
/// Bytes of rows at a time: so many that threads seldom wait for each other.
const CACHE: usize = 8 << 20;
/// Columns of a tile. Rows are as long as a tile while they are multiplied: products of long rows
/// would have each number on another page.
const TILE: usize = 192;
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
/// Only the lower half is computed, tile by tile. Which thread computes a tile changes no bit.
pub(crate) fn gram<T: Real>(
    Shape { n_rows, size }: Shape,
    fill: impl Fn(Range<usize>, &mut [T]) -> f64,
) -> (Mat<f64>, f64) {
    let n_tiles = size.div_ceil(TILE);
    let pairs: Vec<(usize, usize)> =
        (0..n_tiles).flat_map(|left| (left..n_tiles).map(move |right| (left, right))).collect();
    let mut sums = vec![0.0_f64; pairs.len() * TILE * TILE];
    let n_blocks = (CACHE / (size_of::<T>() * size * BLOCK)).max(1);
    let at_once = n_rows.min(n_blocks * BLOCK);
    let mut rows = vec![T::default(); at_once * size];
    let mut tiles = rows.clone();
    let mut squares = 0.0;
    for first in (0..n_rows).step_by(at_once) {
        let range = first..(first + at_once).min(n_rows);
        let tiles = Tiles { n_rows: range.len(), values: &mut tiles[..range.len() * size] };
        let rows = &mut rows[..tiles.values.len()];
        squares += fill(range, rows);
        let tiles = tiles.cut(rows, size);
        let tasks = sums.par_chunks_mut(TILE * TILE).zip(&pairs).with_max_len(1);
        tasks.for_each_init(Vec::new, |products, (sums, &(left, right))| {
            tiles.add_products(left, right, sums, products);
        });
    }
    let matrix = Mat::from_fn(size, size, |i, j| {
        let (i, j) = (i.min(j), i.max(j));
        let (left, right) = (i / TILE, j / TILE);
        let pair = left * n_tiles - left * (left + 1) / 2 + right;
        let width = TILE.min(size - right * TILE);
        sums[pair * TILE * TILE + i % TILE * width + j % TILE]
    });
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
    fn block(&self, tile: usize, rows: Range<usize>) -> &[T] {
        let first = tile * TILE * self.n_rows;
        let width = (self.values.len() - first).min(TILE * self.n_rows) / self.n_rows;
        &self.values[first + rows.start * width..first + rows.end * width]
    }

    /// Adds the products of two tiles.
    fn add_products(&self, left: usize, right: usize, sums: &mut [f64], products: &mut Vec<T>) {
        for start in (0..self.n_rows).step_by(BLOCK) {
            let rows = start..(start + BLOCK).min(self.n_rows);
            let (a, b) = (self.block(left, rows.clone()), self.block(right, rows.clone()));
            products.resize(a.len() / rows.len() * (b.len() / rows.len()), T::default());
            product(a, b, rows.len(), products);
            let sums = sums.iter_mut().zip(&*products);
            sums.for_each(|(sum, &product)| *sum += product.into());
        }
    }
}

/// `a' b`, row by row; `a` and `b` have so many rows. Both are small: there ndarray's product is
/// quicker than faer's.
fn product<T: Real>(a: &[T], b: &[T], n_rows: usize, out: &mut [T]) {
    let shape = |values: &[T]| (n_rows, values.len() / n_rows);
    let out_shape = (shape(a).1, shape(b).1);
    let a = ArrayView2::from_shape(shape(a), a);
    let b = ArrayView2::from_shape(shape(b), b);
    let out = ArrayViewMut2::from_shape(out_shape, out);
    if let (Ok(a), Ok(b), Ok(mut out)) = (a, b, out) {
        general_mat_mul(T::round(1.0), &a.t(), &b, T::round(0.0), &mut out);
    }
}
