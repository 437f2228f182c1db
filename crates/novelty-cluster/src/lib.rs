//! Structure in images and embeddings.
//!
//! | algorithm | cost | source |
//! |---|---|---|
//! | [`Pca`] | `n d min(n, d)` for the Gram matrix, `min(n, d)^3` for its eigenvectors | Pearson 1901, Hotelling 1933 |
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
mod pca;

pub use dbscan::{Dbscan, DbscanConfig, KDistances, k_distances};
pub use error::ClusterError;
pub use gaussian_mixture::{CovarianceKind, GaussianMixture, GaussianMixtureConfig, MixtureInit};
pub use kmeans::{KMeans, KMeansConfig, KMeansInit};
pub use pca::{ImagePca, Pca, PcaConfig};
