use ndarray::{Array1, Array2, ArrayView2, Axis};
use novelty_core::{Assign, Features, Score};
use rayon::prelude::*;

use super::lloyd::Run;
use super::points::to_f32;
use crate::ClusterError;
use crate::distances::{Frame, LANES, nearest};
use crate::input::checked_for;

/// Samples that are assigned together.
const BLOCK: usize = 64 * LANES;

/// A fitted [`KMeansConfig`](crate::KMeansConfig).
///
/// It assigns a sample to its nearest centroid, and scores it by the distance to that
/// centroid: far from all clusters is anomalous.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    frame: Frame,
    placed: Vec<f32>,
    centroids: Array2<f64>,
    labels: Vec<usize>,
    cluster_sizes: Vec<usize>,
    inertia: f64,
    n_iter: usize,
    has_converged: bool,
}

impl KMeans {
    pub(crate) fn new(frame: Frame, run: Run, width: usize) -> Self {
        let k = run.counts.len();
        let centroids = Array2::from_shape_fn((k, width), |(cluster, feature)| {
            run.centroids[cluster * width + feature] / frame.scale + frame.offset[feature]
        });
        Self {
            placed: to_f32(&run.centroids),
            frame,
            centroids,
            labels: run.labels.iter().map(|&label| label as usize).collect(),
            cluster_sizes: run.counts,
            inertia: run.inertia,
            n_iter: run.n_iter,
            has_converged: run.has_converged,
        }
    }

    /// The mean of each cluster, `(n_clusters, n_features)`.
    #[must_use]
    pub fn centroids(&self) -> ArrayView2<'_, f64> {
        self.centroids.view()
    }

    /// The cluster of every sample fitted to.
    #[must_use]
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Samples a cluster. Zero is possible only where samples are equal.
    #[must_use]
    pub fn cluster_sizes(&self) -> &[usize] {
        &self.cluster_sizes
    }

    /// The sum of the squared distances to the nearest centroid.
    #[must_use]
    pub fn inertia(&self) -> f64 {
        self.inertia
    }

    /// Iterations of the run that was kept.
    #[must_use]
    pub fn n_iter(&self) -> usize {
        self.n_iter
    }

    /// Whether that run ended before `max_iter`.
    #[must_use]
    pub fn has_converged(&self) -> bool {
        self.has_converged
    }

    /// The nearest centroid of every sample, and the squared distance in the frame.
    fn nearest(&self, x: Features<'_>) -> Result<(Vec<u32>, Vec<f32>), ClusterError> {
        let width = self.centroids.ncols();
        let rows = checked_for(&x, width)?;
        let (mut labels, mut squares) = (vec![0; x.nrows()], vec![0.0; x.nrows()]);
        let outputs = labels.par_chunks_mut(BLOCK).zip(squares.par_chunks_mut(BLOCK));
        outputs.enumerate().for_each(|(index, (labels, squares))| {
            let range = index * BLOCK..index * BLOCK + labels.len();
            let block = rows.slice_axis(Axis(0), range.into());
            let panels = self.frame.panels(&block);
            nearest(panels.range(0, labels.len()), &self.placed, width, labels, squares);
        });
        Ok((labels, squares))
    }
}

impl Assign<Features<'_>> for KMeans {
    type Error = ClusterError;

    fn assign(&self, x: Features<'_>) -> Result<Vec<Option<usize>>, ClusterError> {
        let (labels, _) = self.nearest(x)?;
        Ok(labels.into_iter().map(|label| Some(label as usize)).collect())
    }
}

impl Score<Features<'_>> for KMeans {
    type Error = ClusterError;

    /// The Euclidean distance to the nearest centroid.
    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ClusterError> {
        let (labels, _) = self.nearest(x)?;
        let distance = |(row, &label): (ndarray::ArrayView1<'_, f32>, &u32)| {
            let centroid = self.centroids.row(label as usize);
            let squares = row.iter().zip(centroid).map(|(&x, c)| (f64::from(x) - c).powi(2));
            squares.sum::<f64>().sqrt().min(f64::from(f32::MAX)) as f32
        };
        Ok(x.outer_iter().zip(&labels).map(distance).collect())
    }
}
