use novelty_core::{Dataset, ImageShape};
use tch::{Kind, TchError, Tensor};

use super::collapse::{Health, probe};
use super::network::feature_error;
use super::scores::places;
use super::trainer::VaeGanWeights;
use super::{Prior, VaeGan};
use crate::ModelError;
use crate::bridge::to_vec;
use crate::error::TorchContext;
use crate::parameters::Parameter;
use crate::precision::SharedPrecision;
use crate::random::{Purpose, standard_normal};
use crate::trainer::{Batch, Losses, Objective, Steps};
use crate::vae::Distribution;

/// An autoencoder against its discriminators. Optimisers: the encoder's, the decoder's, the
/// discriminators'.
pub(super) struct Contest {
    pub(super) model: VaeGan,
    pub(super) weights: VaeGanWeights,
    pub(super) health: Health,
}

const ENCODER: usize = 0;
const DECODER: usize = 1;
pub(super) const DISCRIMINATORS: usize = 2;

/// The optimiser of a parameter.
pub(super) fn optimizer_of(name: &str) -> usize {
    match name.split('.').next() {
        Some("encoder") => ENCODER,
        Some("decoder") => DECODER,
        _ => DISCRIMINATORS,
    }
}

/// A batch coded and drawn, and images drawn of codes from the prior.
struct Drawn {
    mean: Tensor,
    log_variance: Option<Tensor>,
    codes: Tensor,
    prior_codes: Tensor,
    reconstructions: Tensor,
    samples: Tensor,
}

impl Contest {
    fn draw(&self, batch: &Batch<'_>, train: bool) -> Result<Drawn, ModelError> {
        let n = batch.images.size().first().copied().unwrap_or(0);
        let size = [n, self.model.config().n_features as i64];
        let normal =
            |purpose| standard_normal(&mut batch.rng(purpose), &size, batch.images.device());
        let noise = [normal(Purpose::Latent)?, normal(Purpose::Prior)?];
        self.draw_with(&batch.images, noise, train)
    }

    /// Draws with noise for the images' codes, and the prior's. Reconstructions and samples pass
    /// the decoder as one batch, as the discriminator sees them.
    fn draw_with(
        &self,
        images: &Tensor,
        [noise, prior_codes]: [Tensor; 2],
        train: bool,
    ) -> Result<Drawn, ModelError> {
        let network = self.model.network();
        let (mean, log_variance) = network.encoded(images, train)?;
        let codes = match &log_variance {
            Some(log_variance) => {
                let (mean, log_variance) = (mean.shallow_clone(), log_variance.shallow_clone());
                Distribution { mean, log_variance }.draw(&noise)?
            }
            None => mean.shallow_clone(),
        };
        let both = Tensor::f_cat(&[&codes, &prior_codes], 0).during("drawing images")?;
        let drawn = crate::Network::decode(network, &both, train)?;
        let [reconstructions, samples] = halves(&drawn)?;
        Ok(Drawn { mean, log_variance, codes, prior_codes, reconstructions, samples })
    }

    /// The discriminators' loss: real images and prior codes are to be told from made ones.
    fn discriminate(&self, images: &Tensor, drawn: &Drawn) -> Result<[Tensor; 2], ModelError> {
        let network = self.model.network();
        let made = [images, &drawn.reconstructions, &drawn.samples];
        let made = made.map(Tensor::f_detach).into_iter().collect::<Result<Vec<_>, _>>();
        let all = made.and_then(|made| Tensor::f_cat(&made, 0)).during("joining images")?;
        let logits = network.discriminator().look(&all, true)?.logits;
        let image = verdicts(&logits, images.size()[0], self.weights.label_smoothing);
        let image = image.during("judging images")?;
        let codes = [&drawn.prior_codes, &drawn.codes].map(Tensor::f_detach);
        let codes = codes.into_iter().collect::<Result<Vec<_>, _>>();
        let codes = codes.and_then(|codes| Tensor::f_cat(&codes, 0)).during("joining codes")?;
        let latent = match network.latent_logits(&codes)? {
            Some(logits) => verdicts(&logits, images.size()[0], self.weights.label_smoothing)
                .during("judging codes")?,
            None => image.f_detach().and_then(|x| x.f_zeros_like()).during("judging codes")?,
        };
        Ok([image, latent])
    }

    /// The parts of the autoencoder's loss, means over images: reconstruction, features, prior,
    /// adversarial.
    fn generate(&self, images: &Tensor, drawn: &Drawn) -> Result<[Tensor; 4], ModelError> {
        let network = self.model.network();
        let each = network.reconstruction(&drawn.reconstructions, images)?;
        let parts =
            network.parts(drawn.mean.shallow_clone(), shallow(&drawn.log_variance), each)?;
        let made = Tensor::f_cat(&[&drawn.reconstructions, &drawn.samples], 0);
        let seen = network.discriminator().look(&made.during("joining images")?, true)?;
        let [features, _] = halves(&seen.features)?;
        let original = {
            let _no_grad = tch::no_grad_guard();
            network.discriminator().look(images, true)?.features
        };
        let prior = match network.latent_logits(&drawn.codes)? {
            Some(logits) => taken_for_real(&logits).during("judging codes")?,
            None => parts.divergence,
        };
        let mean = |each: &Tensor| each.f_mean(Kind::Float).during("computing the loss");
        Ok([
            mean(&parts.reconstruction)?,
            mean(&feature_error(&features, &original)?)?,
            mean(&prior)?,
            taken_for_real(&seen.logits).and_then(|x| x.f_mean(Kind::Float)).during("judging")?,
        ])
    }

    /// The weighted sum of the parts; without what the discriminators say where `is_comparable`,
    /// since they change.
    fn total(&self, parts: &[Tensor; 4], is_comparable: bool) -> Result<Tensor, TchError> {
        let [reconstruction, features, prior, adversarial] = parts;
        let VaeGanWeights { pixel, feature, adversarial: contest, prior: latent, .. } =
            self.weights;
        let config = self.model.config();
        let is_adversarial = config.prior == Prior::Adversarial;
        let prior_weight = match (is_adversarial, is_comparable) {
            (false, _) => config.beta,
            (true, false) => latent,
            (true, true) => 0.0,
        };
        let total =
            reconstruction.f_mul_scalar(pixel)?.f_add(&prior.f_mul_scalar(prior_weight)?)?;
        if is_comparable {
            return Ok(total);
        }
        total.f_add(&features.f_mul_scalar(feature)?)?.f_add(&adversarial.f_mul_scalar(contest)?)
    }
}

impl Contest {
    /// Takes the scale of the combined score.
    fn measure<D: Dataset + Sync + ?Sized>(&self, data: &D) -> Result<(), ModelError> {
        let model = &self.model;
        model.network().scale().measure(data, |images| {
            let parts = model.in_parts(&images, |network, part| {
                places(network, part)?.iter().map(to_vec).collect::<Result<Vec<_>, _>>()
            })?;
            let n_kinds = parts.first().map_or(0, Vec::len);
            let of = |kind: usize| parts.iter().flat_map(|part| part[kind].clone()).collect();
            Ok((0..n_kinds).map(of).collect())
        })
    }
}

fn shallow(tensor: &Option<Tensor>) -> Option<Tensor> {
    tensor.as_ref().map(Tensor::shallow_clone)
}

fn halves(both: &Tensor) -> Result<[Tensor; 2], ModelError> {
    let n = both.size().first().copied().unwrap_or(0) / 2;
    let half = |start| both.f_narrow(0, start, n).during("taking a batch apart");
    Ok([half(0)?, half(n)?])
}

/// `log(1 + exp(-logit))`: what a maker loses by not being taken for real.
pub(super) fn taken_for_real(logits: &Tensor) -> Result<Tensor, TchError> {
    logits.f_neg()?.f_softplus()
}

/// The cross-entropy of a discriminator whose first `n` logits are of real things, which it is
/// to call real with a confidence of `1 - smoothing` only. Real and made things count alike.
///
/// Salimans et al., *Improved Techniques for Training GANs*, NeurIPS 2016.
pub(super) fn verdicts(logits: &Tensor, n: i64, smoothing: f64) -> Result<Tensor, TchError> {
    let real = logits.f_narrow(0, 0, n)?;
    let made = logits.f_narrow(0, n, logits.size()[0] - n)?;
    let missed = real.f_neg()?.f_softplus()?.f_mean(Kind::Float)?.f_mul_scalar(1.0 - smoothing)?;
    let doubt = real.f_softplus()?.f_mean(Kind::Float)?.f_mul_scalar(smoothing)?;
    missed.f_add(&doubt)?.f_add(&made.f_softplus()?.f_mean(Kind::Float)?)
}

#[cfg(test)]
impl Contest {
    /// Every loss of both sides together, of images with noise given.
    pub(super) fn all_losses(&self, images: &Tensor, noise: [Tensor; 2]) -> Tensor {
        let drawn = self.draw_with(images, noise, true).unwrap();
        let [image, latent] = self.discriminate(images, &drawn).unwrap();
        let parts = self.generate(images, &drawn).unwrap();
        self.total(&parts, false).unwrap() + image + latent
    }
}

impl Objective for Contest {
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

    fn n_optimizers(&self) -> usize {
        3
    }

    fn optimizer_of(&self, name: &str) -> usize {
        optimizer_of(name)
    }

    fn part_names(&self) -> &'static [&'static str] {
        const ALL: [&str; 6] = [
            "reconstruction",
            "features",
            "prior",
            "adversarial",
            "image_discriminator",
            "latent_discriminator",
        ];
        match self.model.config().prior {
            Prior::Divergence => &ALL[..5],
            Prior::Adversarial => &ALL,
        }
    }

    /// In validation: what does not depend on the discriminators.
    fn losses(&self, batch: &Batch<'_>, train: bool) -> Result<Losses, ModelError> {
        let drawn = self.draw(batch, train)?;
        let parts = self.generate(&batch.images, &drawn)?;
        Ok(self.total(&parts, !train).during("computing the loss")?.into())
    }

    /// The discriminators go first, on detached images; then the autoencoder against them.
    fn step(&mut self, batch: &Batch<'_>, steps: &mut Steps<'_>) -> Result<Losses, ModelError> {
        let drawn = self.draw(batch, true)?;
        let [image, latent] = self.discriminate(&batch.images, &drawn)?;
        let loss = image.f_add(&latent).during("computing the loss")?;
        steps.take_scaled(DISCRIMINATORS, &loss, self.weights.discriminator_rate)?;
        let parts = self.generate(&batch.images, &drawn)?;
        let total = self.total(&parts, false).during("computing the loss")?;
        steps.take_together(DISCRIMINATORS, &total)?;
        let n = self.part_names().len();
        let parts = parts.into_iter().chain([image, latent]).take(n).collect();
        Ok(Losses { total, parts })
    }

    fn epoch_done<D: Dataset + Sync + ?Sized>(
        &mut self,
        epoch: usize,
        data: &D,
    ) -> Result<(), ModelError> {
        self.measure(data)?;
        self.health = probe(&self.model, data)?;
        if let Some(collapse) = self.health.collapse() {
            tracing::warn!(epoch, %collapse, "the adversarial autoencoder has collapsed");
        }
        Ok(())
    }

    fn measures(&self) -> Result<Vec<(&'static str, f64)>, ModelError> {
        Ok(self.health.measures())
    }
}
