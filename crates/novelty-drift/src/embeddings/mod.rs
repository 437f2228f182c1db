//! Tests of embeddings: many numbers a sample.

mod classifier;
mod energy;
mod kernel_test;
mod label_sums;
mod mmd;
mod neighbors;
mod per_feature;
mod pool;

pub use classifier::{ClassifierTest, ClassifierTestConfig, TwoSampleClassifier};
pub use energy::{EnergyTest, EnergyTestConfig};
pub use mmd::{Mmd, MmdConfig};
pub use per_feature::{Correction, PerFeatureTest, PerFeatureTestConfig};

pub(crate) use pool::{Pool, keep_reference};
