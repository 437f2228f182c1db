//! The public behaviour of `novelty-scoring`.

mod combinations;
mod features;
mod golden;
mod patch_memory;
mod pixel_errors;
mod quantile;
mod reconstruction;
mod thresholds;
