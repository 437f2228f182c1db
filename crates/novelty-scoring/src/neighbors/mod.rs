//! Nearest neighbours, exactly.

mod candidates;
mod coreset;
mod index;
#[cfg(feature = "serde")]
mod saved;
mod scorer;

pub(crate) use coreset::greedy_coreset;
pub(crate) use index::{Neighbor, NeighborIndex};
pub use scorer::{Distance, KNearestNeighbors, KNearestNeighborsConfig, NeighborAggregation};
