use novelty_core::{Features, InputError};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::distances::{Rows, add_distances};
use super::points::Points;
use super::silhouette;
use crate::MetricsError;
use crate::partition::Partition;

/// Sampled rows that are worked on together.
const STRIP: usize = 64;

/// A value estimated from a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error; about 95 % of estimates lie within two of the true value.
    pub standard_error: f64,
    /// How many samples it rests on.
    pub n_sampled: usize,
}

/// An unbiased estimate of [`silhouette_score`](crate::silhouette_score) for sets whose
/// square is out of reach.
///
/// It draws `n_sampled` samples without replacement, and computes the silhouette of each
/// against all `n`: `O(n_sampled n d)`. (scikit-learn's `sample_size` leaves out the rest of
/// the data instead, which changes the very quantity.) The standard error is
/// `sd / sqrt(m) * sqrt(1 - m / n)`; with `m = n` the estimate is exact. The same seed gives
/// the same sample.
///
/// # Errors
/// As [`silhouette_samples`](crate::silhouette_samples), or if `n_sampled` is not in `2..=n`.
///
/// ```
/// use ndarray::array;
/// use novelty_metrics::silhouette_score_sampled;
///
/// let x = array![[0.0], [1.0], [10.0]];
/// let estimate = silhouette_score_sampled(x.view(), &[0, 0, 1], 3, 7)?;
/// assert!((estimate.value - 0.5963).abs() < 1e-4);
/// assert_eq!(estimate.standard_error, 0.0);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn silhouette_score_sampled(
    x: Features<'_>,
    labels: &[usize],
    n_sampled: usize,
    seed: u64,
) -> Result<Estimate, MetricsError> {
    let partition = Partition::of_features(&x, labels)?;
    let n = labels.len();
    if n_sampled < 2 || n_sampled > n {
        let range = "at least 2 and at most the number of samples";
        return Err(InputError::setting("n_sampled", n_sampled, range).into());
    }
    let points = Points::new(&x, &partition);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = rand::seq::index::sample(&mut random, n, n_sampled).into_vec();
    drawn.sort_unstable();
    let strips = drawn.par_chunks(STRIP).map(|drawn| strip(&partition, &points, drawn));
    let values = strips.collect::<Vec<_>>().concat();
    Ok(estimate(&values, n))
}

fn estimate(values: &[f64], n: usize) -> Estimate {
    let m = values.len() as f64;
    let mean = values.iter().sum::<f64>() / m;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let variance = squares / (m - 1.0) / m * (1.0 - m / n as f64);
    Estimate { value: mean, standard_error: variance.sqrt(), n_sampled: values.len() }
}

/// The silhouettes of the samples drawn, given by their ascending places in the partition.
fn strip(partition: &Partition, points: &Points, drawn: &[usize]) -> Vec<f64> {
    let width = points.rows(0, 1).width;
    let values: Vec<f32> =
        drawn.iter().flat_map(|&place| points.rows(place, place + 1).values).copied().collect();
    let mut own = vec![(0.0, 0); drawn.len()];
    let mut nearest = vec![f64::INFINITY; drawn.len()];
    for cluster in 0..partition.n_clusters() {
        let size = partition.size(cluster);
        let mut sums = vec![0.0; drawn.len()];
        let rows = Rows { values: &values, width };
        add_distances(rows, points.panels(cluster, size, 0), &mut sums, &mut []);
        let members = partition.starts[cluster]..partition.starts[cluster + 1];
        for (at, sum) in sums.into_iter().enumerate() {
            if members.contains(&drawn[at]) {
                own[at] = (sum, size - 1);
            } else {
                nearest[at] = nearest[at].min(sum / size as f64);
            }
        }
    }
    own.iter().zip(nearest).map(|(&(sum, others), b)| silhouette(sum, others, b)).collect()
}
