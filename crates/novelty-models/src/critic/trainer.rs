use std::path::PathBuf;

use novelty_core::{Dataset, InputError, TrainObserver};

use super::objective::Judging;
use super::{CriticAutoencoder, CriticAutoencoderConfig, PseudoAnomaly};
use crate::settings::not_negative;
use crate::trainer::{Session, fits_datasets};
use crate::{ModelError, TrainConfig, Trained};

/// Trains a [`CriticAutoencoder`] on normal images alone; the anomalies are made of them.
///
/// Each step shows the autoencoder the batch, to draw as it is, and up to half of it broken in a
/// part, to draw whole. The critic sees the batch and as many made-up anomalies of it, each
/// beside its reconstruction. The loss is
/// `MSE(clean) + restoration * MSE(broken) + mean softplus(logit(clean)) + mean
/// softplus(-logit(anomalies))`; the critic's part does not reach the autoencoder, so that
/// scores from reconstructions stay what they are. The history logs its parts `redrawing`,
/// `restoring` and `critic`. What [`Trainer`](crate::Trainer) says of memory, seeds and
/// resumption holds here too.
///
/// ```
/// use ndarray::Array4;
/// use novelty_core::{Fit, ImageShape, Score};
/// use novelty_models::{
///     CriticAutoencoderConfig, CriticScore, CriticTrainer, Device, TrainConfig,
/// };
///
/// let images = Array4::from_shape_fn((32, 1, 8, 8), |(n, _, y, x)| ((n + x * y) % 7) as f32 / 7.0);
/// let network = CriticAutoencoderConfig::new(ImageShape::new(1, 8, 8));
/// let config = TrainConfig::new().epochs(3).batch_size(8).device(Device::Cpu);
/// let model = CriticTrainer::new(network, config).fit(images.view())?;
/// assert_eq!(CriticScore::combined(&model).score(images.view())?.len(), 32);
/// # Ok::<(), novelty_models::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CriticTrainer {
    network: CriticAutoencoderConfig,
    config: TrainConfig,
    anomalies: Vec<PseudoAnomaly>,
    restoration: f64,
    folder: Option<PathBuf>,
}

impl CriticTrainer {
    /// A trainer of one network with one set of settings.
    #[must_use]
    pub fn new(network: CriticAutoencoderConfig, config: TrainConfig) -> Self {
        let anomalies = PseudoAnomaly::ALL.to_vec();
        Self { network, config, anomalies, restoration: 1.0, folder: None }
    }

    /// Sets the kinds of anomalies made up, at least one. Default all. Leave out what is normal
    /// in your images: [`PseudoAnomaly::Turn`] where they come in any direction,
    /// [`PseudoAnomaly::Shift`] where in any place.
    #[must_use]
    pub fn anomalies(mut self, anomalies: impl Into<Vec<PseudoAnomaly>>) -> Self {
        self.anomalies = anomalies.into();
        self
    }

    /// Sets the weight of drawing broken images whole, at least 0. Default 1.
    #[must_use]
    pub fn restoration(mut self, restoration: f64) -> Self {
        self.restoration = restoration;
        self
    }

    fn run<D, V, O>(
        &self,
        resume: bool,
        train: &D,
        validation: Option<&V>,
        observer: &mut O,
    ) -> Result<Trained<CriticAutoencoderConfig>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        V: Dataset + Sync + ?Sized,
        O: TrainObserver + ?Sized,
    {
        self.config.validate()?;
        not_negative("restoration", self.restoration)?;
        if self.anomalies.is_empty() {
            return Err(InputError::Empty { place: "anomalies" }.into());
        }
        let (seed, device) = (self.config.seed, self.config.device);
        let model = CriticAutoencoder::untrained(self.network.clone(), seed, device)?;
        let settings = serde_json::json!({
            "critic_autoencoder": self.network,
            "anomalies": self.anomalies,
            "restoration": self.restoration,
        });
        let folder = self.folder.as_deref();
        let session = Session { config: &self.config, settings, folder, resume };
        let judging = Judging::new(model, &self.anomalies, self.restoration);
        let (judging, history) = session.train(judging, train, validation, observer)?;
        Ok(Trained { model: judging.model, history })
    }
}

fits_datasets!(CriticTrainer, Trained<CriticAutoencoderConfig>, CriticAutoencoder);
