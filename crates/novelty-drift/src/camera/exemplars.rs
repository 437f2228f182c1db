use ndarray::{Array1, Array2, Axis};
use novelty_core::{Features, Fit, InputError, ensure_finite};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::diagnosis::{CameraDiagnosis, Group};
use crate::DriftError;
use crate::error::ensure_at_least;

/// Settings of a [`CameraDiagnosis`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CameraDiagnosisConfig {
    /// The share of a problem's own exemplars that it explains, in (0, 1). Default 0.95.
    pub quantile: f64,
    /// How near a problem must be, over the distance from the clean pictures, in (0, 1]: the mildest
    /// problems look like them. Default 0.8.
    pub max_relative_distance: f64,
    /// Exemplars kept of every problem and severity, and of the clean ones, at least 2: cost
    /// grows with it. Default 200.
    pub max_exemplars: usize,
    /// Seed of the choice of those kept. Default 42.
    pub seed: u64,
}

impl Default for CameraDiagnosisConfig {
    fn default() -> Self {
        Self { quantile: 0.95, max_relative_distance: 0.8, max_exemplars: 200, seed: 42 }
    }
}

/// What a [`CameraDiagnosis`] learns from: pictures without a problem, and the same kind of
/// pictures with each problem, as rows of features.
#[derive(Debug, Clone, Copy)]
pub struct CameraExemplars<'a> {
    /// Pictures without a problem; at least 3.
    pub clean: Features<'a>,
    /// Pictures with one.
    pub problems: &'a [ProblemExemplars<'a>],
}

/// Pictures with one problem at one severity; at least 3.
#[derive(Debug, Clone, Copy)]
pub struct ProblemExemplars<'a> {
    /// The problem's name.
    pub problem: &'a str,
    /// How severe it is, 1 to 5.
    pub severity: u8,
    /// The features of the pictures, as wide as the clean ones.
    pub features: Features<'a>,
}

impl CameraDiagnosisConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the share of its own exemplars that a problem explains.
    #[must_use]
    pub fn quantile(mut self, quantile: f64) -> Self {
        self.quantile = quantile;
        self
    }

    /// Sets how near a problem must be.
    #[must_use]
    pub fn max_relative_distance(mut self, max_relative_distance: f64) -> Self {
        self.max_relative_distance = max_relative_distance;
        self
    }

    /// Sets how many exemplars are kept of everything.
    #[must_use]
    pub fn max_exemplars(mut self, max_exemplars: usize) -> Self {
        self.max_exemplars = max_exemplars;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that is out of range, with its value.
    pub fn validate(&self) -> Result<(), InputError> {
        if !(self.quantile > 0.0 && self.quantile < 1.0) {
            return Err(InputError::setting("quantile", self.quantile, "above 0 and below 1"));
        }
        if !(self.max_relative_distance > 0.0 && self.max_relative_distance <= 1.0) {
            let value = self.max_relative_distance;
            return Err(InputError::setting("max_relative_distance", value, "above 0, at most 1"));
        }
        if self.max_exemplars < 3 {
            return Err(InputError::setting("max_exemplars", self.max_exemplars, "at least 3"));
        }
        Ok(())
    }

    fn group(&self, rows: Array2<f32>) -> Group {
        let rows = if rows.nrows() > self.max_exemplars {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            let mut kept = index::sample(&mut rng, rows.nrows(), self.max_exemplars).into_vec();
            kept.sort_unstable();
            rows.select(Axis(0), &kept)
        } else {
            rows
        };
        Group::new(rows, self.quantile)
    }
}

impl Fit<CameraExemplars<'_>> for CameraDiagnosisConfig {
    type Fitted = CameraDiagnosis;
    type Error = DriftError;

    /// Standardises all features by the clean pictures' mean and standard deviation. What is
    /// constant there is divided by the deviation over all pictures.
    fn fit(&self, exemplars: CameraExemplars<'_>) -> Result<CameraDiagnosis, DriftError> {
        self.validate()?;
        if exemplars.problems.is_empty() {
            return Err(InputError::Empty { place: "problems" }.into());
        }
        let clean = exemplars.clean;
        check_rows("clean", &clean, clean.ncols())?;
        for problem in exemplars.problems {
            check_rows("exemplars", &problem.features, clean.ncols())?;
            if !(1..=5).contains(&problem.severity) {
                return Err(InputError::setting("severity", problem.severity, "1 to 5").into());
            }
        }
        let scale = Scale::of(&exemplars);
        let group = |rows: Features<'_>| self.group(scale.apply(&rows));
        Ok(CameraDiagnosis {
            max_relative_distance: self.max_relative_distance,
            clean: group(clean),
            problems: exemplars
                .problems
                .iter()
                .map(|p| (p.problem.to_owned(), p.severity, group(p.features)))
                .collect(),
            scale,
        })
    }
}

fn check_rows(
    place: &'static str,
    rows: &Features<'_>,
    n_features: usize,
) -> Result<(), DriftError> {
    ensure_at_least(place, 3, rows.nrows())?;
    if rows.ncols() == 0 {
        return Err(InputError::Empty { place: "features" }.into());
    }
    if rows.ncols() != n_features {
        let (expected, got) = (vec![rows.nrows(), n_features], rows.shape().to_vec());
        return Err(InputError::Shape { place, expected, got }.into());
    }
    Ok(ensure_finite(place, rows)?)
}

/// What features are standardised by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    mean: Array1<f64>,
    deviation: Array1<f64>,
}

impl Scale {
    fn of(exemplars: &CameraExemplars<'_>) -> Self {
        let clean = exemplars.clean;
        let mut all = vec![clean];
        all.extend(exemplars.problems.iter().map(|problem| problem.features));
        let mut mean = Array1::zeros(clean.ncols());
        let mut deviation = Array1::ones(clean.ncols());
        for j in 0..clean.ncols() {
            let (centre, spread) = moments(clean.column(j).iter());
            mean[j] = centre;
            // A feature that is constant but for rounding would otherwise rule all distances.
            let (_, overall) = moments(all.iter().flat_map(|rows| rows.column(j).into_iter()));
            let floor = 1e-2 * overall;
            deviation[j] = match spread.max(floor) {
                spread if spread > 0.0 => spread,
                _ => 1.0,
            };
        }
        Self { mean, deviation }
    }

    pub(super) fn n_features(&self) -> usize {
        self.mean.len()
    }

    /// A feature counts with the logarithm of how far it is beyond one deviation: what is ten
    /// thousand deviations off in one feature would otherwise drown all that the others say.
    pub(super) fn apply(&self, rows: &Features<'_>) -> Array2<f32> {
        Array2::from_shape_fn(rows.dim(), |(i, j)| {
            ((f64::from(rows[[i, j]]) - self.mean[j]) / self.deviation[j]).asinh() as f32
        })
    }
}

fn moments<'a>(values: impl Iterator<Item = &'a f32> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().map(|&x| f64::from(x)).sum::<f64>() / n;
    let squares: f64 = values.map(|&x| (f64::from(x) - mean).powi(2)).sum();
    (mean, (squares / n).sqrt())
}
