//! The public behaviour of `novelty-cluster`.

mod pca;
