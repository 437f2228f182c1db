//! Rows laid out so that many distances from one row are computed at once.

use ndarray::{Array2, ArrayView2, Axis};
use pulp::{Arch, Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::exponential::exp_of_minus;

/// Rows a panel: two of the widest vector registers.
const LANES: usize = 32;

/// Rows in panels of 32, in each of which a feature's values stand side by side. The last panel is
/// filled up with zeros.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Panels {
    values: Vec<f32>,
    n_rows: usize,
}

impl Panels {
    pub(super) fn new(rows: ArrayView2<'_, f32>) -> Self {
        let (n_rows, n_features) = rows.dim();
        let mut values = vec![0.0; n_rows.div_ceil(LANES) * LANES * n_features];
        for (rows, panel) in rows
            .axis_chunks_iter(Axis(0), LANES)
            .zip(values.chunks_exact_mut((LANES * n_features).max(1)))
        {
            for (lane, row) in rows.outer_iter().enumerate() {
                row.iter().enumerate().for_each(|(j, &value)| panel[j * LANES + lane] = value);
            }
        }
        Self { values, n_rows }
    }

    /// The rows, as they came.
    pub(super) fn rows(&self, n_features: usize) -> Array2<f32> {
        Array2::from_shape_fn((self.n_rows, n_features), |(i, j)| {
            self.values[(i / LANES * n_features + j) * LANES + i % LANES]
        })
    }

    /// The Gaussian kernel of every row with one more, in order.
    pub(super) fn kernels(&self, row: &[f32], gamma: f32) -> Vec<f32> {
        let mut distances = Vec::with_capacity(self.n_rows.next_multiple_of(LANES));
        Arch::new().dispatch(Distances { panels: &self.values, row, distances: &mut distances });
        distances.truncate(self.n_rows);
        exp_of_minus(&mut distances, gamma);
        distances
    }
}

/// Squared distances from one row.
struct Distances<'a> {
    panels: &'a [f32],
    row: &'a [f32],
    distances: &'a mut Vec<f32>,
}

impl WithSimd for Distances<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for panel in self.panels.chunks_exact((LANES * self.row.len()).max(1)) {
            let mut sums = [0.0_f32; LANES];
            for (values, &x) in panel.chunks_exact(LANES).zip(self.row) {
                for (sum, &value) in sums.iter_mut().zip(values) {
                    let difference = value - x;
                    *sum += difference * difference;
                }
            }
            self.distances.extend_from_slice(&sums);
        }
    }
}

/// The squared distance of two rows.
pub(super) fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    const N: usize = 8;
    let mut sums = [0.0_f32; N];
    let (left, right) = (a.chunks_exact(N), b.chunks_exact(N));
    let rest = left.remainder().iter().zip(right.remainder());
    let rest: f32 = rest.map(|(x, y)| (x - y) * (x - y)).sum();
    for (x, y) in left.zip(right) {
        for i in 0..N {
            sums[i] += (x[i] - y[i]) * (x[i] - y[i]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_those_of_the_rows() {
        for (n, d) in [(1, 1), (31, 3), (32, 8), (70, 19)] {
            let rows = Array2::from_shape_fn((n, d), |(i, j)| ((i * 7 + j * 3) % 11) as f32 / 11.0);
            let row: Vec<f32> = (0..d).map(|j| (j % 5) as f32 / 5.0).collect();
            let panels = Panels::new(rows.view());
            assert_eq!(panels.rows(d), rows);
            let kernels = panels.kernels(&row, 0.3);
            assert_eq!(kernels.len(), n);
            for (other, kernel) in rows.outer_iter().zip(kernels) {
                let square: f64 =
                    other.iter().zip(&row).map(|(a, b)| f64::from(a - b).powi(2)).sum();
                assert!((f64::from(kernel) - (-0.3 * square).exp()).abs() < 1e-6);
                let distance = squared_distance(&other.to_vec(), &row);
                assert!((f64::from(distance) - square).abs() < 1e-5);
            }
        }
    }
}
