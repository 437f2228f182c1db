use ndarray::{Array2, ArrayView1, Axis};
use novelty_core::{Features, InputError, ensure_finite};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::exemplars::Scale;
use crate::DriftError;
use crate::error::ensure_at_least;

/// Says which camera problem best explains a picture or a window of pictures, by what pictures
/// with known problems look like.
///
/// A picture's distance from a problem at one severity is the Euclidean distance to its nearest
/// exemplar, over the `quantile` of the same distance of the exemplars themselves, each left out
/// in turn: 1 is as far as the problem's own pictures rarely are. A window's is the mean of its
/// pictures'. Features are standardised by the clean exemplars, `z`, and enter as `asinh(z)`.
///
/// Features are the caller's choice: [`style_features`](crate::style_features) see light, noise,
/// sharpness and scratches; embeddings, what moved. Cost `O(pictures * exemplars * features)`.
///
/// ```
/// use ndarray::Array2;
/// use novelty_core::Fit;
/// use novelty_drift::{CameraDiagnosisConfig, CameraExemplars, ProblemExemplars, Verdict};
///
/// let noise = |i: usize, j: usize| ((i * 37 + j * 61) % 97) as f32 / 97.0;
/// let clean = Array2::from_shape_fn((50, 2), |(i, j)| noise(i, j));
/// let dark = Array2::from_shape_fn((50, 2), |(i, j)| noise(i + 7, j) - 3.0 * (1 - j) as f32);
/// let problems = [ProblemExemplars { problem: "dark", severity: 3, features: dark.view() }];
/// let exemplars = CameraExemplars { clean: clean.view(), problems: &problems };
/// let diagnosis = CameraDiagnosisConfig::new().fit(exemplars)?;
///
/// let window = Array2::from_shape_fn((9, 2), |(i, j)| noise(i + 60, j) - 3.0 * (1 - j) as f32);
/// let found = diagnosis.diagnose(window.view())?;
/// assert!(matches!(found.verdict, Verdict::CameraProblem { severity: 3, .. }));
/// let content = diagnosis.diagnose(Array2::from_elem((9, 2), 9.0).view())?;
/// assert_eq!(content.verdict, Verdict::NewContent);
/// # Ok::<(), novelty_drift::DriftError>(())
/// ```
///
/// How far to trust it: the rule was tuned on windows of corrupted MNIST digits; on fresh windows of
/// 30 digits, 23 of 32 were called by the right problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraDiagnosis {
    pub(super) scale: Scale,
    pub(super) max_relative_distance: f64,
    pub(super) clean: Group,
    pub(super) problems: Vec<(String, u8, Group)>,
}

/// Exemplars of one kind, and how far apart they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    rows: Array2<f32>,
    reach: f64,
    /// Mean and standard deviation of the exemplars' own distances, in units of `reach`.
    mean: f64,
    deviation: f64,
}

/// How well a problem explains a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The problem.
    pub problem: String,
    /// The severity that explains best.
    pub severity: u8,
    /// How far the window is from the problem at that severity; up to 1 it explains.
    pub distance: f64,
}

/// What a window looks like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Verdict {
    /// Like pictures with this problem, and unlike clean ones.
    CameraProblem {
        /// The problem.
        problem: String,
        /// Its severity, 1 to 5.
        severity: u8,
    },
    /// Like clean pictures, or unlike all exemplars: if it drifted, what it shows is new.
    NewContent,
}

/// What a [`CameraDiagnosis`] says of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Every problem at its best severity, nearest first.
    pub ranking: Vec<Explanation>,
    /// How far the window is from the clean pictures, in the same unit.
    pub clean_distance: f64,
    /// The nearest problem, if its distance is at most 1 and below `max_relative_distance` times
    /// the clean pictures', and theirs is more than clean pictures have: 1 for one picture, and for a window of `n` the mean
    /// of the clean exemplars' plus 3 standard errors, if that is less.
    pub verdict: Verdict,
}

impl Group {
    pub(super) fn new(rows: Array2<f32>, quantile: f64) -> Self {
        let mut distances: Vec<f64> = (0..rows.nrows())
            .into_par_iter()
            .map(|i| nearest(&rows, &rows.row(i), Some(i)))
            .collect();
        distances.sort_unstable_by(f64::total_cmp);
        let rank = (quantile * distances.len() as f64).ceil() as usize;
        // Of equal exemplars: only what equals them is explained.
        let reach = distances[rank.clamp(1, distances.len()) - 1].max(1e-6);
        let n = distances.len() as f64;
        let mean = distances.iter().sum::<f64>() / n;
        let squares: f64 = distances.iter().map(|d| (d - mean) * (d - mean)).sum();
        let deviation = (squares / n).sqrt() / reach;
        Self { rows, reach, mean: mean / reach, deviation }
    }

    /// What the mean distance of `n` pictures of this kind rarely exceeds: 1 for one picture, and
    /// less for many, of which the far ones are a part only.
    fn limit(&self, n: usize) -> f64 {
        (self.mean + 3.0 * self.deviation / (n as f64).sqrt()).min(1.0)
    }

    fn distance(&self, row: &ArrayView1<'_, f32>) -> f64 {
        nearest(&self.rows, row, None) / self.reach
    }
}

fn nearest(rows: &Array2<f32>, row: &ArrayView1<'_, f32>, but: Option<usize>) -> f64 {
    let squared = |other: ArrayView1<'_, f32>| -> f64 {
        other.iter().zip(row).map(|(a, b)| f64::from(a - b) * f64::from(a - b)).sum()
    };
    let others = rows.outer_iter().enumerate().filter(|(i, _)| Some(*i) != but);
    others.map(|(_, other)| squared(other)).fold(f64::INFINITY, f64::min).sqrt()
}

impl CameraDiagnosis {
    /// The width of the features.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.scale.n_features()
    }

    /// Explains a window, of one picture or more, as one row of features a picture.
    ///
    /// # Errors
    /// If the window is empty, of another width, or not finite.
    pub fn diagnose(&self, window: Features<'_>) -> Result<Diagnosis, DriftError> {
        ensure_at_least("window", 1, window.nrows())?;
        if window.ncols() != self.n_features() {
            let expected = vec![window.nrows(), self.n_features()];
            let got = window.shape().to_vec();
            return Err(InputError::Shape { place: "window", expected, got }.into());
        }
        ensure_finite("window", &window)?;
        let rows = self.scale.apply(&window);
        let distance = |group: &Group| {
            let distances = rows.axis_iter(Axis(0)).map(|row| group.distance(&row));
            distances.sum::<f64>() / rows.nrows() as f64
        };
        let distances: Vec<f64> =
            self.problems.par_iter().map(|(_, _, group)| distance(group)).collect();
        let ranking = self.ranking(&distances);
        let clean_distance = distance(&self.clean);
        let verdict = match ranking.first() {
            Some(best)
                if best.distance <= 1.0
                    && best.distance < self.max_relative_distance * clean_distance
                    && clean_distance > self.clean.limit(rows.nrows()) =>
            {
                Verdict::CameraProblem { problem: best.problem.clone(), severity: best.severity }
            }
            _ => Verdict::NewContent,
        };
        Ok(Diagnosis { ranking, clean_distance, verdict })
    }

    /// Every problem once, at its best severity; the milder one of equals.
    fn ranking(&self, distances: &[f64]) -> Vec<Explanation> {
        let mut all: Vec<Explanation> = self
            .problems
            .iter()
            .zip(distances)
            .map(|((problem, severity, _), &distance)| Explanation {
                problem: problem.clone(),
                severity: *severity,
                distance,
            })
            .collect();
        all.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.severity.cmp(&b.severity)));
        let mut ranking: Vec<Explanation> = Vec::new();
        for explanation in all {
            if ranking.iter().all(|known| known.problem != explanation.problem) {
                ranking.push(explanation);
            }
        }
        ranking
    }
}
