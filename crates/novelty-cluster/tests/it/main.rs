//! The public behaviour of `novelty-cluster`.

#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test may panic, and some values must be exact"
)]

mod data;
mod dbscan;
mod golden;
mod kmeans;
mod linfa;
mod mixture;
mod n_clusters;
mod pca;
