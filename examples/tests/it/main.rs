//! The examples as a person runs them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod camera_problems;
mod deep_svdd_golden_sample;
mod encoder_capacity;
mod every_example;
mod faces_roc_auc;
mod guide;
mod mnist_drift;
mod mnist_outliers;
mod mvtec_inspect;
mod mvtec_new_class;
mod one_vs_rest;
mod smoke;

pub(crate) use smoke::{example, smoke};
