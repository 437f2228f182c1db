use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};
use tch::{Reduction, TchError, Tensor};

use super::objective::{Batch, Losses, Objective};
use crate::autoencoder::ensure_output_size;
use crate::error::TorchContext;
use crate::parameters::Parameter;
use crate::precision::SharedPrecision;
use crate::random::{Purpose, standard_normal};
use crate::{Autoencoder, ModelError, NetworkConfig};

/// How far a reconstruction is from its image, averaged over the images of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// Squared error, mean over pixels.
    #[default]
    MeanSquaredError,
    /// Squared error, summed over the pixels of an image.
    SummedSquaredError,
    /// Binary cross-entropy, mean over pixels; for networks that end in a sigmoid and images in
    /// `[0, 1]`.
    BinaryCrossEntropy,
    /// Binary cross-entropy, summed over the pixels of an image.
    SummedBinaryCrossEntropy,
}

impl Loss {
    /// The loss between a network's output and what it should have been, both `(n, ..)`.
    pub(crate) fn between(self, output: &Tensor, target: &Tensor) -> Result<Tensor, TchError> {
        let n = output.size().first().copied().unwrap_or(1).max(1) as f64;
        let none = None::<&Tensor>;
        match self {
            Self::MeanSquaredError => output.f_mse_loss(target, Reduction::Mean),
            Self::SummedSquaredError => output.f_mse_loss(target, Reduction::Sum)?.f_div_scalar(n),
            Self::BinaryCrossEntropy => {
                output.f_binary_cross_entropy(target, none, Reduction::Mean)
            }
            Self::SummedBinaryCrossEntropy => {
                output.f_binary_cross_entropy(target, none, Reduction::Sum)?.f_div_scalar(n)
            }
        }
    }
}

/// What an autoencoder is trained for.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Redrawing {
    pub(super) loss: Loss,
    pub(super) noise: f32,
}

impl Redrawing {
    pub(super) fn validate(self) -> Result<(), InputError> {
        if self.noise >= 0.0 && self.noise.is_finite() {
            return Ok(());
        }
        Err(InputError::setting("noise", self.noise, "at least 0"))
    }
}

/// An autoencoder that learns to redraw images, from noisy ones if asked to.
pub(super) struct Redraw<C: NetworkConfig> {
    pub(super) model: Autoencoder<C>,
    pub(super) goal: Redrawing,
}

impl<C: NetworkConfig> Redraw<C> {
    fn input(&self, batch: &Batch<'_>) -> Result<Tensor, ModelError> {
        if self.goal.noise <= 0.0 {
            return Ok(batch.images.shallow_clone());
        }
        let mut rng = batch.rng(Purpose::InputNoise);
        let noise = standard_normal(&mut rng, &batch.images.size(), batch.images.device())?;
        noise
            .f_mul_scalar(f64::from(self.goal.noise))
            .and_then(|noise| noise.f_add(&batch.images))
            .and_then(|noisy| noisy.f_clamp(0.0, 1.0))
            .during("adding noise")
    }
}

impl<C: NetworkConfig> Objective for Redraw<C> {
    fn parameters(&self) -> &[Parameter] {
        self.model.parameters()
    }

    fn device(&self) -> tch::Device {
        self.model.device()
    }

    fn precision(&self) -> &SharedPrecision {
        self.model.shared_precision()
    }

    fn image_shape(&self) -> ImageShape {
        self.model.image_shape()
    }

    fn arranged(&self, images: &Tensor) -> Result<Tensor, ModelError> {
        self.model.arranged(images)
    }

    fn losses(&self, batch: &Batch<'_>, train: bool) -> Result<Losses, ModelError> {
        let output = self.model.forward(&self.input(batch)?, train)?;
        // libtorch would compare each image with every other where shapes differ by an axis.
        ensure_output_size(&output, &batch.images.size())?;
        let loss = self.goal.loss.between(&output, &batch.images).during("computing the loss")?;
        Ok(loss.into())
    }
}
