//! The public behaviour of `novelty-core`.

mod check_scorer;
mod score_dataset;
mod threshold;
mod validate;
