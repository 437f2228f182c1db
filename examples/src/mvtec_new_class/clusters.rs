//! Structure in the codes: how many kinds of parts, and which image is of which.

use ndarray::{Array2, Axis};
use novelty_cluster::{
    ClusterCriterion, DbscanConfig, GaussianMixtureConfig, KMeansConfig, PcaConfig,
    SelectNClustersConfig, k_distances, select_n_clusters,
};
use novelty_core::{Assign, Features, Fit};
use novelty_metrics::{
    adjusted_mutual_information, adjusted_rand_index, silhouette_score, v_measure,
};
use serde::Serialize;

/// Clusters looked for at most.
const MAX_CLUSTERS: usize = 8;
/// Components that a longer code is reduced to.
const MAX_FEATURES: usize = 32;
/// Components in which clusters are counted.
const COUNTED_IN: usize = 10;
/// Images that make a dense region.
const MIN_SAMPLES: usize = 10;

/// Rules that count clusters, and their names.
pub const RULES: [(&str, ClusterCriterion); 4] = [
    ("silhouette", ClusterCriterion::Silhouette),
    ("bic", ClusterCriterion::Bic),
    ("gap", ClusterCriterion::Gap),
    ("stability", ClusterCriterion::Stability),
];

/// How well a clustering agrees with the kinds of parts.
#[derive(Debug, Clone, Serialize)]
pub struct Agreement {
    /// What made it.
    pub clustering: String,
    /// Its clusters.
    pub n_clusters: usize,
    /// Images that it puts into none.
    pub n_noise: usize,
    /// Homogeneity and completeness, their harmonic mean.
    pub v_measure: f64,
    /// The adjusted Rand index.
    pub adjusted_rand: f64,
    /// The adjusted mutual information.
    pub adjusted_mutual_information: f64,
    /// The mean silhouette; `null` of less than two clusters.
    pub silhouette: Option<f64>,
}

/// The clusterings of one model's codes.
#[derive(Debug, Clone, Serialize)]
pub struct Clusterings {
    /// Mean silhouettes of k-means with 2, 3, ... clusters.
    pub k_means: Vec<f64>,
    /// The same of Gaussian mixtures.
    pub mixture: Vec<f64>,
    /// The best of each, and DBSCAN, against the kinds.
    pub agreement: Vec<Agreement>,
}

/// Features of mean 0 and variance 1; constant ones become 0.
#[must_use]
pub(super) fn standardised(x: Features<'_>) -> Array2<f32> {
    let mean = x.mean_axis(Axis(0)).unwrap_or_default();
    let deviation = x.std_axis(Axis(0), 0.0).mapv(|d| if d > 1e-6 { d } else { 1.0 });
    (&x - &mean) / &deviation
}

/// The first principal components.
///
/// # Errors
/// If there are fewer than two images.
pub(super) fn reduced(x: Features<'_>, n: usize) -> anyhow::Result<Array2<f32>> {
    let n = n.min(x.ncols()).min(x.nrows().saturating_sub(1));
    Ok(PcaConfig::new(n).fit(x)?.transform(x)?)
}

/// Clusters codes as the notebook does, and measures how well that fits the kinds.
///
/// # Errors
/// If there are too few images to cluster.
pub fn cluster(codes: Features<'_>, kinds: &[usize], seed: u64) -> anyhow::Result<Clusterings> {
    let x = reduced(standardised(codes).view(), MAX_FEATURES)?;
    let counts = 2..=MAX_CLUSTERS.min(x.nrows() - 1);
    let (mut k_means, mut mixture) = (Vec::new(), Vec::new());
    for k in counts {
        let labels = KMeansConfig::new(k).n_init(10).seed(seed).fit(x.view())?.labels().to_vec();
        k_means.push((silhouette(&x, &labels), labels));
        let fitted = GaussianMixtureConfig::new(k).n_init(2).reg_covar(1e-3).seed(seed);
        let labels = fitted.fit(x.view())?.assign(x.view())?;
        let labels: Vec<usize> = labels.into_iter().flatten().collect();
        mixture.push((silhouette(&x, &labels), labels));
    }
    let eps = k_distances(x.view(), MIN_SAMPLES)?.suggested_eps();
    let dense = DbscanConfig::new(eps).min_samples(MIN_SAMPLES).fit(x.view())?;
    // Noise is a cluster of its own to the measures, as in the notebook.
    let n_clusters = dense.n_clusters();
    let dense: Vec<usize> = dense.labels().iter().map(|l| l.unwrap_or(n_clusters)).collect();
    let agreement = vec![
        best("k-means", &k_means, &x, kinds)?,
        best("Gaussian mixture", &mixture, &x, kinds)?,
        agreement("DBSCAN", &dense, n_clusters, &x, kinds)?,
    ];
    let curve = |of: &[(f64, Vec<usize>)]| of.iter().map(|(value, _)| *value).collect();
    Ok(Clusterings { k_means: curve(&k_means), mixture: curve(&mixture), agreement })
}

/// 0 where there is but one cluster.
fn silhouette(x: &Array2<f32>, labels: &[usize]) -> f64 {
    silhouette_score(x.view(), labels).unwrap_or(0.0)
}

fn best(
    name: &str,
    curve: &[(f64, Vec<usize>)],
    x: &Array2<f32>,
    kinds: &[usize],
) -> anyhow::Result<Agreement> {
    let highest = curve.iter().reduce(|a, b| if b.0 > a.0 { b } else { a });
    let labels = highest.map_or(&[][..], |(_, labels)| labels);
    let n_clusters = labels.iter().max().map_or(0, |label| label + 1);
    agreement(name, labels, n_clusters, x, kinds)
}

fn agreement(
    name: &str,
    labels: &[usize],
    n_clusters: usize,
    x: &Array2<f32>,
    kinds: &[usize],
) -> anyhow::Result<Agreement> {
    Ok(Agreement {
        clustering: name.to_owned(),
        n_clusters,
        n_noise: labels.iter().filter(|&&label| label == n_clusters).count(),
        v_measure: v_measure(kinds, labels)?.v_measure,
        adjusted_rand: adjusted_rand_index(kinds, labels)?,
        adjusted_mutual_information: adjusted_mutual_information(kinds, labels)?,
        silhouette: silhouette_score(x.view(), labels).ok(),
    })
}

/// How many clusters each rule finds among codes.
///
/// # Errors
/// If there are too few of them.
pub fn count(codes: Features<'_>, seed: u64, smoke: bool) -> anyhow::Result<Vec<usize>> {
    let x = reduced(standardised(codes).view(), COUNTED_IN)?;
    let config = SelectNClustersConfig::new()
        .max_clusters(MAX_CLUSTERS)
        .n_references(if smoke { 19 } else { 39 })
        .n_init(if smoke { 1 } else { 5 })
        .seed(seed);
    let n_of = |(_, criterion)| {
        anyhow::Ok(select_n_clusters(x.view(), &config.criterion(criterion))?.n_clusters)
    };
    RULES.into_iter().map(n_of).collect()
}
