//! The silhouette of a clustering.

mod distances;
mod points;
mod sampled;

use std::sync::atomic::{AtomicU64, Ordering};

use novelty_core::Features;
use rayon::prelude::*;

use crate::MetricsError;
use crate::partition::Partition;
use distances::{LANES, add_distances};
use points::Points;
pub use sampled::{Estimate, silhouette_score_sampled};

/// Strips that a cluster's rows are cut into at most, and rows a strip at least.
const MAX_STRIPS: usize = 16;
const MIN_STRIP: usize = 16 * LANES;

/// The silhouette of every sample, in input order: how much nearer it is to its own cluster
/// than to the next.
///
/// `s = (b - a) / max(a, b)`, where `a` is the mean Euclidean distance to the other samples
/// of its cluster and `b` the lowest mean distance to the samples of another. It lies in
/// `[-1, 1]`; a sample alone in its cluster has 0, as has one with `a = b = 0`.
///
/// `x` is `(n_samples, n_features)`; labels are any numbers. Leave noise out before: a label
/// for it would count as a cluster. `O(n^2 d)` time with every pair of samples computed
/// once, `O(n d)` memory: distances are streamed, block by block, into the sums of their
/// clusters, and none is kept. Where the square is out of reach, see
/// [`silhouette_score_sampled`].
///
/// Source: Rousseeuw, Silhouettes: a graphical aid to the interpretation and validation of
/// cluster analysis, Journal of Computational and Applied Mathematics 20 (1987).
///
/// # Errors
/// If the lengths differ, `x` is empty or holds a value that is not finite, or the number of
/// clusters is not in `2..=n - 1`.
///
/// ```
/// use ndarray::array;
/// use novelty_metrics::silhouette_samples;
///
/// let samples = silhouette_samples(array![[0.0], [1.0], [10.0]].view(), &[0, 0, 1])?;
/// assert_eq!(samples, [0.9, 8.0 / 9.0, 0.0]);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn silhouette_samples(x: Features<'_>, labels: &[usize]) -> Result<Vec<f64>, MetricsError> {
    let partition = Partition::of_features(&x, labels)?;
    let points = Points::new(&x, &partition);
    // Distances are not negative, so their bits are ordered as they are.
    let nearest: Vec<AtomicU64> =
        labels.iter().map(|_| AtomicU64::new(f64::INFINITY.to_bits())).collect();
    let pairs = Pairs { partition: &partition, points: &points };
    let own: Vec<Vec<f64>> = (0..partition.n_clusters())
        .into_par_iter()
        .with_max_len(1)
        .map(|cluster| {
            for other in cluster + 1..partition.n_clusters() {
                pairs.lower_nearest(cluster, other, &nearest);
            }
            pairs.within(cluster)
        })
        .collect();
    let mut samples = vec![0.0; labels.len()];
    for (cluster, sums) in own.iter().enumerate() {
        let others = partition.size(cluster) - 1;
        let nearest = &nearest[partition.starts[cluster]..];
        for ((&sample, sum), b) in partition.members(cluster).iter().zip(sums).zip(nearest) {
            let b = f64::from_bits(b.load(Ordering::Relaxed));
            samples[sample] = silhouette(*sum, others, b);
        }
    }
    Ok(samples)
}

/// The mean of [`silhouette_samples`]: 1 is well separated, 0 is overlapping, below 0 is
/// wrongly assigned.
///
/// It cannot tell whether there is more than one cluster at all, since it needs two.
///
/// # Errors
/// As [`silhouette_samples`].
///
/// ```
/// use ndarray::array;
/// use novelty_metrics::silhouette_score;
///
/// let score = silhouette_score(array![[0.0], [1.0], [10.0]].view(), &[0, 0, 1])?;
/// assert!((score - 0.5963).abs() < 1e-4);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn silhouette_score(x: Features<'_>, labels: &[usize]) -> Result<f64, MetricsError> {
    let samples = silhouette_samples(x, labels)?;
    Ok(samples.iter().sum::<f64>() / samples.len() as f64)
}

fn silhouette(own_sum: f64, n_others: usize, b: f64) -> f64 {
    if n_others == 0 {
        return 0.0;
    }
    let a = own_sum / n_others as f64;
    let larger = a.max(b);
    if larger == 0.0 { 0.0 } else { (b - a) / larger }
}

/// Sums of distances between and within clusters.
struct Pairs<'a> {
    partition: &'a Partition,
    points: &'a Points,
}

/// What one strip of rows adds: to its own sums, and to those of the columns.
type Sums = (Vec<f64>, Vec<f64>);

impl Pairs<'_> {
    /// Lowers the nearest mean distance of the samples of two clusters by that to the other.
    fn lower_nearest(&self, cluster: usize, other: usize, nearest: &[AtomicU64]) {
        let size = self.partition.size(other);
        let strips = self.strips(cluster, |start, end| {
            let mut sums = (vec![0.0; end - start], vec![0.0; size]);
            let panels = self.points.panels(other, size, 0);
            let first = self.partition.starts[cluster];
            let rows = self.points.rows(first + start, first + end);
            add_distances(rows, panels, &mut sums.0, &mut sums.1);
            sums
        });
        let mut columns = vec![0.0; size];
        let mut row = self.partition.starts[cluster];
        for (row_sums, column_sums) in &strips {
            for sum in row_sums {
                lower(&nearest[row], sum / size as f64);
                row += 1;
            }
            add(&mut columns, column_sums);
        }
        let n_rows = self.partition.size(cluster) as f64;
        for (nearest, sum) in nearest[self.partition.starts[other]..].iter().zip(&columns) {
            lower(nearest, sum / n_rows);
        }
    }

    /// The sums of the distances of a cluster's samples to one another.
    fn within(&self, cluster: usize) -> Vec<f64> {
        let size = self.partition.size(cluster);
        let strips = self.strips(cluster, |start, end| self.triangle_strip(cluster, start, end));
        let mut sums = vec![0.0; size];
        let mut row = 0;
        for (row_sums, column_sums) in &strips {
            let end = row + row_sums.len();
            add(&mut sums[row..end], row_sums);
            add(&mut sums[end..], column_sums);
            row = end;
        }
        sums
    }

    /// A strip of a cluster against itself, and against what comes after it in both
    /// directions.
    fn triangle_strip(&self, cluster: usize, start: usize, end: usize) -> Sums {
        let size = self.partition.size(cluster);
        let first = self.partition.starts[cluster];
        let rows = self.points.rows(first + start, first + end);
        let mut sums = (vec![0.0; end - start], vec![0.0; size - end]);
        add_distances(rows, self.points.panels(cluster, end, start), &mut sums.0, &mut []);
        if end < size {
            let after = self.points.panels(cluster, size, end);
            add_distances(rows, after, &mut sums.0, &mut sums.1);
        }
        sums
    }

    /// Cuts a cluster into strips by its size alone, so that the sums do not depend on the
    /// number of threads.
    fn strips(&self, cluster: usize, sum: impl Fn(usize, usize) -> Sums + Sync) -> Vec<Sums> {
        let size = self.partition.size(cluster);
        let len = size.div_ceil(MAX_STRIPS).next_multiple_of(LANES).max(MIN_STRIP);
        if size <= len {
            return vec![sum(0, size)];
        }
        let n_strips = size.div_ceil(len);
        let strips = (0..n_strips).into_par_iter().with_max_len(1);
        strips.map(|strip| sum(strip * len, size.min((strip + 1) * len))).collect()
    }
}

fn lower(nearest: &AtomicU64, mean: f64) {
    nearest.fetch_min(mean.to_bits(), Ordering::Relaxed);
}

fn add(sums: &mut [f64], parts: &[f64]) {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum += part;
    }
}
