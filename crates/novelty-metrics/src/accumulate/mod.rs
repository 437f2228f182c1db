//! Metrics of scores that come piece by piece.

#[cfg(feature = "serde")]
mod columns;
mod exact;
mod histogram;
mod ladder;

pub use exact::ScoreAccumulator;
pub use histogram::{Bounded, ScoreHistogram};
