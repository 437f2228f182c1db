use faer::Mat;
use ndarray::Array1;
use novelty_core::{Features, InputError};

use super::solve::{Solution, of_rows};
use super::{Pca, check_rank};
use crate::ClusterError;
use crate::distances::mean_of_rows;
use crate::input::{at_least_one, checked, checked_for};

/// Principal components of data that comes in batches and need not fit in memory.
///
/// After each batch it keeps the mean, the total variance, and the `n_components` best
/// directions so far; those and the batch are decomposed together. What falls below the kept
/// directions is lost, so that the components are approximate; mean and total variance are
/// exact. Memory: the batch in `f64` twice, and `n_components` directions.
///
/// Ross, Lim, Lin and Yang, *Incremental Learning for Robust Visual Tracking*, 2008.
///
/// ```
/// use ndarray::{Array2, s};
/// use novelty_cluster::IncrementalPca;
///
/// let line = Array2::from_shape_fn((90, 3), |(i, j)| i as f32 * [1.0, 2.0, -1.0][j]);
/// let mut incremental = IncrementalPca::new(1);
/// for batch in 0..3 {
///     incremental.update(line.slice(s![30 * batch..30 * (batch + 1), ..]))?;
/// }
/// let pca = incremental.finish()?;
/// assert!((pca.explained_variance_ratio()[0] - 1.0).abs() < 1e-9);
/// # Ok::<(), novelty_cluster::ClusterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct IncrementalPca {
    n_components: usize,
    whiten: bool,
    n_samples: usize,
    mean: Vec<f64>,
    /// The sum of the squared distances to the mean.
    scatter: f64,
    /// Directions as rows, each times its singular value.
    weighted: Mat<f64>,
}

impl IncrementalPca {
    /// Keeps a number of directions.
    #[must_use]
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            whiten: false,
            n_samples: 0,
            mean: Vec::new(),
            scatter: 0.0,
            weighted: Mat::zeros(0, 0),
        }
    }

    /// Sets whether coordinates are divided by their standard deviation.
    #[must_use]
    pub fn whiten(mut self, whiten: bool) -> Self {
        self.whiten = whiten;
        self
    }

    /// Samples so far.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// Takes a batch of any size in.
    ///
    /// # Errors
    /// If `n_components` is 0, the batch is empty or not finite, or has another number of
    /// features than the first; what came before stays as it is.
    pub fn update(&mut self, x: Features<'_>) -> Result<(), ClusterError> {
        at_least_one("n_components", self.n_components)?;
        let rows = checked(&x)?;
        if self.n_samples > 0 {
            checked_for(&x, self.mean.len())?;
        }
        let (batch, d) = x.dim();
        let batch_mean = mean_of_rows(&rows.view());
        let before = if self.n_samples == 0 { batch_mean.clone() } else { self.mean.clone() };
        let (old, new) = (self.n_samples as f64, batch as f64);
        // The two means are one sample more, of this weight.
        let weight = (old * new / (old + new)).sqrt();
        let kept = self.weighted.nrows();
        let stacked = Mat::from_fn(kept + batch + 1, d, |i, j| {
            if i < kept {
                self.weighted[(i, j)]
            } else if i < kept + batch {
                f64::from(rows[[i - kept, j]]) - batch_mean[j]
            } else {
                weight * (before[j] - batch_mean[j])
            }
        });
        let rank = self.n_components.min(kept + batch).min(d);
        let solution = of_rows(stacked.as_ref(), rank)?;
        let added = solution.trace - squares(&self.weighted);
        self.weighted = weighted(&solution);
        self.scatter += added;
        self.mean = before
            .iter()
            .zip(&batch_mean)
            .map(|(old_mean, new_mean)| old_mean + (new_mean - old_mean) * new / (old + new))
            .collect();
        self.n_samples += batch;
        Ok(())
    }

    /// The components of all batches so far.
    ///
    /// # Errors
    /// If there were fewer than two samples, or fewer samples or features than components.
    pub fn finish(&self) -> Result<Pca, ClusterError> {
        if self.n_samples < 2 {
            return Err(InputError::Empty { place: "features (of two samples at least)" }.into());
        }
        let d = self.mean.len();
        check_rank(self.n_components, self.n_samples, d)?;
        let k = self.n_components;
        let has = self.weighted.nrows();
        let directions =
            Mat::from_fn(d, k, |i, j| if j < has { self.weighted[(j, i)] } else { 0.0 });
        let values = (0..k).map(|j| directions.col(j).squared_norm_l2()).collect();
        let solution = Solution { directions, values, trace: self.scatter };
        Ok(Pca::new(Array1::from_vec(self.mean.clone()), solution, self.n_samples, self.whiten))
    }
}

fn squares(rows: &Mat<f64>) -> f64 {
    if rows.nrows() == 0 { 0.0 } else { rows.squared_norm_l2() }
}

/// The directions of a solution as rows, each times its singular value.
fn weighted(solution: &Solution) -> Mat<f64> {
    let lengths: Vec<f64> = (0..solution.values.len())
        .map(|at| {
            let norm = solution.directions.col(at).norm_l2();
            if norm > 0.0 { solution.values[at].max(0.0).sqrt() / norm } else { 0.0 }
        })
        .collect();
    Mat::from_fn(lengths.len(), solution.directions.nrows(), |i, j| {
        solution.directions[(j, i)] * lengths[i]
    })
}
