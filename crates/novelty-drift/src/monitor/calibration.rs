//! What the known classes say about how dense and how wide a class is.

use ndarray::{Array2, ArrayView2, Axis};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{BufferClustering, MonitorConfig};
use crate::DriftError;
use crate::error::ensure_at_least;

/// Draws a class.
const N_DRAWS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration {
    /// The reach of a density clustering.
    pub(super) reach: f64,
    /// The mean distance from the centre, of the widest class.
    pub(super) spread: f64,
}

impl Calibration {
    /// The reach is such that of `min_class_size` images of one class the configured share has
    /// `min_samples` in reach; the mean over the classes that have so many images.
    pub(super) fn new(
        config: &MonitorConfig,
        embeddings: &Array2<f32>,
        classes: &[usize],
    ) -> Result<Self, DriftError> {
        let n_classes = classes.iter().max().map_or(0, |&class| class + 1);
        let mut largest = 0;
        let (mut reaches, mut spread) = (Vec::new(), 0.0_f64);
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        for class in 0..n_classes {
            let members: Vec<usize> = (0..classes.len()).filter(|&i| classes[i] == class).collect();
            largest = largest.max(members.len());
            if members.len() < config.min_class_size {
                continue;
            }
            let rows = embeddings.select(Axis(0), &members);
            spread = spread.max(spread_of(rows.view()));
            reaches.push(reach_of(config, &rows, &mut rng));
        }
        ensure_at_least("a class of the reference", config.min_class_size, largest)?;
        if spread <= 0.0 {
            return Err(DriftError::Constant { place: "embeddings", value: embeddings[[0, 0]] });
        }
        let reach = reaches.iter().sum::<f64>() / reaches.len() as f64;
        Ok(Self { reach: reach.max(1e-6 * spread), spread })
    }
}

fn reach_of(config: &MonitorConfig, rows: &Array2<f32>, rng: &mut ChaCha8Rng) -> f64 {
    let BufferClustering::Density { min_samples, core_share } = config.clustering else {
        return 0.0;
    };
    let mut distances = Vec::new();
    for _ in 0..N_DRAWS {
        let drawn = index::sample(rng, rows.nrows(), config.min_class_size).into_vec();
        let rows = rows.select(Axis(0), &drawn);
        for row in rows.outer_iter() {
            let mut all: Vec<f64> =
                rows.outer_iter().map(|other| distance(other.iter(), row.iter())).collect();
            // The row itself is the first.
            distances.push(*all.select_nth_unstable_by(min_samples - 1, f64::total_cmp).1);
        }
    }
    let rank = ((core_share * distances.len() as f64) as usize).min(distances.len() - 1);
    *distances.select_nth_unstable_by(rank, f64::total_cmp).1
}

pub(super) fn centre_of(rows: ArrayView2<'_, f32>) -> Vec<f64> {
    let n = rows.nrows() as f64;
    let mut centre = vec![0.0_f64; rows.ncols()];
    for row in rows.outer_iter() {
        centre.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value) / n);
    }
    centre
}

/// The mean distance of rows from their mean.
pub(super) fn spread_of(rows: ArrayView2<'_, f32>) -> f64 {
    let n = rows.nrows() as f64;
    let centre = centre_of(rows);
    let from_centre = |row: ndarray::ArrayView1<'_, f32>| -> f64 {
        row.iter().zip(&centre).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum::<f64>().sqrt()
    };
    rows.outer_iter().map(from_centre).sum::<f64>() / n
}

fn distance<'a>(a: impl Iterator<Item = &'a f32>, b: impl Iterator<Item = &'a f32>) -> f64 {
    a.zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
}
