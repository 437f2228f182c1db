mod batches;
mod config;
mod fitting;
mod means;
mod objective;
mod observers;
mod redraw;
mod run;
mod saved;
#[cfg(test)]
mod step_golden;

use std::path::PathBuf;

use ndarray::{Array3, Axis};
use novelty_core::{Dataset, ImageShape, Images, InputError, Sample, TrainObserver};

pub(crate) use batches::for_each_batch;
pub use config::{Keep, TrainConfig};
pub(crate) use fitting::fits_datasets;
pub(crate) use objective::{Batch, Losses, Objective, Steps};
pub use observers::{CsvObserver, LossTarget, Observers, ProgressObserver};
pub use redraw::Loss;
use redraw::{Redraw, Redrawing};
#[cfg(test)]
pub(crate) use run::Run;
pub(crate) use run::{EVALUATION_BATCH, Session};

use crate::{Autoencoder, History, ModelError, NetworkConfig};

/// Trains an autoencoder to redraw the images it is shown.
///
/// The loss is the mean squared error over pixels unless [`loss`](Self::loss) says otherwise.
/// Give it normal images; a small unknown share of anomalous ones does little harm. A thread
/// reads the batches ahead of the one computed; memory is bounded by a few batches, whatever the
/// size of the dataset.
///
/// The same data, settings, seed and number of threads give bit-identical weights, also if the
/// run is [resumed](Self::resume).
///
/// ```
/// use ndarray::Array4;
/// use novelty_core::{Fit, ImageShape, Reconstruct};
/// use novelty_models::{ConvAutoencoderConfig, Device, TrainConfig, Trainer};
///
/// let images = Array4::from_shape_fn((32, 1, 8, 8), |(n, _, y, x)| ((n + x * y) % 7) as f32 / 7.0);
/// let network = ConvAutoencoderConfig::new(ImageShape::new(1, 8, 8)).filters([8]).n_features(4);
/// let config = TrainConfig::new().epochs(3).batch_size(8).device(Device::Cpu);
/// let model = Trainer::new(network, config).fit(images.view())?;
/// assert_eq!(model.reconstruct(images.view())?.dim(), (32, 1, 8, 8));
/// # Ok::<(), novelty_models::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trainer<C> {
    network: C,
    config: TrainConfig,
    goal: Redrawing,
    folder: Option<PathBuf>,
}

/// A trained model, and how it got there.
#[derive(Debug)]
pub struct Trained<C: NetworkConfig> {
    /// The model.
    pub model: Autoencoder<C>,
    /// The losses, epoch by epoch.
    pub history: History,
}

impl<C: NetworkConfig> Trainer<C> {
    /// A trainer of one architecture with one set of settings.
    #[must_use]
    pub fn new(network: C, config: TrainConfig) -> Self {
        Self { network, config, goal: Redrawing::default(), folder: None }
    }

    /// Sets the loss. Default the mean squared error.
    #[must_use]
    pub fn loss(mut self, loss: Loss) -> Self {
        self.goal.loss = loss;
        self
    }

    /// Trains it to remove noise: normal noise of this standard deviation is added to the images
    /// it is shown, which are then clipped to `[0, 1]`, and the clean images are what it is to
    /// draw. At least 0; default 0, no noise.
    ///
    /// Vincent, Larochelle, Bengio and Manzagol, *Extracting and Composing Robust Features with
    /// Denoising Autoencoders*, ICML 2008.
    #[must_use]
    pub fn noise(mut self, standard_deviation: f32) -> Self {
        self.goal.noise = standard_deviation;
        self
    }

    /// Trains a model further, from the weights it has.
    ///
    /// # Errors
    /// As [`fit_dataset`](Self::fit_dataset); and if its architecture is not the trainer's.
    pub fn fit_model<D, V, O>(
        &self,
        model: Autoencoder<C>,
        train: &D,
        validation: Option<&V>,
        observer: &mut O,
    ) -> Result<Trained<C>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        V: Dataset + Sync + ?Sized,
        O: TrainObserver + ?Sized,
    {
        if model.config() != &self.network {
            let (name, range) = ("the model's architecture", "the trainer's");
            return Err(InputError::setting(name, format!("{:?}", model.config()), range).into());
        }
        self.train(model, false, train, validation, observer)
    }

    fn untrained(&self) -> Result<Autoencoder<C>, ModelError> {
        self.config.validate()?;
        self.goal.validate()?;
        Autoencoder::untrained(self.network.clone(), self.config.seed, self.config.device)
    }

    fn run<D, V, O>(
        &self,
        resume: bool,
        train: &D,
        validation: Option<&V>,
        observer: &mut O,
    ) -> Result<Trained<C>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        V: Dataset + Sync + ?Sized,
        O: TrainObserver + ?Sized,
    {
        let model = self.untrained()?;
        self.train(model, resume, train, validation, observer)
    }

    fn train<D, V, O>(
        &self,
        model: Autoencoder<C>,
        resume: bool,
        train: &D,
        validation: Option<&V>,
        observer: &mut O,
    ) -> Result<Trained<C>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        V: Dataset + Sync + ?Sized,
        O: TrainObserver + ?Sized,
    {
        self.goal.validate()?;
        let settings = serde_json::json!({
            "kind": C::KIND,
            "network": self.network,
            "objective": self.goal,
        });
        let folder = self.folder.as_deref();
        let session = Session { config: &self.config, settings, folder, resume };
        let objective = Redraw { model, goal: self.goal };
        let (objective, history) = session.train(objective, train, validation, observer)?;
        Ok(Trained { model: objective.model, history })
    }
}

fits_datasets!(Trainer<C>, Trained<C>, Autoencoder<C>, C: NetworkConfig);

/// A batch of images as a dataset.
pub(crate) struct Rows<'a>(pub(crate) Images<'a>);

impl Dataset for Rows<'_> {
    type Error = InputError;

    fn len(&self) -> usize {
        self.0.len_of(Axis(0))
    }

    fn image_shape(&self) -> ImageShape {
        let (_, channels, height, width) = self.0.dim();
        ImageShape { channels, height, width }
    }

    fn get(&self, index: usize) -> Result<Sample, InputError> {
        let image: Array3<f32> = self.0.index_axis(Axis(0), index).to_owned();
        Ok(Sample::new(image))
    }
}
