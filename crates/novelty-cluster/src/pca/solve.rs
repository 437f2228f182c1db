//! The principal directions of centred data.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use super::centred::Centred;
use super::eigen::Eigen;
use super::gram::{Shape, gram};
use super::lanczos::{Search, largest};
use super::scatter::Scatter;
use super::{PcaConfig, PcaSolver};
use crate::ClusterError;

/// Samples a task.
const ROWS: usize = 64;
/// Columns a block where an application costs little: the fewer, the fewer are needed in all.
const NARROW: usize = 16;

/// Directions as columns, the eigenvalues of the scatter matrix that belong to them, and its
/// trace.
pub(crate) struct Solution {
    pub(crate) directions: Mat<f64>,
    pub(crate) values: Vec<f64>,
    pub(crate) trace: f64,
}

impl Solution {
    /// Of the data, from that of the data times a power of two.
    fn unscaled(mut self, scale: f64) -> Self {
        let squared = scale * scale;
        self.values.iter_mut().for_each(|value| *value /= squared);
        self.trace /= squared;
        self
    }
}

pub(crate) fn solve(data: &Centred<'_>, config: &PcaConfig) -> Result<Solution, ClusterError> {
    let (n, d) = data.x.dim();
    let k = config.n_components;
    let block = k.saturating_add(config.n_oversamples);
    let is_small = n.min(d) <= 1000 || block.saturating_mul(5) > n.min(d);
    match config.solver {
        PcaSolver::Exact => exact(data, k, config.seed),
        PcaSolver::Auto if is_small => exact(data, k, config.seed),
        // A basis of three blocks must leave room in the whole space.
        PcaSolver::Randomized if block.saturating_mul(4) > n.min(d) => exact(data, k, config.seed),
        PcaSolver::Auto | PcaSolver::Randomized => randomized(data, config),
    }
}

fn exact(data: &Centred<'_>, k: usize, seed: u64) -> Result<Solution, ClusterError> {
    let (n, d) = data.x.dim();
    let is_tall = n >= d;
    let shape = if is_tall { Shape { n_rows: n, size: d } } else { Shape { n_rows: d, size: n } };
    let matrix = match (is_tall, shape.is_large()) {
        (true, true) => gram::<f32>(shape, |row, out| data.sample(row, out)),
        (true, false) => gram::<f64>(shape, |row, out| data.sample(row, out)),
        (false, true) => gram::<f32>(shape, |feature, out| data.feature(feature, out)),
        (false, false) => gram::<f64>(shape, |feature, out| data.feature(feature, out)),
    };
    let eigen = top(matrix.as_ref(), k, seed)?;
    let directions =
        if is_tall { eigen.vectors } else { through_samples(data, eigen.vectors.as_ref()) };
    Ok(Solution { directions, values: eigen.values, trace: trace(&matrix) }.unscaled(data.scale))
}

fn trace(matrix: &Mat<f64>) -> f64 {
    (0..matrix.nrows()).map(|at| matrix[(at, at)]).sum()
}

/// The `k` largest eigenvalues of a matrix: all of them are computed, unless few are wanted and
/// Lanczos finds those to the last digits.
pub(crate) fn top(matrix: MatRef<'_, f64>, k: usize, seed: u64) -> Result<Eigen, ClusterError> {
    let size = matrix.nrows();
    let kept = k + 8;
    if size > 256 && kept * 8 <= size {
        let search = Search {
            k,
            block: NARROW.min(kept),
            kept,
            max_basis: (size / 2).min(12 * kept),
            max_passes: 200,
            // An application costs less here than the eigenvalues of what it gave.
            growth: 1.25,
            tolerance: 1e-8,
            floor: 1e-3,
            seed,
        };
        let (eigen, is_done) = largest(size, &search, |q| apply(matrix, q))?;
        if is_done {
            return Ok(eigen);
        }
    }
    Ok(Eigen::of(matrix)?.truncated(k))
}

/// The product with a symmetric matrix, by panels of its rows.
fn apply(matrix: MatRef<'_, f64>, q: MatRef<'_, f64>) -> Mat<f64> {
    let (size, l) = (matrix.nrows(), q.ncols());
    let mut out = vec![0.0; size * l];
    out.par_chunks_mut(ROWS * l).enumerate().for_each(|(index, out)| {
        let n_rows = out.len() / l;
        let rows = matrix.subcols(index * ROWS, n_rows).transpose();
        let out = faer::MatMut::from_row_major_slice_mut(out, n_rows, l);
        matmul(out, Accum::Replace, rows, q, 1.0, Par::Seq);
    });
    Mat::from_fn(size, l, |i, j| out[i * l + j])
}

/// The directions `X' u` of eigenvectors `u` of the Gram matrix of the samples; not yet of unit
/// length.
fn through_samples(data: &Centred<'_>, vectors: MatRef<'_, f64>) -> Mat<f64> {
    let (n, d) = data.x.dim();
    let k = vectors.ncols();
    let features: Vec<usize> = (0..d).collect();
    let parts = features.par_chunks(ROWS).map(|features| {
        let mut block = vec![0.0_f64; features.len() * n];
        for (&feature, out) in features.iter().zip(block.chunks_exact_mut(n)) {
            data.feature(feature, out);
        }
        let block = MatRef::from_row_major_slice(&block, features.len(), n);
        let mut out = vec![0.0; features.len() * k];
        let view = faer::MatMut::from_row_major_slice_mut(&mut out, features.len(), k);
        matmul(view, Accum::Replace, block, vectors, 1.0, Par::Seq);
        out
    });
    let values = parts.collect::<Vec<_>>().concat();
    Mat::from_fn(d, k, |i, j| values[i * k + j])
}

fn randomized(data: &Centred<'_>, config: &PcaConfig) -> Result<Solution, ClusterError> {
    let (n, d) = data.x.dim();
    let kept = config.n_components + config.n_oversamples;
    // Fewer columns a pass are fewer in all, which is worth the passes that they add.
    let block = kept.div_ceil(3).next_multiple_of(NARROW).min(kept);
    // The basis takes no more than a twentieth of the memory of the data.
    let affordable = n * size_of::<f32>() / (20 * size_of::<f64>());
    let search = Search {
        k: config.n_components,
        block,
        kept,
        max_basis: affordable.clamp(kept + 2 * block, 6 * kept).min(n.min(d) - block),
        max_passes: config.max_passes,
        growth: 1.0,
        tolerance: config.tolerance,
        floor: 1e-4,
        seed: config.seed,
    };
    let mut scatter = Scatter::new(data, block);
    let (eigen, is_done) = largest(d, &search, |q| scatter.times(q))?;
    if !is_done {
        tracing::warn!(max_passes = config.max_passes, "the components are approximate");
    }
    let trace = scatter.trace();
    Ok(Solution { directions: eigen.vectors, values: eigen.values, trace }.unscaled(data.scale))
}

/// The same of a matrix whose rows need no centring: the directions of its rows.
pub(crate) fn of_rows(rows: MatRef<'_, f64>, k: usize) -> Result<Solution, ClusterError> {
    let (n, d) = (rows.nrows(), rows.ncols());
    let is_tall = n >= d;
    let side = if is_tall { rows } else { rows.transpose() };
    let shape = Shape { n_rows: side.nrows(), size: side.ncols() };
    let matrix = gram::<f64>(shape, |row, out| {
        out.iter_mut().zip(side.row(row).iter()).for_each(|(out, &value)| *out = value);
    });
    let eigen = top(matrix.as_ref(), k, 0)?;
    let directions =
        if is_tall { eigen.vectors } else { apply_rows(rows.transpose(), eigen.vectors.as_ref()) };
    Ok(Solution { directions, values: eigen.values, trace: trace(&matrix) })
}

fn apply_rows(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(a.nrows(), b.ncols());
    matmul(product.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
    product
}
