//! The public behaviour of `novelty-scoring`.

#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::panic,
    reason = "a test may panic, and some values must be exact"
)]

mod combinations;
mod every_scorer;
mod features;
mod golden;
mod one_class_svm;
mod orientation_histograms;
mod patch_memory;
mod pixel_errors;
mod quantile;
mod reconstruction;
mod restored;
mod summaries;
mod thresholds;
