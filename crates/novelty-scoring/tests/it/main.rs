//! The public behaviour of `novelty-scoring`.

mod features;
mod golden;
mod pixel_errors;
mod quantile;
mod reconstruction;
