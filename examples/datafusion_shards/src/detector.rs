//! What every process scores with: fitted once, written down, read back to the bit.

use anyhow::{Context, Result, ensure};
use ndarray::{Array1, Array2, ArrayView2};
use novelty_cluster::{Pca, PcaConfig};
use novelty_core::{Dataset, Fit, Score, SelectThreshold, Threshold};
use novelty_data::{IdxDataset, Split};
use novelty_scoring::{
    ConformalThreshold, KNearestNeighbors, KNearestNeighborsConfig, ScoreSummary, SummaryConfig,
};
use serde::{Deserialize, Serialize};

/// Values of an image.
pub const N_PIXELS: usize = 784;
/// Values of an embedding.
pub const N_FEATURES: usize = 16;
/// Training images that the model is fitted to, and as many for the threshold.
const N_REFERENCE: usize = 2000;

/// Principal components, and the nearest reference digits among them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Detector {
    components: Pca,
    scorer: KNearestNeighbors,
    threshold: Threshold,
}

impl Detector {
    /// Learns from the first training digits; the threshold comes from digits it has not seen.
    pub fn fit() -> Result<Self> {
        let digits = mnist(Split::Train, 2 * N_REFERENCE)?;
        let (reference, held_out) = digits.view().split_at(ndarray::Axis(0), N_REFERENCE);
        let components: Pca = PcaConfig::new(N_FEATURES).fit(reference)?;
        let scorer =
            KNearestNeighborsConfig::new(5).fit(components.transform(reference)?.view())?;
        let scores = scorer.score(components.transform(held_out)?.view())?;
        let threshold = ConformalThreshold::new(0.01).select(&scores.to_vec(), None)?;
        Ok(Self { components, scorer, threshold })
    }

    pub fn embed(&self, images: ArrayView2<'_, f32>) -> Result<Array2<f32>> {
        Ok(self.components.transform(images)?)
    }

    pub fn score(&self, embeddings: ArrayView2<'_, f32>) -> Result<Array1<f32>> {
        Ok(self.scorer.score(embeddings)?)
    }

    /// An empty summary of what it says: the same configuration in every process.
    pub fn summary(&self) -> Result<ScoreSummary> {
        let limit = self.threshold.value;
        let edges: Vec<f32> = (1..=8).map(|step| limit * step as f32 / 4.0).collect();
        let config = SummaryConfig::new().threshold(&self.threshold).n_features(N_FEATURES);
        Ok(config.edges(edges).start()?)
    }
}

/// The first images of the bundled MNIST, flattened.
pub fn mnist(split: Split, n: usize) -> Result<Array2<f32>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/mnist");
    let digits = IdxDataset::open_dir(folder, split)?;
    ensure!(digits.len() >= n, "there are {} images, not {n}", digits.len());
    let mut images = Vec::with_capacity(n * N_PIXELS);
    for i in 0..n {
        images.extend(digits.get(i)?.image);
    }
    Array2::from_shape_vec((n, N_PIXELS), images).context("the images are not of 28x28 pixels")
}
