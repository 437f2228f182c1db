use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1};
use novelty_core::{Features, InputError, ensure_finite};
use rayon::prelude::*;

use super::Solution;
use crate::ClusterError;

/// Samples that are transformed together. A last block is filled up, for a product may round
/// otherwise for another number of rows, and no sample may depend on its batch.
const BLOCK: usize = 64;
/// Variances below this share of the largest are rounding.
const NO_VARIANCE: f64 = 1e-14;

/// A fitted [`PcaConfig`](crate::PcaConfig): transforms features to components and back.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "super::saved::SavedPca"))]
pub struct Pca {
    pub(super) mean: Array1<f64>,
    pub(super) components: Array2<f64>,
    pub(super) variance: Array1<f64>,
    pub(super) total_variance: f64,
    pub(super) n_samples: usize,
    pub(super) is_whitened: bool,
}

impl Pca {
    pub(super) fn new(
        mean: Array1<f64>,
        solution: Solution,
        n_samples: usize,
        is_whitened: bool,
    ) -> Self {
        let Solution { directions, values, trace } = solution;
        let shape = (values.len(), directions.nrows());
        let mut components = Array2::from_shape_fn(shape, |(i, j)| directions[(j, i)]);
        components.outer_iter_mut().for_each(normalise);
        let scale = 1.0 / (n_samples - 1) as f64;
        let variance = values.iter().map(|value| value.max(0.0) * scale).collect();
        Self { mean, components, variance, total_variance: trace * scale, n_samples, is_whitened }
    }

    /// The mean of each feature.
    #[must_use]
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// The directions, `(n_components, n_features)`, by falling variance.
    #[must_use]
    pub fn components(&self) -> ArrayView2<'_, f64> {
        self.components.view()
    }

    /// The variance along each direction (divided by `n_samples - 1`).
    #[must_use]
    pub fn explained_variance(&self) -> &Array1<f64> {
        &self.variance
    }

    /// The singular values of the centred data: `sqrt((n_samples - 1) variance)`.
    #[must_use]
    pub fn singular_values(&self) -> Array1<f64> {
        self.variance.mapv(|variance| (variance * (self.n_samples - 1) as f64).sqrt())
    }

    /// The share of the whole variance along each direction; all zero for constant data.
    #[must_use]
    pub fn explained_variance_ratio(&self) -> Array1<f64> {
        if self.total_variance > 0.0 {
            &self.variance / self.total_variance
        } else {
            Array1::zeros(self.variance.len())
        }
    }

    /// The coordinates of each sample along the directions, `(n_samples, n_components)`; of
    /// variance 1 each if the configuration says `whiten`, or 0 where there is no variance.
    ///
    /// # Errors
    /// If `x` has another number of features, or is not finite.
    pub fn transform(&self, x: Features<'_>) -> Result<Array2<f32>, ClusterError> {
        self.check("features", &x, self.mean.len())?;
        let scale = self.scale();
        let axes = Array2::from_shape_fn(self.components.dim(), |(i, j)| {
            if scale[i] > 0.0 { self.components[[i, j]] / scale[i] } else { 0.0 }
        });
        let centred =
            |row: usize, feature: usize| f64::from(x[[row, feature]]) - self.mean[feature];
        Ok(products(x.nrows(), as_faer(&axes).transpose(), centred, &[]))
    }

    /// The samples that lie at the given coordinates, `(n_samples, n_features)`.
    ///
    /// # Errors
    /// If `z` does not have one column a component, or is not finite.
    pub fn inverse_transform(&self, z: Features<'_>) -> Result<Array2<f32>, ClusterError> {
        self.check("coordinates", &z, self.components.nrows())?;
        let scale = self.scale();
        let scaled = |row: usize, at: usize| f64::from(z[[row, at]]) * scale[at];
        let mean = self.mean.as_slice().unwrap_or_default();
        Ok(products(z.nrows(), as_faer(&self.components), scaled, mean))
    }

    /// What coordinates are divided by.
    fn scale(&self) -> Vec<f64> {
        let limit = NO_VARIANCE * self.variance.iter().copied().fold(0.0, f64::max);
        let of = |&variance: &f64| match self.is_whitened {
            false => 1.0,
            true if variance > limit => variance.sqrt(),
            true => 0.0,
        };
        self.variance.iter().map(of).collect()
    }

    fn check(
        &self,
        place: &'static str,
        x: &Features<'_>,
        n_columns: usize,
    ) -> Result<(), InputError> {
        if x.ncols() != n_columns {
            let expected = vec![x.nrows(), n_columns];
            return Err(InputError::Shape { place, expected, got: x.shape().to_vec() });
        }
        ensure_finite(place, x)
    }
}

/// Rows times a matrix, plus an offset (or none), a block at a time.
fn products(
    n_rows: usize,
    matrix: MatRef<'_, f64>,
    entry: impl Fn(usize, usize) -> f64 + Sync,
    offset: &[f64],
) -> Array2<f32> {
    let (width, n_columns) = (matrix.nrows(), matrix.ncols());
    let mut out = Array2::<f32>::zeros((n_rows, n_columns));
    let values = out.as_slice_mut().unwrap_or_default();
    values.par_chunks_mut((BLOCK * n_columns).max(1)).enumerate().for_each(|(index, out)| {
        let mut rows = vec![0.0_f64; BLOCK * width];
        for (row, values) in rows.chunks_exact_mut(width).take(out.len() / n_columns).enumerate() {
            let at = index * BLOCK + row;
            values.iter_mut().enumerate().for_each(|(feature, value)| *value = entry(at, feature));
        }
        let mut product = vec![0.0_f64; BLOCK * n_columns];
        let rows = MatRef::from_row_major_slice(&rows, BLOCK, width);
        let view = MatMut::from_row_major_slice_mut(&mut product, BLOCK, n_columns);
        matmul(view, Accum::Replace, rows, matrix, 1.0, Par::Seq);
        for (at, (out, value)) in out.iter_mut().zip(product).enumerate() {
            *out = (value + offset.get(at % n_columns).copied().unwrap_or(0.0)) as f32;
        }
    });
    out
}

/// Unit length, and the largest entry positive. A direction of no variance stays zero.
fn normalise(mut direction: ArrayViewMut1<'_, f64>) {
    let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
    let largest =
        direction.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
    if norm > 0.0 {
        direction /= norm.copysign(largest);
    }
}

fn as_faer(x: &Array2<f64>) -> MatRef<'_, f64> {
    let values = x.as_slice().unwrap_or_default();
    MatRef::from_row_major_slice(values, x.nrows(), x.ncols())
}
