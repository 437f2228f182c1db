//! One cluster, or more?

use ndarray::{Array2, Axis};
use novelty_core::{Features, Fit};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::SelectNClustersConfig;
use crate::{ClusterError, KMeansConfig, PcaConfig};

/// Principal components the test looks at, at most.
const MAX_COMPONENTS: usize = 64;
/// The share of the samples at either end of a component that is drawn in to the rest.
const TAIL: f64 = 0.01;
/// Streams of the seed: those of the gap's reference sets begin after these.
pub(super) const GAP_STREAM: u64 = 1 << 32;

/// A test of one cluster against more.
///
/// The data is brought to its principal components, their outermost percents are drawn in, and
/// k-means tells how much of the variance `k` clusters leave, for all `k`. The same is done to
/// reference sets that are uniform along each component with the data's variance. Of all
/// unimodal symmetric distributions of a variance the uniform one gains most by a split in
/// two: what stands out against it is no single Gaussian, round or elongated, nor a
/// heavy-tailed or a flat cluster. Two equal Gaussians stand out from about 3.5 standard
/// deviations on; nearer ones are one.
///
/// A curved cluster, whose components depend on each other, can stand out too: of the ten digits
/// of MNIST, each alone in ten principal components, four do.
///
/// The statistic is the largest of the standardised gains over all `k`; its p-value is its
/// rank among those of the reference sets, `(1 + b) / (1 + n_references)`.
///
/// It follows Tibshirani, Walther and Hastie, *Estimating the Number of Clusters via the Gap
/// Statistic*, 2001, and Liu, Hayes, Nobel and Marron, *Statistical Significance of Clustering
/// for High-Dimension, Low-Sample Size Data*, 2008.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct OneClusterTest {
    /// The largest standardised gain.
    pub statistic: f64,
    /// The probability of such a gain, or a larger one, with one cluster; an upper bound where
    /// that is more peaked than uniform.
    pub p_value: f64,
    /// The number of clusters with the largest standardised gain.
    pub n_clusters: usize,
}

pub(super) fn test(
    x: &Features<'_>,
    config: &SelectNClustersConfig,
) -> Result<OneClusterTest, ClusterError> {
    let mut components = principal(x)?;
    components.axis_iter_mut(Axis(1)).for_each(|mut column| draw_in(&mut column));
    let observed = log_gains(&components.view(), config, config.seed)?;
    let widths: Vec<f32> = components.axis_iter(Axis(1)).map(|c| c.std(0.0)).collect();
    if widths.iter().all(|&width| width <= 0.0) {
        return Ok(OneClusterTest { statistic: 0.0, p_value: 1.0, n_clusters: 1 });
    }
    let references = (0..config.n_references).into_par_iter().map(|index| {
        let set = uniform(x.nrows(), &widths, config.seed, 1 + index as u64);
        log_gains(&set.view(), config, config.seed)
    });
    let references: Vec<Vec<f64>> = references.collect::<Result<_, _>>()?;
    Ok(rank(&observed, &references))
}

/// The coordinates along the principal components.
fn principal(x: &Features<'_>) -> Result<Array2<f32>, ClusterError> {
    let k = MAX_COMPONENTS.min(x.ncols()).min(x.nrows() - 1);
    let pca = PcaConfig::new(k).fit(*x)?;
    let scale = pca.singular_values()[0];
    // One scale for all: the test must not depend on the units, nor lose tiny ones.
    let z = pca.transform(*x)?;
    let scale = scale / (x.nrows() as f64).sqrt();
    Ok(if scale > 0.0 { z.mapv(|value| (f64::from(value) / scale) as f32) } else { z })
}

/// Draws the values beyond the outer quantiles in to those.
fn draw_in(column: &mut ndarray::ArrayViewMut1<'_, f32>) {
    let mut sorted = column.to_vec();
    sorted.sort_by(f32::total_cmp);
    let skipped = (TAIL * sorted.len() as f64).ceil() as usize;
    let (low, high) = (sorted[skipped], sorted[sorted.len() - 1 - skipped]);
    column.mapv_inplace(|value| value.clamp(low, high));
}

/// `ln (W_1 / W_k)` for `k` from 2 on, where `W` is the inertia.
fn log_gains(
    x: &Features<'_>,
    config: &SelectNClustersConfig,
    seed: u64,
) -> Result<Vec<f64>, ClusterError> {
    let inertia = |k: usize| -> Result<f64, ClusterError> {
        let k_means = KMeansConfig::new(k).n_init(config.n_init).seed(seed);
        Ok(k_means.fit(*x)?.inertia())
    };
    let one = inertia(1)?;
    // What is left of nothing, or nothing of it, is no gain that could be measured.
    let floor = one * 1e-12 + f64::MIN_POSITIVE;
    (2..=config.max_clusters).map(|k| Ok((one.max(floor) / inertia(k)?.max(floor)).ln())).collect()
}

fn uniform(n: usize, widths: &[f32], seed: u64, stream: u64) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    let reach = 3.0_f32.sqrt();
    Array2::from_shape_fn((n, widths.len()), |(_, j)| {
        widths[j] * reach * random.gen_range(-1.0_f32..1.0)
    })
}

fn rank(observed: &[f64], references: &[Vec<f64>]) -> OneClusterTest {
    let n = references.len() as f64;
    let moments: Vec<(f64, f64)> = (0..observed.len())
        .map(|at| {
            let mean = references.iter().map(|gains| gains[at]).sum::<f64>() / n;
            let squares: f64 = references.iter().map(|gains| (gains[at] - mean).powi(2)).sum();
            (mean, (squares / (n - 1.0)).sqrt().max(1e-12))
        })
        .collect();
    let largest = |gains: &[f64]| {
        let standardised = gains.iter().zip(&moments).map(|(gain, (mean, sd))| (gain - mean) / sd);
        let best =
            |best: (usize, f64), (at, z): (usize, f64)| if z > best.1 { (at, z) } else { best };
        standardised.enumerate().fold((0, f64::NEG_INFINITY), best)
    };
    let (at, statistic) = largest(observed);
    let beyond = references.iter().filter(|gains| largest(gains).1 >= statistic).count();
    let p_value = (1 + beyond) as f64 / (1.0 + n);
    OneClusterTest { statistic, p_value, n_clusters: at + 2 }
}
