use ndarray::{Array2, Array4, Axis, Slice};
use novelty_core::{
    Embed, ImageShape, Images, InputError, Reconstruct, Threshold, ensure_finite,
    ensure_image_shape,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use crate::bridge;
use crate::error::TorchContext;
use crate::parameters::{Parameter, StoredTensors, channels_last};
use crate::precision::SharedPrecision;
use crate::prepared::Prepared;
use crate::random::{Purpose, standard_normal, stream};
use crate::{Device, ModelError, Network, NetworkConfig, Parameters, Precision, memory};

/// An autoencoder of any architecture: redraws images through a narrow code.
///
/// Trained on normal images with [`Trainer`](crate::Trainer), it redraws anomalous ones badly.
/// Reconstruction and embedding run in evaluation mode, so that an image's result does not
/// depend on the images beside it.
#[derive(Debug)]
pub struct Autoencoder<C: NetworkConfig> {
    config: C,
    network: C::Network,
    parameters: Vec<Parameter>,
    device: tch::Device,
    precision: SharedPrecision,
    prepared: Prepared<C::Network>,
    /// Where anomalous begins, where it was decided; saved with the model.
    pub threshold: Option<Threshold>,
    /// What was done to images before they came here, with its statistics, where it was written
    /// down; saved with the model. Such as a pipeline of `novelty-data`, as JSON.
    pub preprocessing: Option<serde_json::Value>,
}

/// Numbers drawn at once, 4 GB of them.
const MAX_DRAWN: usize = 1 << 30;

impl<C: NetworkConfig> Autoencoder<C> {
    /// A network with random weights drawn from `seed`, on `device`.
    ///
    /// # Errors
    /// If a setting of `config` is out of range, or the device is not there.
    pub fn untrained(config: C, seed: u64, device: Device) -> Result<Self, ModelError> {
        config.validate()?;
        let device = device.resolve()?;
        let parameters = Parameters::random(device, ChaCha8Rng::seed_from_u64(seed));
        Self::build(config, parameters, device)
    }

    pub(crate) fn from_stored(
        config: C,
        tensors: StoredTensors,
        device: tch::Device,
    ) -> Result<Self, ModelError> {
        config.validate()?;
        Self::build(config, Parameters::stored(device, tensors), device)
    }

    fn build(
        config: C,
        mut parameters: Parameters,
        device: tch::Device,
    ) -> Result<Self, ModelError> {
        let network = config.build(&mut parameters)?;
        let precision = parameters.precision();
        Ok(Self {
            config,
            network,
            parameters: parameters.finish()?,
            device,
            precision,
            prepared: Prepared::default(),
            threshold: None,
            preprocessing: None,
        })
    }

    /// The architecture.
    pub fn config(&self) -> &C {
        &self.config
    }

    /// The layers.
    pub fn network(&self) -> &C::Network {
        &self.network
    }

    /// The images it takes.
    pub fn image_shape(&self) -> ImageShape {
        self.config.image_shape()
    }

    /// What it computes with. Not saved: it is a matter of the machine, as the device is.
    pub fn precision(&self) -> Precision {
        self.precision.get()
    }

    /// Sets what it computes with from now on; default [`Precision::Single`]. Scores move in their
    /// last digits, so that a threshold is to be selected in the precision it is used in.
    pub fn set_precision(&mut self, precision: Precision) {
        self.precision.set(precision);
    }

    pub(crate) fn shared_precision(&self) -> &SharedPrecision {
        &self.precision
    }

    /// How many numbers training changes; running statistics are not counted.
    pub fn n_parameters(&self) -> usize {
        self.count(|_| true)
    }

    /// How many of them are the encoder's: those whose names begin with `encoder.`.
    pub fn n_encoder_parameters(&self) -> usize {
        self.count(|name| name.starts_with("encoder."))
    }

    fn count(&self, is_counted: impl Fn(&str) -> bool) -> usize {
        let trained = self.parameters.iter().filter(|p| p.trainable && is_counted(&p.name));
        trained.map(|p| p.tensor.numel()).sum()
    }

    pub(crate) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    pub(crate) fn device(&self) -> tch::Device {
        self.device
    }

    /// A batch in the layout the network is fastest on.
    pub(crate) fn arranged(&self, images: &Tensor) -> Result<Tensor, ModelError> {
        arranged(&self.network, images)
    }

    /// Reconstruction of a batch, in training or evaluation mode.
    pub(crate) fn forward(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.network.decode(&self.network.encode(images, train)?, train)
    }

    pub(crate) fn check(&self, images: &Images<'_>) -> Result<(), ModelError> {
        ensure_image_shape("images", images, self.image_shape())?;
        Ok(ensure_finite("images", images)?)
    }

    /// Applies `compute` to the network in its fastest form and the images in parts of bounded
    /// size.
    pub(crate) fn in_parts<T>(
        &self,
        images: &Images<'_>,
        mut compute: impl FnMut(&C::Network, &Tensor) -> Result<T, ModelError>,
    ) -> Result<Vec<T>, ModelError> {
        let _no_grad = tch::no_grad_guard();
        memory::keep_freed();
        let make = || self.network.prepared();
        let prepared = self.prepared.get(&self.parameters, self.precision.get(), make)?;
        let network = prepared.as_deref().unwrap_or(&self.network);
        let (n, size) = (images.len_of(Axis(0)), self.network.inference_batch().max(1));
        (0..n)
            .step_by(size)
            .map(|first| {
                let part = Slice::from(first..n.min(first.saturating_add(size)));
                let part = images.slice_axis(Axis(0), part);
                let part = bridge::to_tensor(&part, self.device)?;
                compute(network, &arranged(network, &part)?)
            })
            .collect()
    }
}

impl<C: NetworkConfig> Reconstruct for Autoencoder<C> {
    type Error = ModelError;

    fn reconstruct(&self, images: Images<'_>) -> Result<Array4<f32>, ModelError> {
        self.check(&images)?;
        let parts = self.in_parts(&images, |network, part| {
            let redrawn = network.decode(&network.encode(part, false)?, false)?;
            ensure_output_size(&redrawn, &part.size())?;
            bridge::to_array4(&redrawn)
        })?;
        if parts.is_empty() {
            return Ok(Array4::zeros(images.raw_dim()));
        }
        finite_rows(concatenate(&parts)?)
    }
}

impl<C: NetworkConfig> Embed for Autoencoder<C> {
    type Error = ModelError;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, ModelError> {
        self.check(&images)?;
        let parts = self
            .in_parts(&images, |network, part| bridge::to_array2(&network.encode(part, false)?))?;
        if parts.is_empty() {
            return Ok(Array2::zeros((0, self.n_features()?)));
        }
        finite_rows(concatenate(&parts)?)
    }
}

impl<C: NetworkConfig> Autoencoder<C> {
    fn n_features(&self) -> Result<usize, ModelError> {
        let ImageShape { channels, height, width } = self.image_shape();
        let one = Array4::zeros((1, channels, height, width));
        Ok(self.embed(one.view())?.ncols())
    }
}

impl<C: NetworkConfig> Autoencoder<C> {
    /// `n` images of codes of a length drawn from `N(0, 1)`.
    pub(crate) fn sample_codes(
        &self,
        length: usize,
        n: usize,
        seed: u64,
    ) -> Result<Array4<f32>, ModelError> {
        let _no_grad = tch::no_grad_guard();
        let ImageShape { channels, height, width } = self.image_shape();
        let pixels = channels * height * width;
        if n > MAX_DRAWN / pixels.max(1) {
            let range = "of at most 2^30 numbers in all";
            return Err(InputError::setting("samples to draw", n, range).into());
        }
        let mut images = Array4::zeros((n, channels, height, width));
        let size = self.network().inference_batch().max(1);
        for (i, mut part) in images.axis_chunks_iter_mut(Axis(0), size).enumerate() {
            let mut rng = stream(seed, Purpose::Latent, 0, i);
            let size = [part.len_of(Axis(0)) as i64, length as i64];
            let codes = standard_normal(&mut rng, &size, self.device)?;
            part.assign(&bridge::to_array4(&self.network().decode(&codes, false)?)?);
        }
        finite_rows(images)
    }
}

fn arranged(network: &impl Network, images: &Tensor) -> Result<Tensor, ModelError> {
    // With a single channel the layouts are one.
    if network.is_channels_last() && images.size().get(1).is_some_and(|&channels| channels > 1) {
        return channels_last(images).during("arranging images");
    }
    Ok(images.shallow_clone())
}

/// Refuses a network's output of another size than the images: networks are also users' own.
pub(crate) fn ensure_output_size(output: &Tensor, expected: &[i64]) -> Result<(), InputError> {
    let size = output.size();
    if size == expected {
        return Ok(());
    }
    let [expected, got] = [expected, &size].map(|size| size.iter().map(|&n| n as usize).collect());
    Err(InputError::Shape { place: "network output", expected, got })
}

pub(crate) fn concatenate<D: ndarray::RemoveAxis>(
    parts: &[ndarray::Array<f32, D>],
) -> Result<ndarray::Array<f32, D>, ModelError> {
    let views: Vec<_> = parts.iter().map(ndarray::ArrayBase::view).collect();
    ndarray::concatenate(Axis(0), &views).map_err(|error| ModelError::Torch {
        operation: "joining batches",
        message: error.to_string(),
    })
}

/// Refuses a result with a value that is not finite, naming the image.
pub(crate) fn finite_rows<D: ndarray::RemoveAxis>(
    array: ndarray::Array<f32, D>,
) -> Result<ndarray::Array<f32, D>, ModelError> {
    if ensure_finite("output", &array).is_ok() {
        return Ok(array);
    }
    let is_bad = |row: &ndarray::ArrayView<'_, f32, D::Smaller>| !row.iter().all(|x| x.is_finite());
    let index = array.axis_iter(Axis(0)).position(|row| is_bad(&row)).unwrap_or_default();
    Err(ModelError::Output { index })
}
