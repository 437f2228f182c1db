//! The public behaviour of `novelty-metrics`.

#![allow(clippy::float_cmp, reason = "exactness is what is tested")]
#![allow(clippy::unwrap_used, reason = "test helpers outside #[test] functions fail loudly too")]

mod accumulators;
mod bad_input;
mod cluster_properties;
mod golden_clusters;
mod golden_rejections;
mod golden_scores;
mod known_failures;
mod pixels;
mod score_properties;
mod threads;
mod uncertainty;
