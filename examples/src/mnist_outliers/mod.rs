//! What `mnist_outliers` measures, and how it shows it.

mod metrics;
mod page;

pub use metrics::{Judged, Measured, Method, Metrics};
pub use page::{Redrawn, write_report};

use std::path::Path;

use anyhow::Context;
use ndarray::{Array2, Array4, Axis};
use novelty_core::{Dataset, Fit, Images, Score};
use novelty_data::{
    ContaminationConfig, IdxDataset, InMemoryDataset, LabelledDataset, Split, Subset,
    TrainValidation, train_validation_split,
};
use novelty_scoring::KNearestNeighborsConfig;

/// The digit to learn.
const NORMAL: usize = 1;
/// The digit hidden among it.
const ANOMALY: usize = 3;
/// Nearest neighbours whose distances are averaged: PyOD's default, not chosen here.
const NEIGHBOURS: usize = 5;
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

    /// The cheapest scores there are: how far each image is from the training images next to
    /// it. A training image is not its own neighbour.
    ///
    /// # Errors
    /// If there are fewer than six training images.
    pub fn neighbour_scores(&self) -> anyhow::Result<Vec<f32>> {
        let pixels = |indices: &[usize]| -> anyhow::Result<Array2<f32>> {
            let images = self.at(indices);
            let n_pixels = images.len() / indices.len().max(1);
            Ok(images.into_shape_with_order((indices.len(), n_pixels))?)
        };
        let scorer = KNearestNeighborsConfig::new(NEIGHBOURS);
        let scorer = scorer.fit(pixels(&self.split.train)?.view())?;
        let seen = scorer.reference_scores()?;
        let unseen = scorer.score(pixels(&self.split.validation)?.view())?;
        let mut scores = vec![0.0; self.labels.len()];
        let train = self.split.train.iter().zip(seen);
        let validation = self.split.validation.iter().zip(unseen);
        train.chain(validation).for_each(|(&index, score)| scores[index] = score);
        Ok(scores)
    }
}
