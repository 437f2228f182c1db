use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use novelty_core::{Features, InputError, ensure_finite};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use crate::DriftError;
use crate::error::ensure_at_least;

/// Checks a reference and keeps at most `limit` of its samples, drawn from `seed`.
pub(crate) fn keep_reference(
    reference: Features<'_>,
    limit: usize,
    seed: u64,
) -> Result<Array2<f32>, DriftError> {
    ensure_at_least("reference", 2, reference.nrows())?;
    check_values("reference", &reference)?;
    let n = reference.nrows();
    if n <= limit {
        return Ok(reference.to_owned());
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut kept = index::sample(&mut rng, n, limit).into_vec();
    kept.sort_unstable();
    Ok(reference.select(Axis(0), &kept))
}

/// Checks a window against the width of the reference.
pub(super) fn check_window(
    window: &Features<'_>,
    n_features: usize,
    needed: usize,
) -> Result<(), DriftError> {
    if window.ncols() != n_features {
        let (expected, got) = (vec![window.nrows(), n_features], window.shape().to_vec());
        return Err(InputError::Shape { place: "window", expected, got }.into());
    }
    ensure_at_least("window", needed, window.nrows())?;
    check_values("window", window)
}

fn check_values(place: &'static str, features: &Features<'_>) -> Result<(), DriftError> {
    if features.ncols() == 0 {
        return Err(InputError::Empty { place: "features" }.into());
    }
    Ok(ensure_finite(place, features)?)
}

/// One sample below the other; both have the same width.
pub(super) fn stack(upper: ArrayView2<'_, f32>, lower: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut rows = Array2::zeros((upper.nrows() + lower.nrows(), upper.ncols()));
    rows.slice_mut(s![..upper.nrows(), ..]).assign(&upper);
    rows.slice_mut(s![upper.nrows().., ..]).assign(&lower);
    rows
}

/// The product of two matrices, row by row in `out`. On one thread: blocks of it are made in
/// parallel.
pub(super) fn product(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>, out: &mut Vec<f32>) {
    let (n, m) = (a.nrows(), b.ncols());
    let (Some(left), Some(right)) = (as_faer(a), as_faer(b)) else {
        *out = a.dot(&b).iter().copied().collect();
        return;
    };
    out.resize(n * m, 0.0);
    let view = MatMut::from_row_major_slice_mut(out, n, m);
    matmul(view, Accum::Replace, left, right, 1.0, Par::Seq);
}

/// Where the values stand side by side, by rows or by columns.
fn as_faer(x: ArrayView2<'_, f32>) -> Option<MatRef<'_, f32>> {
    let (n, m) = x.dim();
    let by_rows = x.to_slice().map(|values| MatRef::from_row_major_slice(values, n, m));
    let by_columns = || x.reversed_axes().to_slice();
    by_rows.or_else(|| by_columns().map(|values| MatRef::from_column_major_slice(values, n, m)))
}

/// Reference and window in one array, with the squared length of every row: what distances by
/// matrix products need. Centred, which keeps their rounding small, and brought to a range of 1 by
/// a power of two, so that no square overflows or vanishes.
pub(crate) struct Pool {
    pub(super) rows: Array2<f32>,
    pub(super) squares: Array1<f32>,
    pub(super) n_reference: usize,
    /// What a distance of `rows` is to be multiplied by.
    pub(crate) unit: f64,
}

impl Pool {
    /// Both must have the same width.
    pub(crate) fn new(reference: ArrayView2<'_, f32>, window: ArrayView2<'_, f32>) -> Self {
        let n_reference = reference.nrows();
        let mut rows = stack(reference, window);
        let n = rows.nrows() as f64;
        // From the first value on, so that a constant column is all zeros.
        let centre = |column: ndarray::ArrayView1<'_, f32>| {
            let first = f64::from(column[0]);
            first + column.iter().map(|&x| f64::from(x) - first).sum::<f64>() / n
        };
        let means: Vec<f64> = rows.columns().into_iter().map(centre).collect();
        let mut largest = 0.0_f64;
        for row in rows.rows() {
            for (&x, mean) in row.iter().zip(&means) {
                largest = largest.max((f64::from(x) - mean).abs());
            }
        }
        let unit = if largest > 0.0 { largest.log2().ceil().exp2() } else { 1.0 };
        for mut row in rows.rows_mut() {
            row.iter_mut().zip(&means).for_each(|(x, mean)| {
                *x = ((f64::from(*x) - mean) / unit) as f32;
            });
        }
        let square = |row: ndarray::ArrayView1<'_, f32>| {
            row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() as f32
        };
        let squares = rows.rows().into_iter().map(square).collect();
        Self { rows, squares, n_reference, unit }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.nrows()
    }

    /// Whether all samples are the same.
    pub(crate) fn is_constant(&self) -> bool {
        self.squares.iter().all(|&square| square <= 0.0)
    }

    pub(super) fn n_window(&self) -> usize {
        self.len() - self.n_reference
    }

    /// The reference's rows.
    pub(super) fn reference(&self) -> ArrayView2<'_, f32> {
        self.rows.slice(s![..self.n_reference, ..])
    }

    /// The window's rows.
    pub(super) fn window(&self) -> ArrayView2<'_, f32> {
        self.rows.slice(s![self.n_reference.., ..])
    }

    /// The squared lengths of the rows.
    pub(super) fn lengths(&self) -> &[f32] {
        self.squares.as_slice().unwrap_or_default()
    }

    /// Scalar products between two ranges of rows.
    pub(super) fn products(&self, left: Range<usize>, right: Range<usize>, out: &mut Vec<f32>) {
        let (left, right) = (self.rows.slice(s![left, ..]), self.rows.slice(s![right, ..]));
        product(left, right.reversed_axes(), out);
    }

    /// Squared distances between two ranges of rows, not below 0, in squared units.
    pub(super) fn squared_distances(&self, left: Range<usize>, right: Range<usize>) -> Array2<f32> {
        let mut products = Vec::new();
        self.products(left.clone(), right.clone(), &mut products);
        let shape = (left.len(), right.len());
        // The length is that of the shape.
        let mut distances = Array2::from_shape_vec(shape, products).unwrap_or_default();
        let right_squares = self.squares.slice(s![right]);
        for (mut row, &square) in
            distances.rows_mut().into_iter().zip(&self.squares.slice(s![left]))
        {
            for (value, &other) in row.iter_mut().zip(&right_squares) {
                *value = (square + other - 2.0 * *value).max(0.0);
            }
        }
        distances
    }

    /// The median of the squared distances of distinct samples, in squared units, among at most 1,000 of the pool
    /// drawn from `seed` without regard to who is reference and who is window: a bandwidth that
    /// knew the labels would spoil the permutations. Where more than half of the samples are the
    /// same, so that the median is 0 but for rounding, the mean; 0 only if all are the same.
    pub(crate) fn median_squared_distance(&self, seed: u64) -> f64 {
        const AT_MOST: usize = 1000;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let n = self.len().min(AT_MOST);
        let drawn = index::sample(&mut rng, self.len(), n).into_vec();
        let rows = self.rows.select(Axis(0), &drawn);
        let squares: Vec<f32> = drawn.iter().map(|&i| self.squares[i]).collect();
        let products = rows.dot(&rows.t());
        let mut distances = Vec::with_capacity(n * (n - 1) / 2);
        for i in 0..n {
            for j in 0..i {
                distances.push((squares[i] + squares[j] - 2.0 * products[[i, j]]).max(0.0));
            }
        }
        let middle = distances.len() / 2;
        let mean = distances.iter().map(|&x| f64::from(x)).sum::<f64>() / distances.len() as f64;
        let median = f64::from(*distances.select_nth_unstable_by(middle, f32::total_cmp).1);
        if median > 1e-5 * mean { median } else { mean }
    }
}
