use std::path::PathBuf;

use novelty_core::{Dataset, InputError, TrainObserver};
use serde::{Deserialize, Serialize};

use super::collapse::Health;
use super::objective::Contest;
use super::{VaeGan, VaeGanCollapse, VaeGanConfig};
use crate::settings::{not_negative, positive};
use crate::trainer::{Session, fits_datasets};
use crate::{History, ModelError, TrainConfig};

/// How much each part of a [`VaeGan`]'s loss counts, and how fast its discriminators learn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VaeGanWeights {
    /// Of `-log p(x | z)`, which is summed over pixels; at least 0. Default 1.
    pub pixel: f64,
    /// Of the squared distance between an image's and its reconstruction's discriminator
    /// features, as a share of the image's; at least 0. Default 20.
    pub feature: f64,
    /// Of not being taken for real, reconstructions and samples alike; at least 0. Default 2.
    pub adversarial: f64,
    /// Of codes not being taken for draws from the prior, with
    /// [`Prior::Adversarial`](crate::Prior::Adversarial); at least 0. Default 5.
    pub prior: f64,
    /// The discriminators' learning rate as a multiple of the others', above 0. Default 0.3:
    /// a discriminator that is never wrong teaches nothing.
    pub discriminator_rate: f64,
    /// How much the discriminators doubt a real thing, in 0..0.5. Default 0.1.
    pub label_smoothing: f64,
}

impl Default for VaeGanWeights {
    fn default() -> Self {
        Self {
            pixel: 1.0,
            feature: 20.0,
            adversarial: 2.0,
            prior: 5.0,
            discriminator_rate: 0.3,
            label_smoothing: 0.1,
        }
    }
}

impl VaeGanWeights {
    pub(crate) fn validate(self) -> Result<(), InputError> {
        not_negative("pixel", self.pixel)?;
        not_negative("feature", self.feature)?;
        not_negative("adversarial", self.adversarial)?;
        not_negative("prior", self.prior)?;
        positive("discriminator_rate", self.discriminator_rate)?;
        let smoothing = self.label_smoothing;
        if !(0.0..0.5).contains(&smoothing) {
            return Err(InputError::setting("label_smoothing", smoothing, "in 0..0.5"));
        }
        Ok(())
    }
}

/// A trained [`VaeGan`], and how it got there.
#[derive(Debug)]
#[non_exhaustive]
pub struct TrainedVaeGan {
    /// The model.
    pub model: VaeGan,
    /// The losses, epoch by epoch; the measures [`VaeGanTrainer`] names beside them.
    pub history: History,
    /// What has collapsed at the end, if anything. It is also a warning in the log, after every
    /// epoch.
    pub collapse: Option<VaeGanCollapse>,
}

/// Trains a [`VaeGan`]: its discriminators take a step, then its encoder and its decoder; three
/// optimisers.
///
/// The history logs, as means over images, the losses `reconstruction` (`-log p(x | z)`),
/// `features`, `prior` (the divergence, or what the codes lose by not being taken for the
/// prior's), `adversarial`, `image_discriminator` and, where there is one,
/// `latent_discriminator`; and the measures
///
/// | measure | collapsed at |
/// |---|---|
/// | `sample_spread`: how much samples vary, as a share of how much images do | below 0.1 |
/// | `active_features`: features whose means vary by more than 0.01 from image to image | 0 |
/// | `discriminator_accuracy`: on images and samples; near 1 it teaches little | |
///
/// The validation loss is what does not depend on a discriminator: the variational bound. What
/// [`Trainer`](crate::Trainer) says of memory, seeds and resumption holds here too.
///
/// ```
/// use ndarray::Array4;
/// use novelty_core::{Embed, Fit, ImageShape};
/// use novelty_models::{Device, TrainConfig, VaeGanConfig, VaeGanTrainer};
///
/// let images = Array4::from_shape_fn((32, 1, 8, 8), |(n, _, y, x)| ((n + x * y) % 7) as f32 / 7.0);
/// let network = VaeGanConfig::new(ImageShape::new(1, 8, 8)).n_features(4);
/// let config = TrainConfig::new().epochs(3).batch_size(8).device(Device::Cpu);
/// let model = VaeGanTrainer::new(network, config).fit(images.view())?;
/// assert_eq!(model.embed(images.view())?.dim(), (32, 4));
/// assert_eq!(model.sample(5, 42)?.dim(), (5, 1, 8, 8));
/// # Ok::<(), novelty_models::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct VaeGanTrainer {
    network: VaeGanConfig,
    config: TrainConfig,
    weights: VaeGanWeights,
    folder: Option<PathBuf>,
}

impl VaeGanTrainer {
    /// A trainer of one network with one set of settings.
    #[must_use]
    pub fn new(network: VaeGanConfig, config: TrainConfig) -> Self {
        Self { network, config, weights: VaeGanWeights::default(), folder: None }
    }

    /// Sets how much each part of the loss counts.
    #[must_use]
    pub fn weights(mut self, weights: VaeGanWeights) -> Self {
        self.weights = weights;
        self
    }

    fn run<D, V, O>(
        &self,
        resume: bool,
        train: &D,
        validation: Option<&V>,
        observer: &mut O,
    ) -> Result<TrainedVaeGan, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        V: Dataset + Sync + ?Sized,
        O: TrainObserver + ?Sized,
    {
        self.config.validate()?;
        self.weights.validate()?;
        let model = VaeGan::untrained(self.network.clone(), self.config.seed, self.config.device)?;
        let settings = serde_json::json!({ "vae_gan": self.network, "weights": self.weights });
        let folder = self.folder.as_deref();
        let session = Session { config: &self.config, settings, folder, resume };
        let contest = Contest { model, weights: self.weights, health: Health::default() };
        let (contest, history) = session.train(contest, train, validation, observer)?;
        let collapse = super::collapse::probe(&contest.model, train)?.collapse();
        Ok(TrainedVaeGan { model: contest.model, history, collapse })
    }
}

fits_datasets!(VaeGanTrainer, TrainedVaeGan, VaeGan);
