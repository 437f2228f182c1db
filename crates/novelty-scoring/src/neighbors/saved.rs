use ndarray::ArrayView2;

use super::index::NeighborIndex;
use super::scorer::{Distance, KNearestNeighbors, NeighborAggregation};
use crate::ScoringError;
use crate::features::Rows;
use crate::saved::ensure_saved;

/// The rows as they came; what they are prepared to follows from them.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct SavedIndex {
    distance: Distance,
    n_features: usize,
    rows: Vec<f32>,
}

impl From<NeighborIndex> for SavedIndex {
    fn from(index: NeighborIndex) -> Self {
        Self { distance: index.distance, n_features: index.d, rows: index.rows }
    }
}

impl TryFrom<SavedIndex> for NeighborIndex {
    type Error = ScoringError;

    fn try_from(saved: SavedIndex) -> Result<Self, ScoringError> {
        let SavedIndex { distance, n_features, rows } = saved;
        let n_rows = rows.len().checked_div(n_features).unwrap_or(0);
        let rows = ArrayView2::from_shape((n_rows, n_features), &rows)
            .map_err(|_| ScoringError::Saved { model: "neighbours", part: "the reference" })?;
        Ok(Self::new(&Rows::to_fit(&rows, 1)?, distance))
    }
}

/// What is read back, before it is known to fit together.
#[derive(serde::Deserialize)]
pub(super) struct SavedNeighbors {
    index: NeighborIndex,
    n_neighbors: usize,
    aggregation: NeighborAggregation,
}

impl TryFrom<SavedNeighbors> for KNearestNeighbors {
    type Error = ScoringError;

    fn try_from(saved: SavedNeighbors) -> Result<Self, ScoringError> {
        let SavedNeighbors { index, n_neighbors, aggregation } = saved;
        let is_number = (1..=index.len()).contains(&n_neighbors);
        ensure_saved(is_number, "neighbours", "their number")?;
        Ok(Self { index, n_neighbors, aggregation })
    }
}
