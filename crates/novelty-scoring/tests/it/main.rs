//! The public behaviour of `novelty-scoring`.

mod quantile;
mod reconstruction;
