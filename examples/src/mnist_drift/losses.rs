use clap::ValueEnum;
use novelty_core::{Images, Reconstruct};
use novelty_scoring::{PixelError, Pooling};
use serde::Serialize;

use super::Population;

/// What a network's redrawing is held against when images arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evaluation {
    /// The images without noise, as in training.
    Corrected,
    /// Itself, as the published code does: the entropy of the redrawing, which says how unsure
    /// the network is of its pixels and nothing of whether they are right.
    Faithful,
}

/// Binary cross-entropy of each image, in nats a pixel, of what a model makes of the noisy ones.
///
/// # Errors
/// If the model cannot redraw the images, or its output is outside `[0, 1]`.
pub fn cross_entropies<M>(
    model: &M,
    images: &Population,
    evaluation: Evaluation,
) -> anyhow::Result<Vec<f32>>
where
    M: Reconstruct,
{
    let redrawn = model.reconstruct(images.noisy.view())?;
    let target = match evaluation {
        Evaluation::Corrected => images.clean.view(),
        Evaluation::Faithful => redrawn.view(),
    };
    losses(PixelError::BinaryCrossEntropy, target, redrawn.view())
}

/// Mean squared error of each image, of what a model makes of the noisy ones against the clean
/// ones: the baseline's own loss, as its values are not probabilities.
///
/// # Errors
/// If the model cannot redraw the images.
pub fn squared_errors<M: Reconstruct>(model: &M, images: &Population) -> anyhow::Result<Vec<f32>> {
    let redrawn = model.reconstruct(images.noisy.view())?;
    losses(PixelError::Squared, images.clean.view(), redrawn.view())
}

fn losses(error: PixelError, x: Images<'_>, y: Images<'_>) -> anyhow::Result<Vec<f32>> {
    Ok(error.scores(x, y, Pooling::Mean)?.to_vec())
}

/// The mean of some losses; 0 of none.
#[must_use]
pub fn mean(losses: &[f32]) -> f64 {
    losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len().max(1) as f64
}
