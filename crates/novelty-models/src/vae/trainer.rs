use std::path::PathBuf;

use novelty_core::{Dataset, TrainObserver};

use super::objective::Bound;
use super::{Vae, VaeConfig};
use crate::trainer::{Session, fits_datasets};
use crate::{ModelError, TrainConfig, Trained};

/// Trains a [`Vae`].
///
/// The history logs the parts `reconstruction` (`-log p(x | z)`) and `divergence` beside the
/// loss; all are means over images, where the published convolutional network sums over the
/// batch: the same to Adam, but for its epsilon. What [`Trainer`](crate::Trainer) says of
/// memory, seeds and resumption holds here too.
///
/// ```
/// use ndarray::Array4;
/// use novelty_core::{Embed, Fit, ImageShape};
/// use novelty_models::{Device, TrainConfig, VaeConfig, VaeTrainer};
///
/// let images = Array4::from_shape_fn((32, 1, 8, 8), |(n, _, y, x)| ((n + x * y) % 7) as f32 / 7.0);
/// let network = VaeConfig::new(ImageShape::new(1, 8, 8)).n_features(4);
/// let config = TrainConfig::new().epochs(3).batch_size(8).device(Device::Cpu);
/// let model = VaeTrainer::new(network, config).fit(images.view())?;
/// assert_eq!(model.embed(images.view())?.dim(), (32, 4));
/// assert_eq!(model.sample(5, 42)?.dim(), (5, 1, 8, 8));
/// # Ok::<(), novelty_models::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct VaeTrainer {
    network: VaeConfig,
    config: TrainConfig,
    folder: Option<PathBuf>,
}

impl VaeTrainer {
    /// A trainer of one network with one set of settings.
    #[must_use]
    pub fn new(network: VaeConfig, config: TrainConfig) -> Self {
        Self { network, config, folder: None }
    }

    fn run<D, V, O>(
        &self,
        resume: bool,
        train: &D,
        validation: Option<&V>,
        observer: &mut O,
    ) -> Result<Trained<VaeConfig>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        V: Dataset + Sync + ?Sized,
        O: TrainObserver + ?Sized,
    {
        self.config.validate()?;
        let model = Vae::untrained(self.network.clone(), self.config.seed, self.config.device)?;
        let settings = serde_json::json!({ "vae": self.network });
        let folder = self.folder.as_deref();
        let session = Session { config: &self.config, settings, folder, resume };
        let (bound, history) = session.train(Bound { model }, train, validation, observer)?;
        Ok(Trained { model: bound.model, history })
    }
}

fits_datasets!(VaeTrainer, Trained<VaeConfig>, Vae);
