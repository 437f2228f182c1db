use faer::Mat;
use rayon::prelude::*;

use crate::products::{Outer, Real, outer};

/// Rows whose products are summed in the type of the rows.
const CHUNK: usize = 512;
/// Chunks at a time: so many that threads seldom wait for each other.
const CHUNKS: usize = 4;
/// Products that are worth `f32`.
const MANY: f64 = 4e9;

/// What the Gram matrix is of: `n_rows` rows of `size` columns.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) n_rows: usize,
    pub(crate) size: usize,
}

impl Shape {
    /// Whether products in `f32`, summed in `f64` over at most [`CHUNK`] rows, are in order:
    /// they cost half as much, and about seven digits of the largest eigenvalue.
    pub(crate) fn is_large(self) -> bool {
        self.n_rows as f64 * (self.size as f64).powi(2) > MANY
    }
}

/// `B' B` for the rows that `fill` writes, one at a time. The upper triangle is the mirror of the
/// lower.
///
/// Only half of it is computed, tile by tile. Which thread computes a tile changes no bit.
pub(crate) fn gram<T: Real>(
    Shape { n_rows, size }: Shape,
    fill: impl Fn(usize, &mut [T]) + Sync,
) -> Mat<f64> {
    let mut tiles = Tile::<T>::half(size);
    let padded = size.next_multiple_of(T::WIDTH);
    let mut panels = vec![T::default(); n_rows.min(CHUNKS * CHUNK) * padded];
    for first in (0..n_rows).step_by(CHUNKS * CHUNK) {
        let at_once = (n_rows - first).min(CHUNKS * CHUNK);
        let panels = &mut panels[..at_once * padded];
        let chunks = panels.par_chunks_mut(CHUNK * padded).enumerate();
        chunks.for_each(|(chunk, panels)| {
            let first = first + chunk * CHUNK;
            cut(panels, (size, padded), |row, out| fill(first + row, out));
        });
        tiles.par_iter_mut().with_max_len(1).for_each(|tile| {
            panels.chunks(CHUNK * padded).for_each(|panels| tile.add(panels, padded));
        });
    }
    assemble(size, &tiles)
}

/// Writes a chunk of rows in panels, each row by row: one after the other.
fn cut<T: Real>(panels: &mut [T], (size, padded): (usize, usize), fill: impl Fn(usize, &mut [T])) {
    let n_rows = panels.len() / padded;
    let mut row = vec![T::default(); padded];
    for at in 0..n_rows {
        fill(at, &mut row[..size]);
        let panels = panels.chunks_exact_mut(n_rows * T::WIDTH);
        for (panel, values) in panels.zip(row.chunks_exact(T::WIDTH)) {
            panel[at * T::WIDTH..][..T::WIDTH].copy_from_slice(values);
        }
    }
}

/// The products of two panels.
struct Tile<T> {
    left: usize,
    right: usize,
    /// A row for each column of the right panel.
    sums: Vec<f64>,
    /// Those of one chunk.
    products: Vec<T>,
}

impl<T: Real> Tile<T> {
    /// All on one side of the diagonal.
    fn half(size: usize) -> Vec<Self> {
        let n_panels = size.div_ceil(T::WIDTH);
        let pairs = (0..n_panels).flat_map(|left| (left..n_panels).map(move |right| (left, right)));
        let tile = |(left, right)| {
            let n = T::WIDTH.min(size - right * T::WIDTH) * T::WIDTH;
            Self { left, right, sums: vec![0.0; n], products: vec![T::default(); n] }
        };
        pairs.map(tile).collect()
    }

    /// Adds the products of one chunk.
    fn add(&mut self, panels: &[T], padded: usize) {
        let length = panels.len() / padded * T::WIDTH;
        let panel = |at: usize| &panels[at * length..][..length];
        outer(Outer {
            lanes: panel(self.left),
            width: T::WIDTH,
            scalars: panel(self.right),
            stride: T::WIDTH,
            group_stride: length,
            group: length / T::WIDTH,
            out: &mut self.products,
            adds: false,
        });
        let sums = self.sums.iter_mut().zip(&self.products);
        sums.for_each(|(sum, &product)| *sum += product.into());
    }
}

fn assemble<T: Real>(size: usize, tiles: &[Tile<T>]) -> Mat<f64> {
    let mut matrix = Mat::zeros(size, size);
    for tile in tiles {
        for (column, sums) in tile.sums.chunks_exact(T::WIDTH).enumerate() {
            let column = tile.right * T::WIDTH + column;
            let rows = tile.left * T::WIDTH..size.min((tile.left + 1) * T::WIDTH);
            for (row, &sum) in rows.zip(sums) {
                matrix[(row, column)] = sum;
                matrix[(column, row)] = sum;
            }
        }
    }
    matrix
}
