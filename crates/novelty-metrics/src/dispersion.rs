//! Clusterings judged by centroids.

use ndarray::{Array1, ArrayView1};
use novelty_core::Features;
use rayon::prelude::*;

use crate::MetricsError;
use crate::partition::Partition;

/// Where a cluster lies and how wide it is.
struct Cluster {
    size: f64,
    centroid: Array1<f64>,
    /// The sum of the squared distances to the centroid.
    squares: f64,
    /// The mean distance to the centroid.
    spread: f64,
}

impl Cluster {
    fn new(x: &Features<'_>, members: &[usize]) -> Self {
        let size = members.len() as f64;
        let mut centroid = Array1::zeros(x.ncols());
        for &sample in members {
            centroid.zip_mut_with(&x.row(sample), |sum, &value| *sum += f64::from(value));
        }
        centroid /= size;
        let square = |sample: &usize| squared_distance(x.row(*sample), &centroid);
        let squares: Vec<f64> = members.iter().map(square).collect();
        let spread = squares.iter().map(|square| square.sqrt()).sum::<f64>() / size;
        Self { size, squares: squares.iter().sum(), spread, centroid }
    }

    fn all(x: &Features<'_>, labels: &[usize]) -> Result<Vec<Self>, MetricsError> {
        let partition = Partition::of_features(x, labels)?;
        let clusters = (0..partition.n_clusters()).into_par_iter();
        Ok(clusters.map(|cluster| Self::new(x, partition.members(cluster))).collect())
    }
}

fn squared_distance(row: ArrayView1<'_, f32>, centroid: &Array1<f64>) -> f64 {
    row.iter().zip(centroid).map(|(&value, mean)| (f64::from(value) - mean).powi(2)).sum()
}

fn distance(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// The Davies-Bouldin index: how wide clusters are against the distance to the worst
/// neighbour. Lower is better, 0 is the least.
///
/// `DB = 1/k sum_i max_{j != i} (s_i + s_j) / d_ij`, with `s` the mean distance of a cluster's
/// samples to its centroid and `d` that of two centroids. Clusters of equal centroid do not
/// compare, as in scikit-learn; where all centroids are equal, or all samples are on theirs,
/// the index is 0. scikit-learn calls everything below 1e-8 zero; here only zero is, so the
/// index does not depend on the scale of the data.
///
/// `O(n d + k^2 d)`: the cheap alternative to [`silhouette_score`](crate::silhouette_score)
/// for round clusters.
///
/// Source: Davies and Bouldin, A cluster separation measure, IEEE TPAMI 1 (1979).
///
/// # Errors
/// As [`silhouette_samples`](crate::silhouette_samples).
///
/// ```
/// use ndarray::array;
/// use novelty_metrics::davies_bouldin_score;
///
/// let x = array![[0.0, 1.0], [1.0, 1.0], [3.0, 4.0]];
/// let index = davies_bouldin_score(x.view(), &[0, 0, 1])?;
/// assert!((index - 0.5 / 15.25_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn davies_bouldin_score(x: Features<'_>, labels: &[usize]) -> Result<f64, MetricsError> {
    let clusters = Cluster::all(&x, labels)?;
    let worst = |cluster: &Cluster| {
        let ratio = |other: &Cluster| {
            let apart = distance(&cluster.centroid, &other.centroid);
            if apart > 0.0 { (cluster.spread + other.spread) / apart } else { 0.0 }
        };
        clusters.iter().map(ratio).fold(0.0, f64::max)
    };
    let worst: Vec<f64> = clusters.par_iter().map(worst).collect();
    Ok(worst.iter().sum::<f64>() / clusters.len() as f64)
}

/// The Calinski-Harabasz index, or variance ratio: the spread of the centroids against that
/// of the samples around them. Higher is better, without an upper limit.
///
/// `CH = (B / (k - 1)) / (W / (n - k))`, with `B = sum_c n_c |m_c - m|^2` and
/// `W = sum_c sum_{i in c} |x_i - m_c|^2`; 1 if `W` is 0, as in scikit-learn. `O(n d)`.
///
/// Source: Calinski and Harabasz, A dendrite method for cluster analysis, Communications in
/// Statistics 3 (1974).
///
/// # Errors
/// As [`silhouette_samples`](crate::silhouette_samples).
///
/// ```
/// use ndarray::array;
/// use novelty_metrics::calinski_harabasz_score;
///
/// let x = array![[0.0], [2.0], [10.0], [12.0]];
/// assert_eq!(calinski_harabasz_score(x.view(), &[0, 0, 1, 1])?, 50.0);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn calinski_harabasz_score(x: Features<'_>, labels: &[usize]) -> Result<f64, MetricsError> {
    let clusters = Cluster::all(&x, labels)?;
    let (n, k) = (labels.len() as f64, clusters.len() as f64);
    let mut mean = Array1::zeros(x.ncols());
    for cluster in &clusters {
        mean.scaled_add(cluster.size / n, &cluster.centroid);
    }
    let square = |cluster: &Cluster| cluster.size * distance(&cluster.centroid, &mean).powi(2);
    let between: f64 = clusters.iter().map(square).sum();
    let within: f64 = clusters.iter().map(|cluster| cluster.squares).sum();
    if within <= 0.0 {
        return Ok(1.0);
    }
    Ok(between * (n - k) / (within * (k - 1.0)))
}
