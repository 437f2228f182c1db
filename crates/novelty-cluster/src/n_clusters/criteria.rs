//! The curves among which a number of clusters is chosen.

use ndarray::{Array2, Axis};
use novelty_core::{Assign, Features, Fit};
use novelty_metrics::{adjusted_rand_index, silhouette_score};
use rand::Rng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::null::GAP_STREAM;
use super::{CriterionAt, SelectNClustersConfig};
use crate::{ClusterError, GaussianMixtureConfig, KMeans, KMeansConfig, PcaConfig};

type Curve = Vec<CriterionAt>;

/// Where the stability's halves begin among the streams of the seed.
const HALVES_STREAM: u64 = 2 << 32;
/// Pairs of halves at most: their agreement varies little.
const MAX_PAIRS: usize = 20;

fn k_means(
    x: &Features<'_>,
    k: usize,
    config: &SelectNClustersConfig,
) -> Result<KMeans, ClusterError> {
    KMeansConfig::new(k).n_init(config.n_init).seed(config.seed).fit(*x)
}

fn at(n_clusters: usize, value: f64, standard_error: f64) -> CriterionAt {
    CriterionAt { n_clusters, value, standard_error }
}

/// The first of the highest values.
fn highest(curve: &[CriterionAt]) -> usize {
    let better = |a: CriterionAt, b: &CriterionAt| if b.value > a.value { *b } else { a };
    curve.iter().fold(at(1, f64::NEG_INFINITY, 0.0), better).n_clusters
}

pub(super) fn silhouette(
    x: &Features<'_>,
    space: &Features<'_>,
    config: &SelectNClustersConfig,
) -> Result<(Curve, usize), ClusterError> {
    let value = |k: usize| -> Result<CriterionAt, ClusterError> {
        let labels = k_means(x, k, config)?.labels().to_vec();
        // Equal samples may leave a single cluster, of which there is no silhouette.
        Ok(at(k, silhouette_score(*space, &labels).unwrap_or(0.0), 0.0))
    };
    let curve: Curve = (2..=config.max_clusters).map(value).collect::<Result<_, _>>()?;
    let best = highest(&curve);
    Ok((curve, best))
}

pub(super) fn bic(
    x: &Features<'_>,
    config: &SelectNClustersConfig,
) -> Result<(Curve, usize), ClusterError> {
    // Regularisation has the units of the data squared.
    let variance = x.mapv(f64::from).var_axis(Axis(0), 0.0).mean().unwrap_or(0.0);
    let reg_covar = if variance > 0.0 { 1e-6 * variance } else { 1e-6 };
    let value = |k: usize| -> Result<CriterionAt, ClusterError> {
        let mixture = GaussianMixtureConfig::new(k)
            .n_init(config.n_init.min(3))
            .reg_covar(reg_covar)
            .seed(config.seed)
            .fit(*x)?;
        Ok(at(k, mixture.bic(*x)?, 0.0))
    };
    let curve: Curve = (1..=config.max_clusters).map(value).collect::<Result<_, _>>()?;
    let lower = |a: CriterionAt, b: &CriterionAt| if b.value < a.value { *b } else { a };
    let best = curve[1..].iter().fold(at(2, f64::INFINITY, 0.0), lower).n_clusters;
    Ok((curve, best))
}

pub(super) fn gap(
    x: &Features<'_>,
    config: &SelectNClustersConfig,
) -> Result<(Curve, usize), ClusterError> {
    let k = x.ncols().min(x.nrows());
    let z = PcaConfig::new(k).fit(*x)?.transform(*x)?;
    let observed = log_inertias(&z.view(), config)?;
    let sides: Vec<(f32, f32)> = z
        .axis_iter(Axis(1))
        .map(|column| {
            let low = column.iter().copied().fold(f32::INFINITY, f32::min);
            (low, column.iter().copied().fold(low, f32::max))
        })
        .collect();
    let references = (0..config.n_references).into_par_iter().map(|index| {
        let mut random = ChaCha8Rng::seed_from_u64(config.seed);
        random.set_stream(GAP_STREAM + index as u64);
        let set = Array2::from_shape_fn(z.dim(), |(_, j)| {
            let (low, high) = sides[j];
            low + (high - low) * random.gen_range(0.0_f32..1.0)
        });
        log_inertias(&set.view(), config)
    });
    let references: Vec<Vec<f64>> = references.collect::<Result<_, _>>()?;
    let n = references.len() as f64;
    let value = |(index, observed): (usize, &f64)| {
        let mean = references.iter().map(|logs| logs[index]).sum::<f64>() / n;
        let squares: f64 = references.iter().map(|logs| (logs[index] - mean).powi(2)).sum();
        at(index + 1, mean - observed, (squares / n * (1.0 + 1.0 / n)).sqrt())
    };
    let curve: Curve = observed.iter().enumerate().map(value).collect();
    let is_enough = |pair: &&[CriterionAt]| pair[0].value >= pair[1].value - pair[1].standard_error;
    let first = curve[1..].windows(2).find(is_enough).map(|pair| pair[0].n_clusters);
    let best = first.unwrap_or_else(|| highest(&curve[1..]));
    Ok((curve, best))
}

fn log_inertias(
    x: &Features<'_>,
    config: &SelectNClustersConfig,
) -> Result<Vec<f64>, ClusterError> {
    let log = |k| Ok(k_means(x, k, config)?.inertia().max(f64::MIN_POSITIVE).ln());
    (1..=config.max_clusters).map(log).collect()
}

pub(super) fn stability(
    x: &Features<'_>,
    config: &SelectNClustersConfig,
) -> Result<(Curve, usize), ClusterError> {
    let limit = config.max_clusters.min(x.nrows() / 2);
    let curve: Curve = (2..=limit).map(|k| agreement(x, k, config)).collect::<Result<_, _>>()?;
    let best = curve
        .iter()
        .fold(at(2, f64::NEG_INFINITY, 0.0), |a, b| if b.value > a.value { *b } else { a });
    let near = |point: &&CriterionAt| point.value >= best.value - best.standard_error;
    let chosen = curve.iter().rfind(near).map_or(2, |point| point.n_clusters);
    Ok((curve, chosen))
}

/// The mean adjusted Rand index of clusterings of two halves, carried over to all samples.
fn agreement(
    x: &Features<'_>,
    k: usize,
    config: &SelectNClustersConfig,
) -> Result<CriterionAt, ClusterError> {
    let n_pairs = config.n_references.min(MAX_PAIRS);
    let pairs = (0..n_pairs).into_par_iter().map(|pair| -> Result<f64, ClusterError> {
        let mut random = ChaCha8Rng::seed_from_u64(config.seed);
        random.set_stream(HALVES_STREAM + pair as u64);
        let order = sample(&mut random, x.nrows(), x.nrows()).into_vec();
        let (first, second) = order.split_at(x.nrows() / 2);
        let labels = |half: &[usize]| -> Result<Vec<usize>, ClusterError> {
            let model = k_means(&x.select(Axis(0), half).view(), k, config)?;
            Ok(model.assign(*x)?.into_iter().flatten().collect())
        };
        Ok(adjusted_rand_index(&labels(first)?, &labels(second)?).unwrap_or(0.0))
    });
    let values: Vec<f64> = pairs.collect::<Result<_, _>>()?;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Ok(at(k, mean, (squares / (n - 1.0) / n).sqrt()))
}
