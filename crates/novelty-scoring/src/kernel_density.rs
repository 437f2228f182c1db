use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::Array1;
use novelty_core::{Features, Fit, InputError, Score};
use rayon::prelude::*;

use crate::ScoringError;
use crate::features::{Rows, finite_scores};
#[cfg(feature = "serde")]
use crate::saved::{ensure_saved, finite};

/// Queries and reference samples that meet in one matrix product.
const QUERIES: usize = 64;
const PANEL: usize = 512;

/// How wide the kernel around each reference sample is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Bandwidth {
    /// `s n^(-1 / (d + 4))`, where `s^2` is the mean variance of the features. Scott,
    /// *Multivariate Density Estimation*, 1992.
    #[default]
    Scott,
    /// `s (n (d + 2) / 4)^(-1 / (d + 4))`. Silverman, *Density Estimation*, 1986.
    Silverman,
    /// This one, above 0.
    Fixed(f64),
}

/// Scores by how unlikely a sample is under the density of the reference, `-ln p(x)`.
///
/// `p` is the mean of Gaussians of standard deviation `h`, the bandwidth, around the reference
/// samples. Scoring costs `n d` a sample. The density of many features says little beyond the
/// nearest neighbour: reduce them first.
///
/// Parzen, *On Estimation of a Probability Density Function and Mode*, 1962.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct KernelDensityConfig {
    /// How wide the kernel is; [`Bandwidth::Scott`] by default.
    pub bandwidth: Bandwidth,
}

impl KernelDensityConfig {
    /// Scott's bandwidth.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How wide the kernel is.
    #[must_use]
    pub fn bandwidth(mut self, bandwidth: Bandwidth) -> Self {
        self.bandwidth = bandwidth;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If a fixed bandwidth is not above 0 and finite.
    pub fn validate(&self) -> Result<(), InputError> {
        match self.bandwidth {
            Bandwidth::Fixed(h) if !(h > 0.0 && h.is_finite()) => {
                Err(InputError::setting("bandwidth", h, "finite and above 0"))
            }
            _ => Ok(()),
        }
    }

    fn width(&self, n: usize, d: usize, scale: f64) -> f64 {
        let (n, d) = (n as f64, d as f64);
        match self.bandwidth {
            Bandwidth::Scott => scale * n.powf(-1.0 / (d + 4.0)),
            Bandwidth::Silverman => scale * (n * (d + 2.0) / 4.0).powf(-1.0 / (d + 4.0)),
            Bandwidth::Fixed(h) => h,
        }
    }
}

impl Fit<Features<'_>> for KernelDensityConfig {
    type Fitted = KernelDensity;
    type Error = ScoringError;

    fn fit(&self, x: Features<'_>) -> Result<KernelDensity, ScoringError> {
        self.validate()?;
        let rows = Rows::to_fit(&x, 1)?;
        let mean = rows.mean();
        let centred = centre(rows.as_slice(), &mean);
        let total: f64 = centred.iter().map(|x| x * x).sum();
        let scale = (total / (rows.n * rows.d) as f64).sqrt();
        let bandwidth = self.width(rows.n, rows.d, scale);
        if !(bandwidth > 0.0 && bandwidth.is_finite()) {
            return Err(ScoringError::NoSpread { place: "reference samples" });
        }
        let norms = squares(&centred, rows.d);
        Ok(KernelDensity { mean, centred, norms, bandwidth })
    }
}

fn centre(rows: &[f32], mean: &[f64]) -> Vec<f64> {
    let rows = rows.chunks_exact(mean.len());
    rows.flat_map(|row| row.iter().zip(mean).map(|(&x, mean)| f64::from(x) - mean)).collect()
}

fn squares(rows: &[f64], d: usize) -> Vec<f64> {
    rows.chunks_exact(d).map(|row| row.iter().map(|x| x * x).sum()).collect()
}

/// A fitted [`KernelDensityConfig`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedDensity"))]
pub struct KernelDensity {
    mean: Vec<f64>,
    centred: Vec<f64>,
    #[cfg_attr(feature = "serde", serde(skip))]
    norms: Vec<f64>,
    bandwidth: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedDensity {
    mean: Vec<f64>,
    centred: Vec<f64>,
    bandwidth: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedDensity> for KernelDensity {
    type Error = ScoringError;

    fn try_from(saved: SavedDensity) -> Result<Self, ScoringError> {
        let SavedDensity { mean, centred, bandwidth } = saved;
        ensure_saved(!mean.is_empty() && finite(&mean), "kernel density", "the mean")?;
        let is_whole = !centred.is_empty() && centred.len() % mean.len() == 0 && finite(&centred);
        ensure_saved(is_whole, "kernel density", "the reference")?;
        let is_width = bandwidth > 0.0 && bandwidth.is_finite();
        ensure_saved(is_width, "kernel density", "the bandwidth")?;
        let norms = squares(&centred, mean.len());
        Ok(Self { mean, centred, norms, bandwidth })
    }
}

impl KernelDensity {
    /// The standard deviation of the kernel.
    #[must_use]
    pub fn bandwidth(&self) -> f64 {
        self.bandwidth
    }

    fn score_block(&self, rows: &[f32]) -> Vec<f64> {
        let d = self.mean.len();
        let queries = centre(rows, &self.mean);
        let norms = squares(&queries, d);
        let mut sums = vec![LogSum::default(); norms.len()];
        let mut dots = vec![0.0; PANEL * norms.len()];
        let panels = self.centred.chunks(PANEL * d).zip(self.norms.chunks(PANEL));
        for (panel, panel_norms) in panels {
            let dots = &mut dots[..panel_norms.len() * norms.len()];
            matmul(
                MatMut::from_column_major_slice_mut(dots, panel_norms.len(), norms.len()),
                Accum::Replace,
                MatRef::from_row_major_slice(panel, panel_norms.len(), d),
                MatRef::from_column_major_slice(&queries, d, norms.len()),
                1.0,
                Par::Seq,
            );
            for (i, dots) in dots.chunks_exact_mut(panel_norms.len()).enumerate() {
                for (dot, norm) in dots.iter_mut().zip(panel_norms) {
                    let squared = (norms[i] + norm - 2.0 * *dot).max(0.0);
                    *dot = -0.5 * squared / (self.bandwidth * self.bandwidth);
                }
                sums[i].add(dots);
            }
        }
        let log_norm = (self.norms.len() as f64).ln()
            + d as f64 * (self.bandwidth.ln() + 0.5 * (2.0 * std::f64::consts::PI).ln());
        sums.into_iter().map(|sum| log_norm - sum.value()).collect()
    }
}

/// `ln(sum(exp(x)))` of numbers that come bit by bit, without overflow.
#[derive(Debug, Clone, Copy)]
struct LogSum {
    largest: f64,
    sum: f64,
}

impl Default for LogSum {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, sum: 0.0 }
    }
}

impl LogSum {
    /// Exponentials below this share of the largest change no bit of the sum.
    const NEGLIGIBLE: f64 = -46.0;

    fn add(&mut self, values: &[f64]) {
        let largest = values.iter().copied().fold(self.largest, f64::max);
        self.sum *= (self.largest - largest).exp();
        self.largest = largest;
        let far = |value: &f64| value - largest > Self::NEGLIGIBLE;
        let near = values.iter().filter(|value| far(value));
        self.sum += near.map(|value| (value - largest).exp()).sum::<f64>();
    }

    fn value(self) -> f64 {
        self.largest + self.sum.ln()
    }
}

impl Score<Features<'_>> for KernelDensity {
    type Error = ScoringError;

    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ScoringError> {
        let rows = Rows::to_score(&x, self.mean.len())?;
        let blocks = rows.as_slice().par_chunks(QUERIES * rows.d);
        let scores: Vec<Vec<f64>> = blocks.map(|block| self.score_block(block)).collect();
        Ok(finite_scores(scores.concat())?)
    }
}
