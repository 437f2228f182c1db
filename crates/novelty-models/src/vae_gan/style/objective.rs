use novelty_core::ImageShape;
use tch::{Kind, TchError, Tensor};

use super::{StyleVaeGan, StyleWeights};
use crate::ModelError;
use crate::error::TorchContext;
use crate::parameters::Parameter;
use crate::precision::SharedPrecision;
use crate::random::{Purpose, standard_normal};
use crate::trainer::{Batch, Losses, Objective, Steps};
use crate::vae::negative_log_likelihood;
use crate::vae_gan::objective::{DISCRIMINATORS, optimizer_of, taken_for_real, verdicts};

/// An autoencoder that tells content from style, against a discriminator of clean images.
pub(super) struct Separate {
    pub(super) model: StyleVaeGan,
    pub(super) weights: StyleWeights,
}

/// A batch of pairs, coded and drawn.
struct Drawn {
    clean: Tensor,
    rerendered: Tensor,
    /// reconstruction, rerendering, prior, style, content.
    parts: [Tensor; 5],
}

impl Separate {
    fn draw(&self, batch: &Batch<'_>, train: bool) -> Result<Drawn, ModelError> {
        let n = batch.images.size().first().copied().unwrap_or(0);
        let size = [2 * n, self.model.config().base.n_features as i64];
        let mut rng = batch.rng(Purpose::Latent);
        let noise = standard_normal(&mut rng, &size, batch.images.device())?;
        self.draw_with(batch, &noise, train)
    }

    /// The clean images and their counterparts pass the network as one batch of `2 n`; the
    /// counterparts' contents are drawn once more, in the clean style.
    fn draw_with(
        &self,
        batch: &Batch<'_>,
        noise: &Tensor,
        train: bool,
    ) -> Result<Drawn, ModelError> {
        let network = self.model.network();
        let channels = self.model.image_shape().channels as i64;
        let n = batch.images.size().first().copied().unwrap_or(0);
        let side = |start| batch.images.f_narrow(1, start, channels).during("taking pairs apart");
        let (clean, styled) = (side(0)?, side(channels)?);
        let images = Tensor::f_cat(&[&clean, &styled], 0).during("joining images")?;
        let styles = self.styles(batch, n)?;
        let split = network.split(&images, train)?;
        let contents = split.content.draw(noise)?;
        let later = |all: &Tensor| all.f_narrow(0, n, n).during("taking pairs apart");
        let plain = styles.f_narrow(0, 0, n).during("looking styles up")?;
        let plain = network.prototypes_of(&plain)?;
        let contents =
            Tensor::f_cat(&[&contents, &later(&contents)?], 0).during("joining codes")?;
        let codes = Tensor::f_cat(&[&split.style, &plain], 0).during("joining codes")?;
        let drawn = network.compose(&contents, &codes, train)?;
        let wanted = Tensor::f_cat(&[&images, &clean], 0).during("joining images")?;
        let each = negative_log_likelihood(network.likelihood(), &drawn, &wanted)?;
        let divergence = split.content.divergence()?;
        let logits = network.style_logits(&split.style)?;
        let prototypes = network.prototypes_of(&styles)?;
        let means = &split.content.mean;
        let parts = || -> Result<[Tensor; 5], TchError> {
            let pull = squares(&split.style.f_sub(&prototypes)?)?.f_mul_scalar(0.1)?;
            let entropy = logits.f_cross_entropy_loss(
                &styles,
                None::<&Tensor>,
                tch::Reduction::Mean,
                -100,
                0.0,
            )?;
            let apart = means.f_narrow(0, n, n)?.f_sub(&means.f_narrow(0, 0, n)?)?;
            Ok([
                each.f_narrow(0, 0, 2 * n)?.f_mean(Kind::Float)?,
                each.f_narrow(0, 2 * n, n)?.f_mean(Kind::Float)?,
                divergence.f_mean(Kind::Float)?,
                entropy.f_add(&pull)?,
                squares(&apart)?,
            ])
        };
        let rerendered = drawn.f_narrow(0, 2 * n, n).during("taking pairs apart")?;
        Ok(Drawn { clean, rerendered, parts: parts().during("computing the loss")? })
    }

    /// The style of each image of both sides: the clean one, then the batch's.
    fn styles(&self, batch: &Batch<'_>, n: i64) -> Result<Tensor, ModelError> {
        let known = batch.classes.iter().map(|class| class.map_or(0, |class| class as i64));
        let styles: Vec<i64> = std::iter::repeat_n(0, n as usize).chain(known).collect();
        Tensor::f_from_slice(&styles)
            .and_then(|styles| styles.f_to_device(batch.images.device()))
            .during("reading styles")
    }

    fn discriminate(&self, drawn: &Drawn) -> Result<Tensor, ModelError> {
        let both = [&drawn.clean, &drawn.rerendered].map(Tensor::f_detach);
        let both = both.into_iter().collect::<Result<Vec<_>, _>>();
        let both = both.and_then(|both| Tensor::f_cat(&both, 0)).during("joining images")?;
        let logits = self.model.network().discriminator().look(&both, true)?.logits;
        let smoothing = self.weights.adversary.label_smoothing;
        verdicts(&logits, drawn.clean.size()[0], smoothing).during("judging images")
    }

    fn adversarial(&self, drawn: &Drawn, train: bool) -> Result<Tensor, ModelError> {
        let seen = self.model.network().discriminator().look(&drawn.rerendered, train)?;
        taken_for_real(&seen.logits).and_then(|x| x.f_mean(Kind::Float)).during("judging images")
    }

    fn total(&self, parts: &[Tensor; 5], adversarial: Option<&Tensor>) -> Result<Tensor, TchError> {
        let StyleWeights { rerendering, style, content, adversary } = self.weights;
        let beta = self.model.config().base.beta;
        let weights = [adversary.pixel, rerendering, beta, style, content];
        let mut total = parts[0].f_mul_scalar(weights[0])?;
        for (part, weight) in parts.iter().zip(weights).skip(1) {
            total = total.f_add(&part.f_mul_scalar(weight)?)?;
        }
        match adversarial {
            Some(loss) => total.f_add(&loss.f_mul_scalar(adversary.adversarial)?),
            None => Ok(total),
        }
    }
}

#[cfg(test)]
impl Separate {
    /// Every loss of both sides together, of pairs with noise given.
    pub(super) fn all_losses(&self, batch: &Batch<'_>, noise: &Tensor) -> Tensor {
        let drawn = self.draw_with(batch, noise, true).unwrap();
        let judged = self.discriminate(&drawn).unwrap();
        let adversarial = self.adversarial(&drawn, true).unwrap();
        self.total(&drawn.parts, Some(&adversarial)).unwrap() + judged
    }
}

/// The mean over samples of the squared length.
fn squares(x: &Tensor) -> Result<Tensor, TchError> {
    x.f_square()?.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?.f_mean(Kind::Float)
}

impl Objective for Separate {
    fn parameters(&self) -> &[Parameter] {
        self.model.parameters()
    }

    fn device(&self) -> tch::Device {
        self.model.device()
    }

    fn precision(&self) -> &SharedPrecision {
        self.model.shared_precision()
    }

    /// A pair of images, one after the other.
    fn image_shape(&self) -> ImageShape {
        let shape = self.model.image_shape();
        ImageShape { channels: 2 * shape.channels, ..shape }
    }

    fn n_optimizers(&self) -> usize {
        3
    }

    fn optimizer_of(&self, name: &str) -> usize {
        optimizer_of(name)
    }

    fn part_names(&self) -> &'static [&'static str] {
        &[
            "reconstruction",
            "rerendering",
            "prior",
            "style",
            "content",
            "adversarial",
            "image_discriminator",
        ]
    }

    /// In validation: what does not depend on the discriminator.
    fn losses(&self, batch: &Batch<'_>, train: bool) -> Result<Losses, ModelError> {
        let drawn = self.draw(batch, train)?;
        Ok(self.total(&drawn.parts, None).during("computing the loss")?.into())
    }

    fn step(&mut self, batch: &Batch<'_>, steps: &mut Steps<'_>) -> Result<Losses, ModelError> {
        let drawn = self.draw(batch, true)?;
        let judged = self.discriminate(&drawn)?;
        let rate = self.weights.adversary.discriminator_rate;
        steps.take_scaled(DISCRIMINATORS, &judged, rate)?;
        let adversarial = self.adversarial(&drawn, true)?;
        let total = self.total(&drawn.parts, Some(&adversarial)).during("computing the loss")?;
        steps.take_together(DISCRIMINATORS, &total)?;
        let parts = drawn.parts.into_iter().chain([adversarial, judged]).collect();
        Ok(Losses { total, parts })
    }
}
