use ndarray::{Array2, Axis};
use novelty_cluster::{
    CovarianceKind, DbscanConfig, GaussianMixtureConfig, KMeansConfig, PcaConfig,
};
use novelty_core::{Features, Fit, InputError};
use novelty_metrics::silhouette_score;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::MonitorError;

/// Data sets of one cluster that the best silhouette is held against: it must beat all.
const N_NULL: u64 = 19;

/// How the buffer is clustered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum BufferClustering {
    /// DBSCAN: clusters are dense, and what lies alone is noise. Its reach comes from the known
    /// classes: so many images of one class, drawn at random, must mostly hold together.
    Density {
        /// Images within reach of a core image, itself counted; at least 2. 4 by default.
        min_samples: usize,
        /// The share of images of a known class that would be core images, in (0, 1). 0.5 by
        /// default.
        core_share: f64,
    },
    /// Principal components, then k-means, with the number of clusters of highest silhouette; one
    /// cluster, if data drawn from a Gaussian of the same variances reaches it too.
    Centroids {
        /// Principal components, at least 1.
        n_components: usize,
        /// Clusters at most, at least 2.
        max_clusters: usize,
    },
    /// Principal components, then a Gaussian mixture with diagonal covariances, with the number of
    /// components of lowest Bayesian information criterion; one is among them.
    Mixture {
        /// Principal components, at least 1.
        n_components: usize,
        /// Gaussians at most, at least 1.
        max_clusters: usize,
    },
}

impl Default for BufferClustering {
    fn default() -> Self {
        Self::Density { min_samples: 4, core_share: 0.5 }
    }
}

impl BufferClustering {
    pub(super) fn validate(self, min_class_size: usize) -> Result<(), InputError> {
        let (n_components, max_clusters, least) = match self {
            Self::Density { min_samples, core_share } => {
                if min_samples < 2 || min_samples > min_class_size {
                    let range = "at least 2, at most min_class_size";
                    return Err(InputError::setting("min_samples", min_samples, range));
                }
                if core_share > 0.0 && core_share < 1.0 {
                    return Ok(());
                }
                return Err(InputError::setting("core_share", core_share, "above 0 and below 1"));
            }
            Self::Centroids { n_components, max_clusters } => (n_components, max_clusters, 2),
            Self::Mixture { n_components, max_clusters } => (n_components, max_clusters, 1),
        };
        if n_components == 0 {
            return Err(InputError::setting("n_components", 0, "at least 1"));
        }
        if max_clusters < least {
            return Err(InputError::setting(
                "max_clusters",
                max_clusters,
                "at least 2 (mixture: 1)",
            ));
        }
        Ok(())
    }

    /// The cluster of every row; `None` for noise.
    pub(super) fn assign(
        self,
        rows: Features<'_>,
        reach: f64,
        seed: u64,
    ) -> Result<Vec<Option<usize>>, MonitorError> {
        if rows.nrows() < 4 {
            return Ok(vec![None; rows.nrows()]);
        }
        Ok(match self {
            Self::Density { min_samples, .. } => {
                let config = DbscanConfig::new(reach).min_samples(min_samples);
                config.fit(rows)?.labels().to_vec()
            }
            Self::Centroids { n_components, max_clusters } => {
                let low = reduce(rows, n_components)?;
                by_silhouette(&low, max_clusters, seed)?.into_iter().map(Some).collect()
            }
            Self::Mixture { n_components, max_clusters } => {
                let low = reduce(rows, n_components)?;
                by_information(&low, max_clusters, seed)?.into_iter().map(Some).collect()
            }
        })
    }
}

fn reduce(rows: Features<'_>, n_components: usize) -> Result<Array2<f32>, MonitorError> {
    let limit = (rows.nrows() - 1).min(rows.ncols());
    Ok(PcaConfig::new(n_components.min(limit)).fit(rows)?.transform(rows)?)
}

/// The best silhouette of two clusters or more, and its labels; `None` where there are too few
/// distinct rows for two.
fn best_silhouette(
    rows: &Array2<f32>,
    max_clusters: usize,
    seed: u64,
) -> Result<Option<(f64, Vec<usize>)>, MonitorError> {
    let mut best: Option<(f64, Vec<usize>)> = None;
    for k in 2..=max_clusters.min(rows.nrows() - 1) {
        let clusters = KMeansConfig::new(k).seed(seed).n_init(3).fit(rows.view())?;
        if clusters.cluster_sizes().contains(&0) {
            break;
        }
        let score = silhouette_score(rows.view(), clusters.labels())?;
        if best.as_ref().is_none_or(|(highest, _)| score > *highest) {
            best = Some((score, clusters.labels().to_vec()));
        }
    }
    Ok(best)
}

fn by_silhouette(
    rows: &Array2<f32>,
    max_clusters: usize,
    seed: u64,
) -> Result<Vec<usize>, MonitorError> {
    let one = vec![0; rows.nrows()];
    if is_constant(rows) {
        return Ok(one);
    }
    let Some((score, labels)) = best_silhouette(rows, max_clusters, seed)? else {
        return Ok(one);
    };
    let deviations = rows.std_axis(Axis(0), 0.0);
    for number in 0..N_NULL {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        let null = Array2::from_shape_fn(rows.dim(), |(_, j)| deviations[j] * normal(&mut rng));
        if best_silhouette(&null, max_clusters, seed)?.is_some_and(|(other, _)| other >= score) {
            return Ok(one);
        }
    }
    Ok(labels)
}

/// By Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let (u, v): (f64, f64) = (rng.gen_range(1e-12..1.0), rng.gen_range(0.0..1.0));
    ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
}

fn by_information(
    rows: &Array2<f32>,
    max_clusters: usize,
    seed: u64,
) -> Result<Vec<usize>, MonitorError> {
    let mut best = (f64::INFINITY, vec![0; rows.nrows()]);
    if is_constant(rows) {
        return Ok(best.1);
    }
    // Not less than a thousandth of the mean variance: no component shrinks to one image.
    let variance = f64::from(rows.var_axis(Axis(0), 0.0).mean().unwrap_or(1.0));
    for k in 1..=max_clusters.min(rows.nrows() / 2) {
        let config = GaussianMixtureConfig::new(k).covariance(CovarianceKind::Diagonal);
        let mixture = config.reg_covar(1e-3 * variance).seed(seed).fit(rows.view())?;
        let criterion = mixture.bic(rows.view())?;
        if criterion < best.0 {
            let shares = mixture.responsibilities(rows.view())?;
            let largest = |row: ndarray::ArrayView1<'_, f64>| {
                let pairs = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
                pairs.map_or(0, |(cluster, _)| cluster)
            };
            best = (criterion, shares.outer_iter().map(largest).collect());
        }
    }
    Ok(best.1)
}

fn is_constant(rows: &Array2<f32>) -> bool {
    rows.outer_iter().all(|row| row == rows.row(0))
}
