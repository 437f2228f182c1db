use faer::Mat;

use super::Mahalanobis;
use crate::ScoringError;
use crate::saved::{ensure_saved, finite};

/// What is written, and read back before it is known to fit together.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct SavedMahalanobis {
    mean: Vec<f64>,
    /// One direction after the other.
    directions: Vec<f64>,
    weights: Vec<f64>,
    floor: f64,
    shrinkage: f64,
}

impl From<Mahalanobis> for SavedMahalanobis {
    fn from(fitted: Mahalanobis) -> Self {
        let Mahalanobis { mean, directions, weights, floor, shrinkage } = fitted;
        let columns = directions.col_iter();
        let directions = columns.flat_map(|column| column.iter().copied().collect::<Vec<_>>());
        Self { directions: directions.collect(), mean, weights, floor, shrinkage }
    }
}

impl TryFrom<SavedMahalanobis> for Mahalanobis {
    type Error = ScoringError;

    fn try_from(saved: SavedMahalanobis) -> Result<Self, ScoringError> {
        let SavedMahalanobis { mean, directions, weights, floor, shrinkage } = saved;
        let ensure = |holds, part| ensure_saved(holds, "Mahalanobis distance", part);
        let (d, rank) = (mean.len(), weights.len());
        ensure(d > 0 && finite(&mean), "the mean")?;
        ensure(
            d.checked_mul(rank) == Some(directions.len()) && finite(&directions),
            "a direction",
        )?;
        let is_length = |value: &f64| (0.0..f64::INFINITY).contains(value);
        ensure(weights.iter().all(is_length) && is_length(&floor), "a variance")?;
        ensure((0.0..=1.0).contains(&shrinkage), "the shrinkage")?;
        let directions = Mat::from_fn(d, rank, |row, column| directions[column * d + row]);
        Ok(Self { mean, directions, weights, floor, shrinkage })
    }
}
