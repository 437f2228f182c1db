use std::error::Error;

use ndarray::{Array1, ArrayBase, Axis, CowArray, Data, Ix4};
use novelty_core::{Images, InputError, Reconstruct, Score, ensure_finite, ensure_same_shape};
use rayon::prelude::*;
use thiserror::Error;

/// Why images could not be scored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScoringError<E: Error + 'static> {
    /// The images, or what the model made of them, are unusable.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The model failed.
    #[error("the model failed")]
    Model(#[source] E),
}

/// How the difference of two pixels counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PixelError {
    /// Its square: few large errors weigh more than many small ones.
    Squared,
    /// Its size: all errors weigh by how large they are.
    Absolute,
}

/// Scores an image by how badly a model redraws it.
///
/// The score is the mean over channels and pixels of the squared or absolute difference,
/// `mean((x - model(x))^2)` or `mean(|x - model(x)|)`: 0 is perfect, and for images in `[0, 1]`
/// neither exceeds 1. It works with any [`Reconstruct`], owned or borrowed.
///
/// Japkowicz, Myers and Gluck, *A Novelty Detection Approach to Classification*, IJCAI 1995.
#[derive(Debug, Clone)]
pub struct ReconstructionError<M> {
    model: M,
    error: PixelError,
}

impl<M: Reconstruct> ReconstructionError<M> {
    /// The mean squared error of `model`.
    pub fn mse(model: M) -> Self {
        Self { model, error: PixelError::Squared }
    }

    /// The mean absolute error of `model`.
    pub fn mae(model: M) -> Self {
        Self { model, error: PixelError::Absolute }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }
}

impl<M: Reconstruct> Score<Images<'_>> for ReconstructionError<M> {
    type Error = ScoringError<M::Error>;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, Self::Error> {
        let redrawn = self.model.reconstruct(images).map_err(ScoringError::Model)?;
        Ok(mean_error(images, redrawn.view(), self.error)?)
    }
}

/// The mean squared difference of each pair of images, `mean((x - y)^2)`.
///
/// # Errors
/// If the shapes differ, an image has no pixel, or a value is not finite.
pub fn mean_squared_error(x: Images<'_>, y: Images<'_>) -> Result<Array1<f32>, InputError> {
    mean_error(x, y, PixelError::Squared)
}

/// The mean absolute difference of each pair of images, `mean(|x - y|)`.
///
/// # Errors
/// As [`mean_squared_error`].
pub fn mean_absolute_error(x: Images<'_>, y: Images<'_>) -> Result<Array1<f32>, InputError> {
    mean_error(x, y, PixelError::Absolute)
}

fn mean_error(x: Images<'_>, y: Images<'_>, error: PixelError) -> Result<Array1<f32>, InputError> {
    ensure_same_shape("reconstruction", &y, &x)?;
    let n = x.len_of(Axis(0));
    if n == 0 {
        return Ok(Array1::zeros(0));
    }
    let pixels = x.len() / n;
    if pixels == 0 {
        return Err(InputError::Empty { place: "image" });
    }
    let (x, y) = (row_major(&x), row_major(&y));
    let (rows_x, rows_y) = (slice(&x), slice(&y));
    let rows = rows_x.par_chunks(pixels).zip(rows_y.par_chunks(pixels));
    let scores: Array1<f32> = rows
        .map(|(x, y)| {
            let sum = match error {
                PixelError::Squared => sum_of(x, y, |d| d * d),
                PixelError::Absolute => sum_of(x, y, f32::abs),
            };
            (sum / pixels as f64) as f32
        })
        .collect::<Vec<_>>()
        .into();
    // A bad pixel makes its image's sum bad, so that the sums need looking at only.
    if ensure_finite("scores", &scores).is_err() {
        ensure_finite("images", &x)?;
        ensure_finite("reconstruction", &y)?;
        ensure_finite("scores", &scores)?;
    }
    Ok(scores)
}

/// Eight sums side by side: one alone would wait for each addition, and its order would forbid
/// the compiler to use vector registers.
fn sum_of(x: &[f32], y: &[f32], cost: impl Fn(f32) -> f32) -> f64 {
    let (x_blocks, x_rest) = x.as_chunks::<8>();
    let (y_blocks, y_rest) = y.as_chunks::<8>();
    let mut lanes = [0.0_f64; 8];
    for (x, y) in x_blocks.iter().zip(y_blocks) {
        for i in 0..8 {
            lanes[i] += f64::from(cost(x[i] - y[i]));
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| f64::from(cost(x - y))).sum();
    lanes.iter().sum::<f64>() + rest
}

fn row_major<'a, S: Data<Elem = f32>>(images: &'a ArrayBase<S, Ix4>) -> CowArray<'a, f32, Ix4> {
    images.as_standard_layout()
}

fn slice<'a>(images: &'a CowArray<'_, f32, Ix4>) -> &'a [f32] {
    images.as_slice().unwrap_or_default()
}
