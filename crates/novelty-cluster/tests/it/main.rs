//! The public behaviour of `novelty-cluster`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod data;
mod dbscan;
mod golden;
mod kmeans;
mod linfa;
mod mixture;
mod n_clusters;
mod pca;
