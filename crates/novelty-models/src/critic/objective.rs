use novelty_core::{Dataset, ImageShape, Score};
use tch::{Kind, Reduction, TchError, Tensor};

use super::anomalies::{Maker, PseudoAnomaly};
use super::{CriticAutoencoder, CriticScore};
use crate::ModelError;
use crate::bridge::{to_array4, to_tensor};
use crate::error::TorchContext;
use crate::parameters::Parameter;
use crate::precision::SharedPrecision;
use crate::random::Purpose;
use crate::trainer::{Batch, Losses, Objective};

/// An autoencoder that redraws and restores, and its critic.
pub(super) struct Judging {
    pub(super) model: CriticAutoencoder,
    maker: Maker,
    restoration: f64,
}

impl Judging {
    pub(super) fn new(
        model: CriticAutoencoder,
        anomalies: &[PseudoAnomaly],
        restoration: f64,
    ) -> Self {
        Self { model, maker: Maker::new(anomalies), restoration }
    }

    /// The loss of images and the anomalies made of them, of which the first `n_restored` are to
    /// be drawn as the first images are.
    pub(super) fn losses_of(
        &self,
        images: &Tensor,
        anomalies: &Tensor,
        n_restored: i64,
        train: bool,
    ) -> Result<Losses, ModelError> {
        let n = images.size().first().copied().unwrap_or(0);
        let (redrawing, restoring) = self.drawing(images, anomalies, n_restored, train)?;
        let all = Tensor::f_cat(&[images, anomalies], 0).during("joining images")?;
        let redrawn = {
            let _no_grad = tch::no_grad_guard();
            self.model.forward(&all, false)?
        };
        let logits = self.model.network().judge(&all, &redrawn)?;
        let critic = verdict(&logits, n).during("computing the loss")?;
        let total = || -> Result<Tensor, TchError> {
            let drawing = redrawing.f_add(&restoring.f_mul_scalar(self.restoration)?)?;
            drawing.f_add(&critic)
        };
        let total = total().during("computing the loss")?;
        Ok(Losses { total, parts: vec![redrawing, restoring, critic] })
    }

    /// Mean squared errors of clean images and of those broken in a part.
    fn drawing(
        &self,
        images: &Tensor,
        anomalies: &Tensor,
        n_restored: i64,
        train: bool,
    ) -> Result<(Tensor, Tensor), ModelError> {
        let n = images.size().first().copied().unwrap_or(0);
        let part = |x: &Tensor, start, n| x.f_narrow(0, start, n).during("taking a batch apart");
        let broken = part(anomalies, 0, n_restored)?;
        let shown = Tensor::f_cat(&[images, &broken], 0).during("joining images")?;
        let drawn = self.model.forward(&shown, train)?;
        let error = |drawn: &Tensor, wanted: &Tensor| {
            drawn.f_mse_loss(wanted, Reduction::Mean).during("computing the loss")
        };
        let redrawing = error(&part(&drawn, 0, n)?, images)?;
        let restoring = if n_restored > 0 {
            error(&part(&drawn, n, n_restored)?, &part(images, 0, n_restored)?)?
        } else {
            redrawing.f_zeros_like().during("computing the loss")?
        };
        Ok((redrawing, restoring))
    }
}

/// The cross-entropies of the first `n` logits, of normal images, and of the others, added.
fn verdict(logits: &Tensor, n: i64) -> Result<Tensor, TchError> {
    let normal = logits.f_narrow(0, 0, n)?.f_softplus()?.f_mean(Kind::Float)?;
    let anomalies = logits.f_narrow(0, n, logits.size1()? - n)?;
    normal.f_add(&anomalies.f_neg()?.f_softplus()?.f_mean(Kind::Float)?)
}

impl Objective for Judging {
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

    fn part_names(&self) -> &'static [&'static str] {
        &["redrawing", "restoring", "critic"]
    }

    fn losses(&self, batch: &Batch<'_>, train: bool) -> Result<Losses, ModelError> {
        let images = to_array4(&batch.images)?;
        let mut rng = batch.rng(Purpose::Anomalies);
        let (made, n_restored) = self.maker.make(images.view(), &mut rng);
        let made = to_tensor(&made.view(), batch.images.device())?;
        self.losses_of(&batch.images, &made, n_restored as i64, train)
    }

    /// Measures the scores of training images, which the combined score is scaled by.
    fn epoch_done<D: Dataset + Sync + ?Sized>(
        &mut self,
        _epoch: usize,
        data: &D,
    ) -> Result<(), ModelError> {
        let model = &self.model;
        model.network().scale().measure(data, |images| {
            let scorers = [CriticScore::reconstruction(model), CriticScore::critic(model)];
            scorers.iter().map(|scorer| Ok(scorer.score(images)?.to_vec())).collect()
        })
    }
}
