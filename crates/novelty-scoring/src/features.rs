//! Feature vectors as the scorers need them: checked, and one after the other in memory.

use ndarray::{Array1, CowArray, Ix2};
use novelty_core::{Features, InputError, ensure_finite};

use crate::ScoringError;

/// Rows that are worked on together. It is fixed, so that the bits do not depend on threads.
pub(crate) const BLOCK: usize = 128;

/// Feature vectors in row-major order.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    values: CowArray<'a, f32, Ix2>,
    pub(crate) n: usize,
    pub(crate) d: usize,
}

impl<'a> Rows<'a> {
    /// Features to score, which must have `d` columns.
    pub(crate) fn to_score(x: &'a Features<'_>, d: usize) -> Result<Self, InputError> {
        let n = x.nrows();
        if x.ncols() != d {
            let (expected, got) = (vec![n, d], x.shape().to_vec());
            return Err(InputError::Shape { place: "features", expected, got });
        }
        ensure_finite("features", x)?;
        Ok(Self { values: x.as_standard_layout(), n, d })
    }

    /// Features to fit to, which must be `needed` samples at least.
    pub(crate) fn to_fit(x: &'a Features<'_>, needed: usize) -> Result<Self, ScoringError> {
        let (n_samples, d) = x.dim();
        if d == 0 || n_samples == 0 {
            return Err(InputError::Empty { place: "features" }.into());
        }
        if n_samples < needed {
            let place = "reference samples";
            return Err(ScoringError::TooFewSamples { place, n_samples, needed });
        }
        Ok(Self::to_score(x, d)?)
    }

    pub(crate) fn as_slice(&self) -> &[f32] {
        self.values.as_slice().unwrap_or_default()
    }

    pub(crate) fn row(&self, i: usize) -> &[f32] {
        &self.as_slice()[i * self.d..(i + 1) * self.d]
    }

    /// The mean of each feature.
    pub(crate) fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0_f64; self.d];
        for row in self.as_slice().chunks_exact(self.d) {
            mean.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        mean.iter_mut().for_each(|sum| *sum /= self.n as f64);
        mean
    }
}

/// Scores as `f32`.
///
/// # Errors
/// If one of them is too large for it.
pub(crate) fn finite_scores(scores: Vec<f64>) -> Result<Array1<f32>, InputError> {
    let scores: Array1<f32> = scores.into_iter().map(|score| score as f32).collect();
    ensure_finite("scores", &scores)?;
    Ok(scores)
}

/// The squared Euclidean distance, exact up to the rounding of `f64`. The lanes are fixed, so
/// that every machine gets the same bits.
pub(crate) fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    summed(a, b, |a, b| (a - b) * (a - b))
}

/// The inner product, exact up to the rounding of `f64`.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    summed(a, b, |a, b| a * b)
}

fn summed(a: &[f32], b: &[f32], of: impl Fn(f64, f64) -> f64) -> f64 {
    const LANES: usize = 8;
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0_f64; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for i in 0..LANES {
            lanes[i] += of(f64::from(a[i]), f64::from(b[i]));
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(&a, &b)| of(f64::from(a), f64::from(b))).sum();
    lanes.iter().sum::<f64>() + rest
}
