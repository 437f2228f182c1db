use ndarray::Array1;
use novelty_core::{Features, Fit, InputError, Score};

use super::coreset::greedy_coreset;
use super::index::{Neighbor, NeighborIndex};
use crate::ScoringError;
use crate::features::{Rows, finite_scores};

/// How far two feature vectors are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Distance {
    /// `|a - b|`.
    #[default]
    Euclidean,
    /// `1 - a b / (|a| |b|)`, in `0..=2`; 1 if either is zero. For features whose length says
    /// little, such as the brightness of a drawing.
    Cosine,
}

/// How the distances of the neighbours become one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum NeighborAggregation {
    /// The distance of the furthest, that is of the `k`-th neighbour.
    Largest,
    /// Their mean.
    #[default]
    Mean,
    /// Their median.
    Median,
}

/// Scores by the distance of the nearest reference samples.
///
/// Exact: distances come from matrix products in `f32` on centred data only as far as they can
/// rule samples out; what could be among the nearest is measured in `f64`. A sample's score has
/// the same bits in any batch and on any number of threads.
///
/// Ramaswamy, Rastogi and Shim, *Efficient Algorithms for Mining Outliers from Large Data Sets*,
/// 2000 (the `k`-th neighbour); Angiulli and Pizzuti, 2002 (the mean).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct KNearestNeighborsConfig {
    /// Neighbours that count, at least 1.
    pub n_neighbors: usize,
    /// How far samples are apart.
    pub distance: Distance,
    /// How the neighbours' distances become a score.
    pub aggregation: NeighborAggregation,
    /// Keep at most this many reference samples, chosen to cover all of them; `None`, the
    /// default, keeps all. Choosing takes as many distances as kept times given samples. Greedy
    /// k-centre, of Gonzalez, 1985.
    pub coreset: Option<usize>,
}

impl KNearestNeighborsConfig {
    /// The mean Euclidean distance of so many neighbours.
    #[must_use]
    pub fn new(n_neighbors: usize) -> Self {
        Self {
            n_neighbors,
            distance: Distance::default(),
            aggregation: NeighborAggregation::default(),
            coreset: None,
        }
    }

    /// How far samples are apart.
    #[must_use]
    pub fn distance(mut self, distance: Distance) -> Self {
        self.distance = distance;
        self
    }

    /// How the neighbours' distances become a score.
    #[must_use]
    pub fn aggregation(mut self, aggregation: NeighborAggregation) -> Self {
        self.aggregation = aggregation;
        self
    }

    /// Keeps at most this many reference samples.
    #[must_use]
    pub fn coreset(mut self, size: usize) -> Self {
        self.coreset = Some(size);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If `n_neighbors` or the size of the coreset is 0.
    pub fn validate(&self) -> Result<(), InputError> {
        if self.n_neighbors == 0 {
            return Err(InputError::setting("n_neighbors", 0, "at least 1"));
        }
        if self.coreset == Some(0) {
            return Err(InputError::setting("coreset", 0, "at least 1"));
        }
        Ok(())
    }
}

impl Fit<Features<'_>> for KNearestNeighborsConfig {
    type Fitted = KNearestNeighbors;
    type Error = ScoringError;

    fn fit(&self, x: Features<'_>) -> Result<KNearestNeighbors, ScoringError> {
        self.validate()?;
        let rows = Rows::to_fit(&x, self.n_neighbors)?;
        let Some(size) = self.coreset.filter(|&size| size < rows.n) else {
            return Ok(self.on(&rows));
        };
        let kept = x.select(ndarray::Axis(0), &greedy_coreset(&rows, size));
        let kept = kept.view();
        Ok(self.on(&Rows::to_fit(&kept, self.n_neighbors)?))
    }
}

impl KNearestNeighborsConfig {
    fn on(&self, rows: &Rows<'_>) -> KNearestNeighbors {
        KNearestNeighbors {
            index: NeighborIndex::new(rows, self.distance),
            n_neighbors: self.n_neighbors,
            aggregation: self.aggregation,
        }
    }
}

/// A fitted [`KNearestNeighborsConfig`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "super::saved::SavedNeighbors"))]
pub struct KNearestNeighbors {
    pub(super) index: NeighborIndex,
    pub(super) n_neighbors: usize,
    pub(super) aggregation: NeighborAggregation,
}

impl KNearestNeighbors {
    /// Reference samples kept.
    #[must_use]
    pub fn n_reference(&self) -> usize {
        self.index.len()
    }

    /// The score of each kept reference sample among the others: what an unseen normal sample
    /// can be expected to score, and so what a threshold is chosen from. The score of a
    /// reference sample itself is no such thing, as it is its own nearest neighbour.
    ///
    /// # Errors
    /// If there are fewer than `n_neighbors` others.
    pub fn reference_scores(&self) -> Result<Array1<f32>, ScoringError> {
        let (n_samples, needed) = (self.index.len(), self.n_neighbors + 1);
        if n_samples < needed {
            let place = "reference samples";
            return Err(ScoringError::TooFewSamples { place, n_samples, needed });
        }
        Ok(self.aggregated(&self.index.nearest_of_rows(self.n_neighbors))?)
    }

    /// The nearest reference samples of each sample, the nearest first, as pairs of position
    /// and distance; of equally near ones the first.
    ///
    /// # Errors
    /// As [`Score::score`].
    pub fn neighbors(&self, x: Features<'_>) -> Result<Vec<Vec<(usize, f64)>>, ScoringError> {
        let rows = Rows::to_score(&x, self.index.n_features())?;
        let found = self.index.nearest(&rows, self.n_neighbors);
        let pairs = |all: Vec<Neighbor>| all.iter().map(|n| (n.row, n.distance)).collect();
        Ok(found.into_iter().map(pairs).collect())
    }

    fn aggregated(&self, found: &[Vec<Neighbor>]) -> Result<Array1<f32>, InputError> {
        finite_scores(found.iter().map(|all| aggregate(all, self.aggregation)).collect())
    }
}

fn aggregate(neighbors: &[Neighbor], aggregation: NeighborAggregation) -> f64 {
    let n = neighbors.len();
    let at = |i: usize| neighbors.get(i).map_or(0.0, |neighbor| neighbor.distance);
    match aggregation {
        NeighborAggregation::Largest => at(n.saturating_sub(1)),
        NeighborAggregation::Mean => {
            neighbors.iter().map(|neighbor| neighbor.distance).sum::<f64>() / n.max(1) as f64
        }
        NeighborAggregation::Median => f64::midpoint(at(n.saturating_sub(1) / 2), at(n / 2)),
    }
}

impl Score<Features<'_>> for KNearestNeighbors {
    type Error = ScoringError;

    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ScoringError> {
        let rows = Rows::to_score(&x, self.index.n_features())?;
        Ok(self.aggregated(&self.index.nearest(&rows, self.n_neighbors))?)
    }
}
