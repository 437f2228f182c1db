mod batches;
mod config;
mod run;
#[cfg(test)]
mod step_golden;

use ndarray::{Array3, Axis};
use novelty_core::{
    Dataset, Fit, ImageShape, Images, InputError, Sample, TrainObserver, ensure_finite,
};

pub use config::{Keep, TrainConfig};

use crate::{Autoencoder, History, ModelError, NetworkConfig};

/// Trains an autoencoder to redraw the images it is shown.
///
/// The loss is the mean squared error over pixels. Give it normal images; a small unknown share
/// of anomalous ones does little harm. Memory is bounded by the batch, whatever the size of the
/// dataset.
///
/// The same data, settings, seed and number of threads give bit-identical weights.
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
        Self { network, config }
    }

    /// Trains on a dataset of any size, measuring the loss on `validation` after every epoch.
    ///
    /// Without validation data pass `None::<&D>`; the kept weights are then those of the last
    /// epoch.
    ///
    /// # Errors
    /// If a setting is out of range, a dataset is empty, unreadable or of another image shape
    /// than the network's, the device is missing, or the loss is not finite any more.
    pub fn fit_dataset<D, V, O>(
        &self,
        train: &D,
        validation: Option<&V>,
        observer: &mut O,
    ) -> Result<Trained<C>, ModelError>
    where
        D: Dataset + ?Sized,
        V: Dataset + ?Sized,
        O: TrainObserver + ?Sized,
    {
        self.config.validate()?;
        self.check_dataset("training set", train)?;
        if let Some(validation) = validation {
            self.check_dataset("validation set", validation)?;
        }
        let (seed, device) = (self.config.seed, self.config.device);
        let model = Autoencoder::untrained(self.network.clone(), seed, device)?;
        run::Run::new(&self.config, model)?.train(train, validation, observer)
    }

    fn check_dataset<D: Dataset + ?Sized>(
        &self,
        place: &'static str,
        dataset: &D,
    ) -> Result<(), InputError> {
        if dataset.is_empty() {
            return Err(InputError::Empty { place });
        }
        let sides = |shape: ImageShape| vec![shape.channels, shape.height, shape.width];
        let (expected, got) = (self.network.image_shape(), dataset.image_shape());
        if got == expected {
            return Ok(());
        }
        Err(InputError::Shape { place, expected: sides(expected), got: sides(got) })
    }
}

impl<C: NetworkConfig> Fit<Images<'_>> for Trainer<C> {
    type Fitted = Autoencoder<C>;
    type Error = ModelError;

    fn fit(&self, images: Images<'_>) -> Result<Autoencoder<C>, ModelError> {
        ensure_finite("images", &images)?;
        let trained = self.fit_dataset(&Rows(images), None::<&Rows<'_>>, &mut ())?;
        Ok(trained.model)
    }
}

/// A batch of images as a dataset.
struct Rows<'a>(Images<'a>);

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
