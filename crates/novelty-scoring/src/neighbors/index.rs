use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::candidates::Candidates;
use super::scorer::Distance;
use crate::features::{Rows, dot, squared_distance};

/// Reference rows that meet a block of queries in one matrix product.
const PANEL: usize = 1024;
/// Queries that one thread works on together.
const BLOCK: usize = 256;
/// The rounding unit of `f32`.
const UNIT: f32 = f32::EPSILON / 2.0;

/// A neighbour of a query: the reference row and its distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Neighbor {
    pub(crate) row: usize,
    pub(crate) distance: f64,
}

/// Reference rows, made ready to be searched.
///
/// Half the squared distance to all rows is `|a|^2 / 2 - a b` up to a constant of the query: one
/// matrix product in `f32`, on centred data. It is wrong by at most `(d + 8)` rounding units of
/// `|a| |b|` and some of the squares, whatever order the product is summed in. Every row that
/// could be among the nearest within that error is then measured in `f64` from the numbers as
/// they came. So the answer is exact, and does not depend on blocks, threads or the batch.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "super::saved::SavedIndex"))]
#[cfg_attr(feature = "serde", serde(into = "super::saved::SavedIndex"))]
pub(crate) struct NeighborIndex {
    pub(super) distance: Distance,
    pub(super) d: usize,
    /// As given, `n * d`.
    pub(super) rows: Vec<f32>,
    /// Lengths of the rows, for the cosine.
    lengths: Vec<f64>,
    /// What the products are of: centred rows, or rows of length one, in panels that go feature
    /// by feature.
    products: Vec<f32>,
    centre: Vec<f32>,
    half_norms: Vec<f32>,
    /// The longest row of each panel of `products`.
    panel_norms: Vec<f32>,
}

impl NeighborIndex {
    pub(crate) fn new(x: &Rows<'_>, distance: Distance) -> Self {
        let rows = x.as_slice().to_vec();
        let centre = match distance {
            Distance::Euclidean => x.mean().into_iter().map(|mean| mean as f32).collect(),
            Distance::Cosine => vec![0.0; x.d],
        };
        let mut index = Self {
            distance,
            d: x.d,
            rows,
            lengths: Vec::new(),
            products: Vec::new(),
            centre,
            half_norms: Vec::new(),
            panel_norms: Vec::new(),
        };
        index.products = index.prepared(&index.rows);
        index.lengths = index.rows.chunks_exact(index.d).map(|row| dot(row, row).sqrt()).collect();
        let norms: Vec<f64> =
            index.products.chunks_exact(index.d).map(|row| dot(row, row)).collect();
        index.half_norms = match distance {
            Distance::Euclidean => norms.iter().map(|norm| (norm / 2.0) as f32).collect(),
            // Also for a row of zeros, which has the distance 1 from everything.
            Distance::Cosine => vec![0.5; norms.len()],
        };
        index.products = by_feature(&index.products, index.d);
        index.panel_norms = norms
            .chunks(PANEL)
            .map(|norms| norms.iter().fold(0.0, |a: f64, &b| a.max(b)).sqrt() as f32)
            .collect();
        index
    }

    pub(crate) fn len(&self) -> usize {
        self.half_norms.len()
    }

    pub(crate) fn n_features(&self) -> usize {
        self.d
    }

    /// Centred, or of length one.
    fn prepared(&self, rows: &[f32]) -> Vec<f32> {
        let mut prepared = rows.to_vec();
        prepared.par_chunks_mut(self.d).for_each(|row| match self.distance {
            Distance::Euclidean => {
                row.iter_mut().zip(&self.centre).for_each(|(value, centre)| *value -= centre);
            }
            Distance::Cosine => {
                let length = dot(row, row).sqrt();
                if length > 0.0 {
                    row.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
                }
            }
        });
        prepared
    }

    /// The `k` nearest rows of each query, the nearest first; of equally near ones the first
    /// rows.
    pub(crate) fn nearest(&self, queries: &Rows<'_>, k: usize) -> Vec<Vec<Neighbor>> {
        self.search(queries.as_slice(), k, false)
    }

    /// The `k` nearest other rows of each row.
    pub(crate) fn nearest_of_rows(&self, k: usize) -> Vec<Vec<Neighbor>> {
        self.search(&self.rows, k, true)
    }

    fn search(&self, queries: &[f32], k: usize, skip_self: bool) -> Vec<Vec<Neighbor>> {
        let n_queries = queries.len() / self.d;
        if n_queries == 0 {
            return Vec::new();
        }
        let prepared = self.prepared(queries);
        let n_blocks = n_queries.div_ceil(BLOCK);
        let n_panels = self.panel_norms.len();
        // Few queries: the threads share the reference instead.
        let n_parts = (2 * rayon::current_num_threads()).div_ceil(n_blocks).clamp(1, n_panels);
        let per_part = n_panels.div_ceil(n_parts);
        let found: Vec<Vec<Candidates>> = (0..n_blocks * n_parts)
            .into_par_iter()
            .map(|task| {
                let (block, part) = (task / n_parts, task % n_parts);
                let panels = part * per_part..((part + 1) * per_part).min(n_panels);
                let first = block * BLOCK;
                let last = (first + BLOCK).min(n_queries);
                let queries = &prepared[first * self.d..last * self.d];
                self.candidates(queries, k, panels, skip_self.then_some(first))
            })
            .collect();
        let mut found = found.into_iter();
        let mut merged: Vec<Candidates> = Vec::with_capacity(n_queries);
        while let Some(mut block) = found.next() {
            for part in found.by_ref().take(n_parts - 1) {
                block.iter_mut().zip(part).for_each(|(all, part)| all.merge(part));
            }
            merged.extend(block);
        }
        let queries = queries.par_chunks_exact(self.d);
        queries.zip(merged).map(|(query, found)| self.refine(query, found, k)).collect()
    }

    /// What a block of queries finds in some panels. With `skip_from`, query `i` does not find
    /// row `skip_from + i`.
    fn candidates(
        &self,
        queries: &[f32],
        k: usize,
        panels: std::ops::Range<usize>,
        skip_from: Option<usize>,
    ) -> Vec<Candidates> {
        let n = queries.len() / self.d;
        let mut candidates: Vec<Candidates> = (0..n).map(|_| Candidates::new(k)).collect();
        let lengths: Vec<f32> =
            queries.chunks_exact(self.d).map(|query| dot(query, query).sqrt() as f32).collect();
        let mut dots = vec![0.0_f32; PANEL * n];
        for panel in panels {
            let rows = panel * PANEL..((panel + 1) * PANEL).min(self.len());
            let dots = &mut dots[..rows.len() * n];
            let products = &self.products[rows.start * self.d..rows.end * self.d];
            multiply(products, queries, self.d, dots);
            let half_norms = &self.half_norms[rows.clone()];
            for (i, dots) in dots.chunks_exact(rows.len()).enumerate() {
                let error = self.error(lengths[i], self.panel_norms[panel]);
                let skip = skip_from.map(|first| first + i);
                candidates[i].scan(rows.start, half_norms, dots, error, skip);
            }
        }
        candidates
    }

    /// How wrong half a squared distance can be; infinite where `f32` overflows, and then every
    /// row is a candidate.
    fn error(&self, query: f32, row: f32) -> f32 {
        let product = (self.d + 8) as f32 * UNIT * query * row;
        let squares = 4.0 * UNIT * (query + row) * (query + row);
        let error = 1.1 * (product + squares);
        if error.is_finite() { error } else { f32::INFINITY }
    }

    /// The exact distances of the candidates, the `k` smallest of them.
    fn refine(&self, query: &[f32], found: Candidates, k: usize) -> Vec<Neighbor> {
        let length = dot(query, query).sqrt();
        let mut neighbors: Vec<Neighbor> = found
            .into_rows()
            .into_iter()
            .map(|row| row as usize)
            .map(|row| Neighbor { row, distance: self.measure(query, length, row) })
            .collect();
        neighbors.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        neighbors.truncate(k);
        neighbors
    }

    fn measure(&self, query: &[f32], length: f64, row: usize) -> f64 {
        let values = &self.rows[row * self.d..(row + 1) * self.d];
        match self.distance {
            Distance::Euclidean => squared_distance(query, values).sqrt(),
            Distance::Cosine => {
                let lengths = length * self.lengths[row];
                if lengths > 0.0 { (1.0 - dot(query, values) / lengths).max(0.0) } else { 1.0 }
            }
        }
    }
}

/// The panels one after the other, each feature by feature: the order in which a product reads
/// its left side.
fn by_feature(rows: &[f32], d: usize) -> Vec<f32> {
    let mut turned = vec![0.0; rows.len()];
    let panels = turned.par_chunks_mut(PANEL * d).zip(rows.par_chunks(PANEL * d));
    panels.for_each(|(to, from)| {
        let n = from.len() / d;
        for (i, row) in from.chunks_exact(d).enumerate() {
            row.iter().enumerate().for_each(|(j, &value)| to[j * n + i] = value);
        }
    });
    turned
}

/// `dots[q * rows + r] = rows[r] . queries[q]`, for a panel of rows feature by feature.
fn multiply(rows: &[f32], queries: &[f32], d: usize, dots: &mut [f32]) {
    let (n_rows, n_queries) = (rows.len() / d, queries.len() / d);
    let rows = MatRef::from_column_major_slice(rows, n_rows, d);
    let queries = MatRef::from_column_major_slice(queries, d, n_queries);
    let dots = MatMut::from_column_major_slice_mut(dots, n_rows, n_queries);
    matmul(dots, Accum::Replace, rows, queries, 1.0, Par::Seq);
}
