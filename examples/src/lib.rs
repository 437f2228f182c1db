//! What the examples share: their flags, their data, their progress bars and their files.
//!
//! An example is a `main` short enough to read; what it shows a person is written by the module
//! of its name here.

#![expect(clippy::print_stderr, reason = "examples speak to a person at a terminal")]

mod arguments;
pub mod camera_problems;
pub mod deep_svdd_golden_sample;
pub mod encoder_capacity;
pub mod faces_roc_auc;
pub mod mnist_drift;
pub mod mnist_outliers;
pub mod mvtec_inspect;
pub mod mvtec_new_class;
pub mod one_vs_rest;
mod output;
mod page;
mod progress;

pub use arguments::{CommonArguments, Run};
pub use output::Output;
pub use page::{Comparison, PageSection, loss_chart};
pub use progress::{EpochBar, TaskBar};

use std::path::PathBuf;

/// The folder of the bundled MNIST files.
#[must_use]
pub fn bundled_mnist() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/mnist"))
}
