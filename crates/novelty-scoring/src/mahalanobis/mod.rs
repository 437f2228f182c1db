#[cfg(feature = "serde")]
mod saved;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};
use ndarray::Array1;
use novelty_core::{Features, Fit, InputError, Score};
use rayon::prelude::*;

use crate::ScoringError;
use crate::features::{BLOCK, Rows, finite_scores};

/// How much of the covariance is replaced by a multiple of the identity.
///
/// The covariance used is `(1 - s) S + s m I`, where `S` is the empirical one (divided by `n`)
/// and `m` the mean of its diagonal. With `s > 0` it can always be inverted, also with fewer
/// samples than features.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Shrinkage {
    /// The share that is best in mean square, estimated from the data. Ledoit and Wolf, *A
    /// Well-Conditioned Estimator for Large-Dimensional Covariance Matrices*, 2004.
    #[default]
    LedoitWolf,
    /// A share, in `0..=1`. With 0, directions in which the reference does not vary are left
    /// out (the pseudo-inverse), so that what deviates in them only is not seen.
    Fixed(f64),
}

/// Scores by the Mahalanobis distance, `sqrt((x - mean)' C^-1 (x - mean))`: the distance from
/// the mean in units of how far the reference spreads in that direction.
///
/// It costs `n d min(n, d)` to fit, and `d min(n, d)` a sample to score: with fewer samples than
/// features the eigenvectors come from the smaller Gram matrix, and no `d` by `d` matrix is
/// made.
///
/// Mahalanobis, *On the Generalised Distance in Statistics*, 1936. For the features of a network
/// as in Lee, Lee, Lee and Shin, *A Simple Unified Framework for Detecting Out-of-Distribution
/// Samples and Adversarial Attacks*, 2018.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MahalanobisConfig {
    /// How the covariance is regularised; [`Shrinkage::LedoitWolf`] by default.
    pub shrinkage: Shrinkage,
}

impl MahalanobisConfig {
    /// Ledoit and Wolf's shrinkage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How the covariance is regularised.
    #[must_use]
    pub fn shrinkage(mut self, shrinkage: Shrinkage) -> Self {
        self.shrinkage = shrinkage;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If the share is outside `0..=1`.
    pub fn validate(&self) -> Result<(), InputError> {
        match self.shrinkage {
            Shrinkage::Fixed(share) if !(0.0..=1.0).contains(&share) => {
                Err(InputError::setting("shrinkage", share, "in 0..=1"))
            }
            _ => Ok(()),
        }
    }
}

impl Fit<Features<'_>> for MahalanobisConfig {
    type Fitted = Mahalanobis;
    type Error = ScoringError;

    fn fit(&self, x: Features<'_>) -> Result<Mahalanobis, ScoringError> {
        self.validate()?;
        let rows = Rows::to_fit(&x, 2)?;
        let mean = rows.mean();
        let centred = Mat::from_fn(rows.n, rows.d, |i, j| f64::from(rows.row(i)[j]) - mean[j]);
        let moments = Moments::of(centred.as_ref());
        if moments.mean_variance <= 0.0 {
            return Err(ScoringError::NoSpread { place: "reference samples" });
        }
        let shrinkage = match self.shrinkage {
            Shrinkage::LedoitWolf => moments.ledoit_wolf(),
            Shrinkage::Fixed(share) => share,
        };
        let floor = shrinkage * moments.mean_variance;
        let (directions, values) = spectrum(centred.as_ref(), moments.gram.as_ref(), floor)?;
        let weights =
            values.iter().map(|value| 1.0 / ((1.0 - shrinkage) * value + floor)).collect();
        Ok(Mahalanobis { mean, directions, weights, floor, shrinkage })
    }
}

/// What both the shrinkage and the spectrum are made of.
struct Moments {
    /// The smaller of `X'X / n` and `X X' / n`, for centred `X`.
    gram: Mat<f64>,
    n: usize,
    d: usize,
    mean_variance: f64,
    /// The mean of `|x|^4`.
    fourth: f64,
}

impl Moments {
    fn of(x: MatRef<'_, f64>) -> Self {
        let (n, d) = (x.nrows(), x.ncols());
        let side = if n >= d { x.transpose() } else { x };
        let mut gram = Mat::zeros(side.nrows(), side.nrows());
        let scale = 1.0 / n as f64;
        matmul(gram.as_mut(), Accum::Replace, side, side.transpose(), scale, Par::rayon(0));
        let squares = x.row_iter().map(|row| row.squared_norm_l2());
        let (mut total, mut fourth) = (0.0, 0.0);
        for square in squares {
            total += square;
            fourth += square * square;
        }
        let mean_variance = total / (n * d) as f64;
        Self { gram, n, d, mean_variance, fourth: fourth / n as f64 }
    }

    /// Ledoit and Wolf's share, as scikit-learn computes it.
    fn ledoit_wolf(&self) -> f64 {
        let d = self.d as f64;
        // Both Gram matrices have the same sum of squares, that of the covariance.
        let squares = self.gram.squared_norm_l2();
        let beta = (self.fourth - squares) / (self.n as f64 * d);
        let delta = squares / d - self.mean_variance * self.mean_variance;
        let beta = beta.min(delta);
        if beta > 0.0 { beta / delta } else { 0.0 }
    }
}

/// Orthonormal directions as columns and the variances along them. Without a floor those of no
/// variance are left out.
fn spectrum(
    x: MatRef<'_, f64>,
    gram: MatRef<'_, f64>,
    floor: f64,
) -> Result<(Mat<f64>, Vec<f64>), ScoringError> {
    let (n, d) = (x.nrows(), x.ncols());
    let size = gram.nrows();
    let eigen =
        gram.self_adjoint_eigen(Side::Lower).map_err(|_| ScoringError::NoConvergence { size })?;
    let values = eigen.S().column_vector();
    let largest = values.iter().copied().fold(0.0, f64::max);
    let smallest = largest * n.max(d) as f64 * f64::EPSILON;
    let is_tall = n >= d;
    // A direction of the samples' own has no length without variance.
    let keep = |i: &usize| values[*i] > smallest || (is_tall && floor > 0.0);
    let kept: Vec<usize> = (0..size).filter(keep).collect();
    let vectors = Mat::from_fn(size, kept.len(), |row, i| eigen.U()[(row, kept[i])]);
    let variances: Vec<f64> = kept.iter().map(|&i| values[i].max(0.0)).collect();
    if is_tall {
        return Ok((vectors, variances));
    }
    let mut directions = Mat::zeros(d, kept.len());
    let product = (x.transpose(), vectors.as_ref());
    matmul(directions.as_mut(), Accum::Replace, product.0, product.1, 1.0, Par::rayon(0));
    for (i, variance) in variances.iter().enumerate() {
        let length = (variance * n as f64).sqrt();
        directions.col_mut(i).iter_mut().for_each(|value| *value /= length);
    }
    Ok((directions, variances))
}

/// A fitted [`MahalanobisConfig`].
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "saved::SavedMahalanobis"))]
#[cfg_attr(feature = "serde", serde(into = "saved::SavedMahalanobis"))]
pub struct Mahalanobis {
    mean: Vec<f64>,
    /// Orthonormal columns, `d` rows.
    directions: Mat<f64>,
    /// The inverse variance along each.
    weights: Vec<f64>,
    /// The variance in all other directions; 0 if they do not count.
    floor: f64,
    shrinkage: f64,
}

impl Mahalanobis {
    /// The share of the covariance that was replaced.
    #[must_use]
    pub fn shrinkage(&self) -> f64 {
        self.shrinkage
    }

    /// The mean of each feature.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    fn score_block(&self, rows: &[f32]) -> Vec<f64> {
        let d = self.mean.len();
        let n = rows.len() / d;
        let centred: Vec<f64> = rows
            .chunks_exact(d)
            .flat_map(|row| row.iter().zip(&self.mean).map(|(&x, mean)| f64::from(x) - mean))
            .collect();
        let rank = self.weights.len();
        let mut along = vec![0.0; n * rank];
        matmul(
            MatMut::from_column_major_slice_mut(&mut along, rank, n),
            Accum::Replace,
            self.directions.transpose(),
            MatRef::from_column_major_slice(&centred, d, n),
            1.0,
            Par::Seq,
        );
        let others = if rank < d && self.floor > 0.0 { 1.0 / self.floor } else { 0.0 };
        (0..n)
            .map(|i| {
                let along = &along[i * rank..(i + 1) * rank];
                let inside: f64 = along.iter().zip(&self.weights).map(|(z, w)| w * z * z).sum();
                let length: f64 = centred[i * d..(i + 1) * d].iter().map(|x| x * x).sum();
                let rest = length - along.iter().map(|z| z * z).sum::<f64>();
                (inside + others * rest.max(0.0)).sqrt()
            })
            .collect()
    }
}

impl Score<Features<'_>> for Mahalanobis {
    type Error = ScoringError;

    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ScoringError> {
        let rows = Rows::to_score(&x, self.mean.len())?;
        let blocks = rows.as_slice().par_chunks(BLOCK * rows.d);
        let scores: Vec<Vec<f64>> = blocks.map(|block| self.score_block(block)).collect();
        Ok(finite_scores(scores.concat())?)
    }
}
