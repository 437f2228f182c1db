use ndarray::{Array1, ArrayView1};
use novelty_core::{Features, Fit, InputError, Score, ensure_finite};
use rayon::prelude::*;

use crate::ScoringError;
use crate::features::{Rows, finite_scores};
#[cfg(feature = "serde")]
use crate::saved::{ensure_saved, finite};

/// Where a hypersphere ends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Boundary {
    /// Nowhere: the score is the squared distance from the centre.
    #[default]
    OneClass,
    /// At a radius that leaves the share `nu` of the reference outside, in `0..=1`: the score
    /// is the squared distance minus the squared radius, above 0 outside.
    Soft {
        /// The share of the reference outside.
        nu: f64,
    },
}

/// Scores by the squared distance from the centre of the reference.
///
/// What Deep SVDD scores by: the centre is the mean of the reference's embeddings, and the
/// radius the `1 - nu` quantile of their distances from it. A centre that a network was trained
/// around comes in through [`Hypersphere::new`].
///
/// Ruff et al., *Deep One-Class Classification*, ICML 2018, equations 3, 4 and 5.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct HypersphereConfig {
    /// Where the hypersphere ends; it does not by default.
    pub boundary: Boundary,
}

impl HypersphereConfig {
    /// A centre without a radius.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the hypersphere ends.
    #[must_use]
    pub fn boundary(mut self, boundary: Boundary) -> Self {
        self.boundary = boundary;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If `nu` is outside `0..=1`.
    pub fn validate(&self) -> Result<(), InputError> {
        match self.boundary {
            Boundary::Soft { nu } if !(0.0..=1.0).contains(&nu) => {
                Err(InputError::setting("nu", nu, "in 0..=1"))
            }
            _ => Ok(()),
        }
    }
}

impl Fit<Features<'_>> for HypersphereConfig {
    type Fitted = Hypersphere;
    type Error = ScoringError;

    fn fit(&self, x: Features<'_>) -> Result<Hypersphere, ScoringError> {
        self.validate()?;
        let rows = Rows::to_fit(&x, 1)?;
        let mut sphere = Hypersphere { centre: rows.mean(), squared_radius: 0.0 };
        if let Boundary::Soft { nu } = self.boundary {
            let distances = finite_scores(sphere.distances(&rows).map(f64::sqrt).collect())?;
            let radius = crate::quantile(&distances.to_vec(), 1.0 - nu)?;
            sphere.squared_radius = f64::from(radius) * f64::from(radius);
        }
        Ok(sphere)
    }
}

/// A centre and a radius in feature space: a fitted [`HypersphereConfig`], or one that comes
/// from a trained network.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedSphere"))]
pub struct Hypersphere {
    centre: Vec<f64>,
    squared_radius: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedSphere {
    centre: Vec<f64>,
    squared_radius: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedSphere> for Hypersphere {
    type Error = ScoringError;

    fn try_from(saved: SavedSphere) -> Result<Self, ScoringError> {
        let SavedSphere { centre, squared_radius } = saved;
        ensure_saved(!centre.is_empty() && finite(&centre), "hypersphere", "the centre")?;
        let is_length = (0.0..f64::INFINITY).contains(&squared_radius);
        ensure_saved(is_length, "hypersphere", "the radius")?;
        Ok(Self { centre, squared_radius })
    }
}

impl Hypersphere {
    /// The hypersphere of a trained network; a radius of 0 scores by the distance alone.
    ///
    /// # Errors
    /// If the centre is empty or not finite, or the radius negative or not finite.
    pub fn new(centre: ArrayView1<'_, f32>, radius: f32) -> Result<Self, ScoringError> {
        if centre.is_empty() {
            return Err(InputError::Empty { place: "centre" }.into());
        }
        ensure_finite("centre", &centre)?;
        if !(0.0..f32::INFINITY).contains(&radius) {
            return Err(InputError::setting("radius", radius, "finite and not negative").into());
        }
        let radius = f64::from(radius);
        let centre = centre.iter().map(|&value| f64::from(value)).collect();
        Ok(Self { centre, squared_radius: radius * radius })
    }

    /// The centre.
    #[must_use]
    pub fn centre(&self) -> &[f64] {
        &self.centre
    }

    /// The radius; 0 if there is none.
    #[must_use]
    pub fn radius(&self) -> f64 {
        self.squared_radius.sqrt()
    }

    fn distances<'a>(
        &'a self,
        rows: &'a Rows<'_>,
    ) -> impl IndexedParallelIterator<Item = f64> + 'a {
        rows.as_slice().par_chunks_exact(rows.d).map(|row| {
            let off = row.iter().zip(&self.centre).map(|(&x, centre)| f64::from(x) - centre);
            off.map(|off| off * off).sum()
        })
    }
}

impl Score<Features<'_>> for Hypersphere {
    type Error = ScoringError;

    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ScoringError> {
        let rows = Rows::to_score(&x, self.centre.len())?;
        let scores = self.distances(&rows).map(|squared| squared - self.squared_radius);
        Ok(finite_scores(scores.collect())?)
    }
}
