//! What `mnist_outliers` measures, and how it shows it.

mod metrics;
mod page;

pub use metrics::{Measured, Metrics, Run};
pub use page::write_report;

use std::path::Path;

use anyhow::Context;
use ndarray::{Array4, Axis};
use novelty_core::{Dataset, Images};
use novelty_data::{
    ContaminationConfig, IdxDataset, InMemoryDataset, LabelledDataset, Split, Subset,
    TrainValidation, train_validation_split,
};

/// The digit to learn.
const NORMAL: usize = 1;
/// The digit hidden among it.
const ANOMALY: usize = 3;
/// Images of a smoke run.
const SMOKE: usize = 640;

/// Ones with a few threes among them, unlabelled for training; the labels are for the end.
#[derive(Debug)]
pub struct Digits {
    /// Which of them are threes.
    pub labels: Vec<bool>,
    images: InMemoryDataset,
    split: TrainValidation,
}

impl Digits {
    /// Ones with 1 % of threes from the training files in `folder`, in a seeded order, split 80
    /// to 20.
    ///
    /// # Errors
    /// If the files are not there or not sound.
    pub fn read(folder: &Path, seed: u64, smoke: bool) -> anyhow::Result<Self> {
        let digits = IdxDataset::open_dir(folder, Split::Train)
            .with_context(|| format!("cannot read the training digits in {}", folder.display()))?;
        let mixed = ContaminationConfig::new(NORMAL, ANOMALY).share(0.01).seed(seed);
        let mixed = mixed.apply(&digits)?;
        let n = if smoke { mixed.len().min(SMOKE) } else { mixed.len() };
        let labels = (0..n).map(|i| mixed.is_anomalous(i).unwrap_or_default()).collect();
        let images = InMemoryDataset::new(digits.to_images(&mixed.indices()[..n])?)?;
        Ok(Self { labels, images, split: train_validation_split(n, 0.2, seed)? })
    }

    /// All images, for scoring.
    #[must_use]
    pub fn images(&self) -> Images<'_> {
        self.images.images()
    }

    /// The images at some positions.
    #[must_use]
    pub fn at(&self, indices: &[usize]) -> Array4<f32> {
        self.images().select(Axis(0), indices)
    }

    /// The samples to train on.
    ///
    /// # Errors
    /// None: the split is within the images.
    pub fn train(&self) -> anyhow::Result<Subset<&InMemoryDataset>> {
        Ok(Subset::new(&self.images, self.split.train.clone())?)
    }

    /// The samples to measure the loss on.
    ///
    /// # Errors
    /// None: the split is within the images.
    pub fn validation(&self) -> anyhow::Result<Subset<&InMemoryDataset>> {
        Ok(Subset::new(&self.images, self.split.validation.clone())?)
    }
}
