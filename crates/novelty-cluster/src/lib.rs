//! Structure in images and embeddings.
//!
//! Every algorithm is a configuration that fits a model: `KMeansConfig` -> `KMeans`. Labels,
//! centroids and likelihoods are the same bit for bit for any number of threads, random numbers
//! come from the configuration's seed, and unusable input is a [`ClusterError`] that names the
//! value and the place.
//!
//! | algorithm | finds | cost of `n` samples of `d` features | source |
//! |---|---|---|---|
//! | [`KMeansConfig`] | `k` round clusters | `n k d` an iteration | Lloyd 1982; Arthur and Vassilvitskii 2007 |
//! | [`GaussianMixtureConfig`] | `k` Gaussians, and how sure it is | `n k d^2` an iteration; `n k d` if diagonal | Dempster, Laird and Rubin 1977 |
//! | [`DbscanConfig`], [`k_distances`] | dense regions of any shape, and noise | `n log n` in few dimensions, at worst `n^2 d` | Ester et al. 1996 |
//! | [`PcaConfig`], exact | directions of largest variance | `n d min(n, d) / 2`, and eigenvectors | Pearson 1901; Hotelling 1933 |
//! | [`PcaConfig`], randomised | the same of large data, not copied | `n d k / 3` a pass, some 8 passes | Musco and Musco 2015 |
//! | [`IncrementalPca`] | the same of data larger than memory | a batch at a time | Ross et al. 2008 |
//! | [`select_n_clusters`] | how many clusters, and whether more than one | many runs of k-means | Tibshirani et al. 2001; Liu et al. 2008 |
//!
//! Fitted models are [`Assign`](novelty_core::Assign) (clusters; [`Dbscan`] says `None` for
//! noise), [`Score`](novelty_core::Score) (distance to the nearest centroid, negative
//! log-likelihood), [`Embed`](novelty_core::Embed) and [`Reconstruct`](novelty_core::Reconstruct)
//! ([`ImagePca`]).
//!
//! The feature `linfa` implements linfa's traits for all of them, and the other way round wraps
//! what linfa fitted.
//!
//! # Example
//!
//! Points on a line need one component:
//!
//! ```
//! use ndarray::Array2;
//! use novelty_cluster::PcaConfig;
//! use novelty_core::{Features, Fit};
//!
//! let line = Array2::from_shape_fn((10, 3), |(i, j)| i as f32 * [1.0, 2.0, -1.0][j]);
//! let pca = PcaConfig::new(1).fit(line.view())?;
//! assert!((pca.explained_variance_ratio()[0] - 1.0).abs() < 1e-6);
//!
//! let back = pca.inverse_transform(pca.transform(line.view())?.view())?;
//! assert!((back - line).iter().all(|d| d.abs() < 1e-5));
//! # Ok::<(), novelty_cluster::ClusterError>(())
//! ```

mod dbscan;
mod distances;
mod error;
mod gaussian_mixture;
mod input;
mod kmeans;
#[cfg(feature = "linfa")]
mod linfa_bridge;
mod n_clusters;
mod pca;
mod products;

pub use dbscan::{Dbscan, DbscanConfig, KDistances, k_distances};
pub use error::ClusterError;
pub use gaussian_mixture::{CovarianceKind, GaussianMixture, GaussianMixtureConfig, MixtureInit};
pub use kmeans::{KMeans, KMeansConfig, KMeansInit};
#[cfg(feature = "linfa")]
pub use linfa_bridge::{LinfaAssign, LinfaFitError, guarded};
pub use n_clusters::{
    ClusterCriterion, ClusterSelection, CriterionAt, OneClusterTest, SelectNClustersConfig,
    select_n_clusters, select_n_clusters_in,
};
pub use pca::{ImagePca, IncrementalPca, Pca, PcaConfig, PcaSolver};
