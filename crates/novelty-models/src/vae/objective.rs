use novelty_core::ImageShape;
use tch::{Kind, Tensor};

use super::Vae;
use crate::ModelError;
use crate::error::TorchContext;
use crate::parameters::Parameter;
use crate::precision::SharedPrecision;
use crate::random::{Purpose, standard_normal};
use crate::trainer::{Batch, Losses, Objective};

/// A variational autoencoder that lowers its bound on the images' likelihood.
pub(super) struct Bound {
    pub(super) model: Vae,
}

impl Objective for Bound {
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

    fn part_names(&self) -> &'static [&'static str] {
        &["reconstruction", "divergence"]
    }

    /// Validation goes by one draw too, the same in every epoch.
    fn losses(&self, batch: &Batch<'_>, train: bool) -> Result<Losses, ModelError> {
        let n = batch.images.size().first().copied().unwrap_or(0);
        let size = [n, self.model.config().n_features as i64];
        let noise = standard_normal(&mut batch.rng(Purpose::Latent), &size, batch.images.device())?;
        let network = self.model.network();
        let parts = network.parts(&batch.images, &noise, train)?;
        let mean = |each: &Tensor| each.f_mean(Kind::Float).during("computing the loss");
        let total = mean(&network.total(&parts)?)?;
        Ok(Losses { total, parts: vec![mean(&parts.reconstruction)?, mean(&parts.divergence)?] })
    }
}
