use ndarray::Array1;
use novelty_core::{Features, Fit, InputError, Score};

use crate::ScoringError;
use crate::features::{Rows, finite_scores};
use crate::neighbors::{Distance, Neighbor, NeighborIndex};
#[cfg(feature = "serde")]
use crate::saved::ensure_saved;

/// Keeps the density of duplicated samples finite, as scikit-learn does.
const SMALLEST_REACH: f64 = 1e-10;

/// Scores by how much sparser the reference is around a sample than around its neighbours.
///
/// With `k` neighbours, the reachability of `b` from `a` is `max(k-distance(b), |a - b|)`, the
/// density of a sample the inverse of its mean reachability, and the score the mean density of
/// its neighbours over its own: about 1 inside, larger outside, whatever the density there. This
/// is scikit-learn's `LocalOutlierFactor(novelty=True)`, of which the scores are
/// `-score_samples`. Fitting costs as much as scoring the reference by
/// [`KNearestNeighbors`](crate::KNearestNeighbors).
///
/// Breunig, Kriegel, Ng and Sander, *LOF: Identifying Density-Based Local Outliers*, 2000.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LocalOutlierFactorConfig {
    /// Neighbours, at least 1 and fewer than reference samples; 20 by default.
    pub n_neighbors: usize,
    /// How far samples are apart.
    pub distance: Distance,
}

impl Default for LocalOutlierFactorConfig {
    fn default() -> Self {
        Self { n_neighbors: 20, distance: Distance::Euclidean }
    }
}

impl LocalOutlierFactorConfig {
    /// 20 neighbours by Euclidean distance.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Neighbours.
    #[must_use]
    pub fn n_neighbors(mut self, n_neighbors: usize) -> Self {
        self.n_neighbors = n_neighbors;
        self
    }

    /// How far samples are apart.
    #[must_use]
    pub fn distance(mut self, distance: Distance) -> Self {
        self.distance = distance;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If `n_neighbors` is 0.
    pub fn validate(&self) -> Result<(), InputError> {
        if self.n_neighbors == 0 {
            return Err(InputError::setting("n_neighbors", 0, "at least 1"));
        }
        Ok(())
    }
}

impl Fit<Features<'_>> for LocalOutlierFactorConfig {
    type Fitted = LocalOutlierFactor;
    type Error = ScoringError;

    fn fit(&self, x: Features<'_>) -> Result<LocalOutlierFactor, ScoringError> {
        self.validate()?;
        let rows = Rows::to_fit(&x, self.n_neighbors.saturating_add(1))?;
        let index = NeighborIndex::new(&rows, self.distance);
        let found = index.nearest_of_rows(self.n_neighbors);
        let k_distances: Vec<f64> =
            found.iter().map(|all| all.last().map_or(0.0, |last| last.distance)).collect();
        let densities: Vec<f64> = found.iter().map(|all| density(all, &k_distances)).collect();
        let reference_scores =
            found.iter().zip(&densities).map(|(all, own)| factor(all, &densities, *own)).collect();
        let n_neighbors = self.n_neighbors;
        let reference_scores = finite_scores(reference_scores)?;
        Ok(LocalOutlierFactor { index, n_neighbors, k_distances, densities, reference_scores })
    }
}

/// The inverse of the mean reachability.
fn density(neighbors: &[Neighbor], k_distances: &[f64]) -> f64 {
    let reach: f64 = neighbors.iter().map(|n| n.distance.max(k_distances[n.row])).sum();
    1.0 / (reach / neighbors.len() as f64 + SMALLEST_REACH)
}

/// The mean density of the neighbours over a sample's own.
fn factor(neighbors: &[Neighbor], densities: &[f64], own: f64) -> f64 {
    neighbors.iter().map(|n| densities[n.row] / own).sum::<f64>() / neighbors.len() as f64
}

/// A fitted [`LocalOutlierFactorConfig`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedFactor"))]
pub struct LocalOutlierFactor {
    index: NeighborIndex,
    n_neighbors: usize,
    k_distances: Vec<f64>,
    densities: Vec<f64>,
    reference_scores: Array1<f32>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedFactor {
    index: NeighborIndex,
    n_neighbors: usize,
    k_distances: Vec<f64>,
    densities: Vec<f64>,
    reference_scores: Array1<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedFactor> for LocalOutlierFactor {
    type Error = ScoringError;

    fn try_from(saved: SavedFactor) -> Result<Self, ScoringError> {
        let SavedFactor { index, n_neighbors, k_distances, densities, reference_scores } = saved;
        let ensure = |holds, part| ensure_saved(holds, "outlier factor", part);
        let n = index.len();
        ensure((1..n).contains(&n_neighbors), "the number of neighbours")?;
        let is_length = |value: &f64| (0.0..f64::INFINITY).contains(value);
        ensure(k_distances.len() == n && k_distances.iter().all(is_length), "a distance")?;
        let is_density = |value: &f64| *value > 0.0 && value.is_finite();
        ensure(densities.len() == n && densities.iter().all(is_density), "a density")?;
        let are_scores = reference_scores.iter().all(|score| score.is_finite());
        ensure(reference_scores.len() == n && are_scores, "a score of the reference")?;
        Ok(Self { index, n_neighbors, k_distances, densities, reference_scores })
    }
}

impl LocalOutlierFactor {
    /// The score of each reference sample among the others: what a threshold is chosen from.
    #[must_use]
    pub fn reference_scores(&self) -> &Array1<f32> {
        &self.reference_scores
    }
}

impl Score<Features<'_>> for LocalOutlierFactor {
    type Error = ScoringError;

    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ScoringError> {
        let rows = Rows::to_score(&x, self.index.n_features())?;
        let found = self.index.nearest(&rows, self.n_neighbors);
        let score =
            |all: &Vec<Neighbor>| factor(all, &self.densities, density(all, &self.k_distances));
        Ok(finite_scores(found.iter().map(score).collect())?)
    }
}
