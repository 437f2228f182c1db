use ndarray::Array2;
use novelty_cluster::{GaussianMixtureConfig, KMeansConfig};
use novelty_core::{Assign, Features, Fit};
use novelty_metrics::{adjusted_rand_index, silhouette_score};
use novelty_scoring::KNearestNeighborsConfig;
use serde::Serialize;

/// Embeddings of images, and their classes.
#[derive(Debug)]
pub struct Embedded<'a> {
    /// `(n, size)`.
    pub features: Array2<f32>,
    /// Counted from 0.
    pub classes: &'a [usize],
}

/// How well classes lie apart in an embedding. Higher is better in each.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Separation {
    /// The share of unseen images whose nearest training image is of their class.
    pub neighbour_accuracy: f64,
    /// Mean silhouette of unseen images by their classes, -1 to 1.
    pub silhouette: f64,
    /// Adjusted Rand index of the classes and of k-means, told their number; 0 is chance.
    pub kmeans_ari: f64,
    /// The same of a Gaussian mixture.
    pub mixture_ari: f64,
    /// How many clusters, of 2 to 8, the best silhouette of k-means says there are.
    pub n_found: usize,
}

/// The numbers of clusters tried when nobody says how many there are, as in *data_drift*.
const TRIED: std::ops::RangeInclusive<usize> = 2..=8;

impl Separation {
    /// Measures unseen images against those learned from; distances are Euclidean in the
    /// embedding as it is.
    ///
    /// # Errors
    /// If there are too few images, or all are embedded at one place.
    pub fn measure(
        seen: &Embedded<'_>,
        unseen: &Embedded<'_>,
        n_classes: usize,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let (x, classes) = (unseen.features.view(), unseen.classes);
        let kmeans = KMeansConfig::new(n_classes).seed(seed).fit(seen.features.view())?;
        let mixture = GaussianMixtureConfig::new(n_classes).seed(seed).fit(seen.features.view())?;
        let labels = |assigned: Vec<Option<usize>>| -> Vec<usize> {
            assigned.into_iter().map(|cluster| cluster.unwrap_or(n_classes)).collect()
        };
        Ok(Self {
            neighbour_accuracy: neighbour_accuracy(seen, unseen)?,
            silhouette: silhouette_score(x, classes)?,
            kmeans_ari: adjusted_rand_index(classes, &labels(kmeans.assign(x)?))?,
            mixture_ari: adjusted_rand_index(classes, &labels(mixture.assign(x)?))?,
            n_found: n_found(x, seed)?,
        })
    }
}

fn neighbour_accuracy(seen: &Embedded<'_>, unseen: &Embedded<'_>) -> anyhow::Result<f64> {
    let nearest = KNearestNeighborsConfig::new(1).fit(seen.features.view())?;
    let neighbours = nearest.neighbors(unseen.features.view())?;
    let right = neighbours.iter().zip(unseen.classes).filter(|(neighbours, class)| {
        neighbours.first().is_some_and(|(index, _)| seen.classes[*index] == **class)
    });
    Ok(right.count() as f64 / unseen.classes.len().max(1) as f64)
}

fn n_found(x: Features<'_>, seed: u64) -> anyhow::Result<usize> {
    let mut best = (f64::NEG_INFINITY, 0);
    for k in TRIED {
        let assigned = KMeansConfig::new(k).seed(seed).n_init(3).fit(x)?.assign(x)?;
        let labels: Vec<usize> = assigned.into_iter().flatten().collect();
        let silhouette = silhouette_score(x, &labels)?;
        if silhouette > best.0 {
            best = (silhouette, k);
        }
    }
    Ok(best.1)
}
