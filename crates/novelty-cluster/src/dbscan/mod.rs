//! Density-based clustering.

mod clusters;
mod k_distances;
mod neighbours;
mod tree;
mod union_find;

use ndarray::{Array2, Axis};
use novelty_core::{Assign, Features, Fit, InputError};
use rayon::prelude::*;

use crate::ClusterError;
use crate::distances::{Frame, LANES, nearest};
use crate::input::{at_least_one, checked, checked_for};
pub use k_distances::{KDistances, k_distances};
use neighbours::Neighbours;

/// DBSCAN: clusters are where samples are dense, the rest is noise.
///
/// A sample with at least `min_samples` samples, itself among them, at a distance of at most
/// `eps` is a core sample. Core samples within `eps` of each other are in one cluster; other
/// samples join the first cluster that has a core sample within `eps`, or are noise. Clusters
/// are numbered by their first core sample. The labels are those of scikit-learn, and distances
/// equal to `eps` count: they are decided in `f64`.
///
/// Costs about `n log n` in few dimensions, `n^2 d` at worst. Memory: two copies of the data,
/// and at most 64 MB or four times the data for neighbours; never `n x n`.
///
/// Ester, Kriegel, Sander and Xu, *A Density-Based Algorithm for Discovering Clusters in Large
/// Spatial Databases with Noise*, 1996. [`k_distances`] helps to choose `eps`.
///
/// ```
/// use ndarray::array;
/// use novelty_cluster::DbscanConfig;
/// use novelty_core::Fit;
///
/// let x = array![[0.0], [1.0], [2.0], [10.0], [11.0], [50.0]];
/// let model = DbscanConfig::new(1.0).min_samples(2).fit(x.view())?;
/// assert_eq!(model.labels(), [Some(0), Some(0), Some(0), Some(1), Some(1), None]);
/// # Ok::<(), novelty_cluster::ClusterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DbscanConfig {
    /// The radius of a neighbourhood, finite and above 0.
    pub eps: f64,
    /// Samples that make a neighbourhood dense, the sample itself among them; 5 by default.
    pub min_samples: usize,
}

impl DbscanConfig {
    /// Sets the radius of a neighbourhood.
    #[must_use]
    pub fn new(eps: f64) -> Self {
        Self { eps, min_samples: 5 }
    }

    /// Sets how many samples make a neighbourhood dense.
    #[must_use]
    pub fn min_samples(mut self, min_samples: usize) -> Self {
        self.min_samples = min_samples;
        self
    }

    /// Checks the settings by themselves.
    ///
    /// # Errors
    /// If a setting is outside its range.
    pub fn validate(&self) -> Result<(), ClusterError> {
        at_least_one("min_samples", self.min_samples)?;
        if self.eps.is_finite() && self.eps > 0.0 {
            return Ok(());
        }
        Err(InputError::setting("eps", self.eps, "finite and above 0").into())
    }
}

impl Fit<Features<'_>> for DbscanConfig {
    type Fitted = Dbscan;
    type Error = ClusterError;

    /// # Errors
    /// If a setting is out of range, or `x` is empty, not finite, or has 2^32 samples or more.
    fn fit(&self, x: Features<'_>) -> Result<Dbscan, ClusterError> {
        self.validate()?;
        let rows = checked(&x)?;
        if u32::try_from(x.nrows()).is_err() {
            let range = "less than 2^32";
            return Err(InputError::setting("n_samples", x.nrows(), range).into());
        }
        let found = clusters::find(&Neighbours::new(rows.view(), self.eps), self.min_samples);
        let cores: Vec<usize> = (0..x.nrows()).filter(|&sample| found.is_core[sample]).collect();
        Ok(Dbscan {
            eps: self.eps,
            core_features: rows.select(Axis(0), &cores),
            core_samples: cores,
            labels: found.labels,
            n_clusters: found.n_clusters,
        })
    }
}

/// A fitted [`DbscanConfig`].
///
/// New samples are assigned to the cluster of the nearest core sample within `eps`. That is
/// how a sample fitted to is labelled too, but where it is in reach of several clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Dbscan {
    eps: f64,
    core_features: Array2<f32>,
    core_samples: Vec<usize>,
    labels: Vec<Option<usize>>,
    n_clusters: usize,
}

impl Dbscan {
    /// The cluster of every sample fitted to; `None` for noise.
    #[must_use]
    pub fn labels(&self) -> &[Option<usize>] {
        &self.labels
    }

    /// Which samples are core samples, ascending.
    #[must_use]
    pub fn core_samples(&self) -> &[usize] {
        &self.core_samples
    }

    /// Clusters, which may be none.
    #[must_use]
    pub fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    /// Samples that are in no cluster.
    #[must_use]
    pub fn n_noise(&self) -> usize {
        self.labels.iter().filter(|label| label.is_none()).count()
    }

    fn label_within(&self, x: ndarray::ArrayView1<'_, f32>, core: usize) -> Option<usize> {
        let differences = x.iter().zip(self.core_features.row(core));
        let square: f64 = differences.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
        (square <= self.eps * self.eps).then(|| self.labels[self.core_samples[core]]).flatten()
    }
}

impl Assign<Features<'_>> for Dbscan {
    type Error = ClusterError;

    fn assign(&self, x: Features<'_>) -> Result<Vec<Option<usize>>, ClusterError> {
        let width = self.core_features.ncols();
        let rows = checked_for(&x, width)?;
        if self.core_samples.is_empty() {
            return Ok(vec![None; x.nrows()]);
        }
        let frame = Frame::of(&self.core_features.view());
        let place = |((_, feature), &value): ((usize, usize), &f32)| {
            frame.place(feature, f64::from(value)) as f32
        };
        let cores: Vec<f32> = self.core_features.indexed_iter().map(place).collect();
        let mut labels = vec![None; x.nrows()];
        labels.par_chunks_mut(8 * LANES).enumerate().for_each(|(index, labels)| {
            let first = index * 8 * LANES;
            let block = rows.slice_axis(Axis(0), (first..first + labels.len()).into());
            let (mut at, mut squares) = (vec![0; labels.len()], vec![0.0; labels.len()]);
            nearest(
                frame.panels(&block).range(0, labels.len()),
                &cores,
                width,
                &mut at,
                &mut squares,
            );
            for ((label, row), &core) in labels.iter_mut().zip(block.outer_iter()).zip(&at) {
                *label = self.label_within(row, core as usize);
            }
        });
        Ok(labels)
    }
}
