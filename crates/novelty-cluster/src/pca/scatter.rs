//! Products with the scatter matrix `X' X` of centred data, which is never formed.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::centred::Centred;

/// Samples a task, and samples a block at most.
const ROWS: usize = 64;
const MAX_BLOCK: usize = 256;
/// Features a task. A block lies in tiles so wide: no power of two, lest all its rows meet in the
/// same few places of the cache.
const TILE: usize = 496;
/// Bytes of samples a block.
const CACHE: usize = 8 << 20;
/// Samples whose products are summed in `f32`.
const FLUSH: usize = 512;

/// The data, and what every pass over it works in: allocated once.
pub(crate) struct Scatter<'d, 'x> {
    data: &'d Centred<'x>,
    /// Columns of the factor.
    l: usize,
    /// The factor, in tiles of as many features as those of the block.
    factor: Vec<f32>,
    block: Vec<f32>,
    coordinates: Vec<f32>,
    /// The product of the samples since the last flush, a feature after the other.
    recent: Vec<f32>,
    /// That of all samples before.
    image: Vec<f64>,
    /// The sum of the squares of the centred data, once known.
    trace: Option<f64>,
}

impl<'d, 'x> Scatter<'d, 'x> {
    /// For factors of `l` columns.
    pub(crate) fn new(data: &'d Centred<'x>, l: usize) -> Self {
        let (n, d) = data.x.dim();
        let rows = (CACHE / (size_of::<f32>() * d) / ROWS * ROWS).clamp(ROWS, MAX_BLOCK).min(n);
        Self {
            data,
            l,
            factor: vec![0.0; d * l],
            block: vec![0.0; rows * d],
            coordinates: vec![0.0; rows * l],
            recent: vec![0.0; d * l],
            image: vec![0.0; d * l],
            trace: None,
        }
    }

    /// The sum of the squares of the centred data.
    pub(crate) fn trace(&self) -> f64 {
        self.trace.unwrap_or_default()
    }

    /// `X' (X q)`, in one pass over the data.
    pub(crate) fn times(&mut self, q: MatRef<'_, f64>) -> Mat<f64> {
        let (n, d) = self.data.x.dim();
        self.cut(q);
        self.image.fill(0.0);
        self.recent.fill(0.0);
        let (rows, mut squares, mut since) = (self.block.len() / d, 0.0, 0);
        for first in (0..n).step_by(rows) {
            let range = first..(first + rows).min(n);
            since += range.len();
            squares += self.centre(range.clone());
            self.project(range.len());
            let is_full = since + rows > FLUSH || range.end == n;
            self.back_project(range.len(), is_full);
            since = if is_full { 0 } else { since };
        }
        self.trace.get_or_insert(squares);
        Mat::from_fn(d, self.l, |i, j| self.image[i * self.l + j])
    }

    /// Fills the block; the sum of its squares is taken in the first pass alone.
    fn centre(&mut self, range: Range<usize>) -> f64 {
        let block = &mut self.block[..range.len() * self.data.x.ncols()];
        self.data.tiles(range, TILE, self.trace.is_none(), block)
    }

    /// Cuts the factor as the blocks are cut.
    fn cut(&mut self, q: MatRef<'_, f64>) {
        let l = self.l;
        for (tile, values) in self.factor.chunks_mut(TILE * l).enumerate() {
            let width = values.len() / l;
            for (column, values) in values.chunks_exact_mut(width).enumerate() {
                let q = q.col(column).subrows(tile * TILE, width);
                values.iter_mut().zip(q.iter()).for_each(|(value, &q)| *value = q as f32);
            }
        }
    }

    /// The coordinates of the block.
    fn project(&mut self, n_rows: usize) {
        let (d, l) = (self.data.x.ncols(), self.l);
        let (block, factor) = (&self.block[..n_rows * d], &self.factor);
        let tasks = self.coordinates[..n_rows * l].par_chunks_mut(ROWS * l).enumerate();
        tasks.for_each(|(task, out)| {
            let rows = out.len() / l;
            let mut out = MatMut::from_row_major_slice_mut(out, rows, l);
            let tiles = block.chunks(n_rows * TILE).zip(factor.chunks(TILE * l)).enumerate();
            for (tile, (values, q)) in tiles {
                let width = values.len() / n_rows;
                let values = &values[task * ROWS * width..][..rows * width];
                let values = MatRef::from_row_major_slice(values, rows, width);
                let accum = if tile == 0 { Accum::Replace } else { Accum::Add };
                let q = MatRef::from_column_major_slice(q, width, l);
                matmul(out.as_mut(), accum, values, q, 1.0, Par::Seq);
            }
        });
    }

    /// Adds the block's part of the product.
    fn back_project(&mut self, n_rows: usize, is_full: bool) {
        let (d, l) = (self.data.x.ncols(), self.l);
        let coordinates = MatRef::from_row_major_slice(&self.coordinates[..n_rows * l], n_rows, l);
        let tiles = self.block[..n_rows * d].par_chunks(n_rows * TILE);
        let out = self.recent.par_chunks_mut(TILE * l).zip(self.image.par_chunks_mut(TILE * l));
        tiles.zip(out).for_each(|(values, (recent, image))| {
            let width = image.len() / l;
            let features = MatRef::from_row_major_slice(values, n_rows, width);
            let out = MatMut::from_column_major_slice_mut(recent, l, width);
            matmul(out, Accum::Add, coordinates.transpose(), features, 1.0, Par::Seq);
            if is_full {
                image.iter_mut().zip(&*recent).for_each(|(sum, &x)| *sum += f64::from(x));
                recent.fill(0.0);
            }
        });
    }
}
