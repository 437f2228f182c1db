//! Products with the scatter matrix `X' X` of centred data, which is never formed.

use faer::{Mat, MatRef};
use rayon::prelude::*;

use super::centred::Centred;
use crate::products::{Inner, Outer, Real, inner, outer};

/// Samples a group: one task centres and projects them.
const GROUP: usize = 32;
/// Groups a block at most.
const MAX_GROUPS: usize = 8;
/// Features a task. A group lies in tiles so wide: no power of two, lest all its rows meet in the
/// same few places of the cache.
const TILE: usize = 248;
/// Bytes of samples a block.
const CACHE: usize = 8 << 20;
/// Samples whose products are summed in `f32`.
const FLUSH: usize = 1024;
/// Columns of the factor that are multiplied together, and what they are a multiple of.
const PANEL: usize = <f32 as Real>::WIDTH;
const THIRD: usize = PANEL / 3;

/// The data, and what every pass over it works in: allocated once.
pub(crate) struct Scatter<'d, 'x> {
    data: &'d Centred<'x>,
    /// Columns of the factor.
    l: usize,
    panels: Vec<Panel>,
    /// Groups of samples, each in tiles of features.
    block: Vec<f32>,
    /// The sum of the squares of the centred data, once known.
    trace: Option<f64>,
}

/// Some columns of the factor, and what comes of them.
struct Panel {
    /// Filled up with zeros.
    width: usize,
    factor: Vec<f32>,
    /// Of the samples of a block.
    coordinates: Vec<f32>,
    /// The product of the samples since the last flush.
    recent: Vec<f32>,
    /// That of all samples before.
    image: Vec<f64>,
}

/// What a block is filled with: samples from `first` on.
#[derive(Clone, Copy)]
struct Fill<'d, 'x> {
    data: &'d Centred<'x>,
    first: usize,
    /// Whether the sum of their squares is wanted.
    squares: bool,
}

impl<'d, 'x> Scatter<'d, 'x> {
    /// For factors of `l` columns.
    pub(crate) fn new(data: &'d Centred<'x>, l: usize) -> Self {
        let (n, d) = data.x.dim();
        let n_groups = (CACHE / (size_of::<f32>() * d * GROUP)).clamp(1, MAX_GROUPS);
        let rows = (n_groups * GROUP).min(n);
        let panel = |first: usize| {
            let width = (l - first).min(PANEL).next_multiple_of(THIRD);
            Panel {
                width,
                factor: vec![0.0; d * width],
                coordinates: vec![0.0; rows * width],
                recent: vec![0.0; d * width],
                image: vec![0.0; d * width],
            }
        };
        let panels = (0..l).step_by(PANEL).map(panel).collect();
        Self { data, l, panels, block: vec![0.0; rows * d], trace: None }
    }

    /// The sum of the squares of the centred data.
    pub(crate) fn trace(&self) -> f64 {
        self.trace.unwrap_or_default()
    }

    /// `X' (X q)`, in one pass over the data.
    pub(crate) fn times(&mut self, q: MatRef<'_, f64>) -> Mat<f64> {
        let (n, d) = self.data.x.dim();
        for (index, panel) in self.panels.iter_mut().enumerate() {
            panel.start(q.subcols(index * PANEL, PANEL.min(self.l - index * PANEL)));
        }
        let (rows, mut squares, mut since) = (self.block.len() / d, 0.0, 0);
        for first in (0..n).step_by(rows) {
            let n_rows = rows.min(n - first);
            since += n_rows;
            let is_full = since + rows > FLUSH || first + n_rows == n;
            let block = &mut self.block[..n_rows * d];
            for (index, panel) in self.panels.iter_mut().enumerate() {
                // The first finds the block empty.
                let fill = Fill { data: self.data, first, squares: self.trace.is_none() };
                squares += panel.project(block, d, (index == 0).then_some(fill));
                panel.back_project(block, d, is_full);
            }
            since = if is_full { 0 } else { since };
        }
        self.trace.get_or_insert(squares);
        Mat::from_fn(d, self.l, |i, j| {
            let panel = &self.panels[j / PANEL];
            panel.image[i * panel.width + j % PANEL]
        })
    }
}

impl Panel {
    fn start(&mut self, q: MatRef<'_, f64>) {
        for (lane, column) in q.col_iter().enumerate() {
            let values = self.factor[lane..].iter_mut().step_by(self.width);
            values.zip(column.iter()).for_each(|(value, &q)| *value = q as f32);
        }
        self.image.fill(0.0);
    }

    /// Takes the coordinates of a block, which is filled before if there is something to fill it
    /// with; the sum of its squares if that is wanted.
    fn project(&mut self, block: &mut [f32], d: usize, fill: Option<Fill<'_, '_>>) -> f64 {
        let Self { width, factor, coordinates, .. } = self;
        let width = *width;
        let groups = coordinates.par_chunks_mut(GROUP * width).zip(block.par_chunks_mut(GROUP * d));
        let sums = groups.enumerate().map(|(group, (out, rows))| {
            let n_rows = rows.len() / d;
            let sum = fill.map_or(0.0, |Fill { data, first, squares }| {
                let first = first + group * GROUP;
                data.tiles(first..first + n_rows, TILE, squares, rows)
            });
            let out = &mut out[..n_rows * width];
            out.fill(0.0);
            for (lanes, rows) in factor.chunks(TILE * width).zip(rows.chunks(TILE * n_rows)) {
                inner(Inner { lanes, width, rows, out });
            }
            sum
        });
        sums.collect::<Vec<_>>().iter().sum()
    }

    /// Adds a block's part of the product.
    fn back_project(&mut self, block: &[f32], d: usize, is_full: bool) {
        let Self { width, coordinates, recent, image, .. } = self;
        let width = *width;
        let whole = block.len() / (GROUP * d);
        let n_rows = block.len() / d;
        let (groups, rest) = block.split_at(whole * GROUP * d);
        let (lanes, last) = coordinates[..n_rows * width].split_at(whole * GROUP * width);
        let tiles = recent.par_chunks_mut(TILE * width).zip(image.par_chunks_mut(TILE * width));
        tiles.enumerate().for_each(|(tile, (recent, image))| {
            let stride = recent.len() / width;
            let mut add = |lanes, block: &[f32], group: usize| {
                let scalars = &block[tile * TILE * group..];
                let out = &mut *recent;
                let group_stride = group * d;
                outer(Outer {
                    lanes,
                    width,
                    scalars,
                    stride,
                    group_stride,
                    group,
                    out,
                    adds: true,
                });
            };
            if !groups.is_empty() {
                add(lanes, groups, GROUP);
            }
            if !rest.is_empty() {
                add(last, rest, n_rows % GROUP);
            }
            if is_full {
                image.iter_mut().zip(&*recent).for_each(|(sum, &x)| *sum += f64::from(x));
                recent.fill(0.0);
            }
        });
    }
}
