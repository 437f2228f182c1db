use std::path::Path;

use ndarray::{Array1, Array2, Array4, Axis};
use novelty_core::{
    Embed, ImageShape, Images, Score, Threshold, ensure_finite, ensure_image_shape,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::encoder::{Encoder, EncoderConfig};
use crate::bridge::{to_array2, to_tensor};
use crate::checkpoint::{Description, load};
use crate::error::{CheckpointProblem, TorchContext};
use crate::parameters::{Parameter, StoredTensors};
use crate::precision::SharedPrecision;
use crate::prepared::Prepared;
use crate::{Device, ModelError, Parameters, Precision, memory};

/// A hypersphere around the codes of normal images. [`DeepSvddConfig`](crate::DeepSvddConfig)
/// trains it.
///
/// The score of an image is the squared distance of its code from the centre,
/// `d = |f(x) - c|^2`; with a soft boundary `d - R^2`, above 0 outside.
#[derive(Debug)]
pub struct DeepSvdd<C: EncoderConfig> {
    network: C,
    encoder: C::Encoder,
    parameters: Vec<Parameter>,
    device: tch::Device,
    precision: SharedPrecision,
    prepared: Prepared<C::Encoder>,
    pub(super) center: Vec<f32>,
    pub(super) radius: Option<f64>,
    /// Where anomalous begins, where it was decided; saved with the model.
    pub threshold: Option<Threshold>,
    /// What was done to images before they came here, with its statistics, where it was written
    /// down; saved with the model. Such as a pipeline of `novelty-data`, as JSON.
    pub preprocessing: Option<serde_json::Value>,
}

/// What a checkpoint holds beside the encoder.
#[derive(Debug, Serialize, Deserialize)]
struct Sphere {
    center: Vec<f32>,
    radius: Option<f64>,
}

impl<C: EncoderConfig> DeepSvdd<C> {
    /// Random weights, and a centre yet to be found.
    pub(super) fn untrained(network: C, seed: u64, device: Device) -> Result<Self, ModelError> {
        network.validate()?;
        let device = device.resolve()?;
        let parameters = Parameters::random(device, ChaCha8Rng::seed_from_u64(seed));
        let mut model = Self::build(network, parameters, device)?;
        model.center = vec![0.0; model.n_features()?];
        Ok(model)
    }

    fn build(
        network: C,
        mut parameters: Parameters,
        device: tch::Device,
    ) -> Result<Self, ModelError> {
        let encoder = network.build_encoder(&mut parameters)?;
        let precision = parameters.precision();
        Ok(Self {
            network,
            encoder,
            parameters: parameters.finish()?,
            device,
            precision,
            prepared: Prepared::default(),
            center: Vec::new(),
            radius: None,
            threshold: None,
            preprocessing: None,
        })
    }

    /// The architecture.
    pub fn config(&self) -> &C {
        &self.network
    }

    /// The images it takes.
    pub fn image_shape(&self) -> ImageShape {
        self.network.image_shape()
    }

    /// The centre of the hypersphere; one value a feature.
    pub fn center(&self) -> &[f32] {
        &self.center
    }

    /// The radius of the hypersphere, where it has one.
    pub fn radius(&self) -> Option<f64> {
        self.radius
    }

    /// How many numbers training changes.
    pub fn n_parameters(&self) -> usize {
        self.parameters.iter().filter(|p| p.trainable).map(|p| p.tensor.numel()).sum()
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

    pub(super) fn shared_precision(&self) -> &SharedPrecision {
        &self.precision
    }

    pub(super) fn encoder(&self) -> &C::Encoder {
        &self.encoder
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    pub(super) fn device(&self) -> tch::Device {
        self.device
    }

    /// Takes weights and running statistics over from an autoencoder's parameters, by name.
    pub(super) fn copy_from(&mut self, pretrained: &[Parameter]) -> Result<(), ModelError> {
        let _no_grad = tch::no_grad_guard();
        for parameter in &self.parameters {
            let same = pretrained.iter().find(|other| other.name == parameter.name);
            let missing = || CheckpointProblem::Missing(parameter.name.clone());
            let source = &same.ok_or_else(missing)?.tensor;
            let mut tensor = parameter.tensor.shallow_clone();
            tensor.f_copy_(source).during("copying pretrained weights")?;
        }
        Ok(())
    }

    /// The squared distances of codes from the centre.
    pub(super) fn distances<'a>(&self, codes: &'a Array2<f32>) -> impl Iterator<Item = f64> + 'a {
        let center: Vec<f64> = self.center.iter().map(|&x| f64::from(x)).collect();
        codes.outer_iter().map(move |code| {
            let differences = code.into_iter().zip(&center).map(|(&x, c)| f64::from(x) - c);
            differences.map(|d| d * d).sum()
        })
    }

    /// The codes of at least one image in evaluation mode, whatever they are.
    pub(super) fn codes(&self, images: &Images<'_>) -> Result<Array2<f32>, ModelError> {
        let _no_grad = tch::no_grad_guard();
        memory::keep_freed();
        let make = || self.encoder.prepared();
        let prepared = self.prepared.get(&self.parameters, self.precision.get(), make)?;
        let encoder = prepared.as_deref().unwrap_or(&self.encoder);
        let parts = images.axis_chunks_iter(Axis(0), self.encoder.inference_batch().max(1));
        let codes = parts.map(|part| encoder.encode(&to_tensor(&part, self.device)?, false));
        let codes = codes.collect::<Result<Vec<_>, _>>()?;
        to_array2(&Tensor::f_cat(&codes, 0).during("joining codes")?)
    }

    fn n_features(&self) -> Result<usize, ModelError> {
        let ImageShape { channels, height, width } = self.image_shape();
        Ok(self.codes(&Array4::zeros((1, channels, height, width)).view())?.ncols())
    }

    /// Saves the model to `folder`, made if it is not there, as `model.safetensors` and
    /// `model.json`. A kill at any moment leaves the old files or the new ones, never a part.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), ModelError> {
        let sphere = Sphere { center: self.center.clone(), radius: self.radius };
        let mut description = Description::new(&Self::kind(), &self.network, sphere);
        description.threshold.clone_from(&self.threshold);
        description.preprocessing.clone_from(&self.preprocessing);
        description.save(folder.as_ref(), &self.parameters)
    }

    /// Loads a model saved by [`DeepSvdd::save`] to `device`.
    ///
    /// # Errors
    /// As [`Autoencoder::load`](crate::Autoencoder::load); and if the centre or the radius is not
    /// one.
    pub fn load(folder: impl AsRef<Path>, device: Device) -> Result<Self, ModelError> {
        let device = device.resolve()?;
        load(folder.as_ref(), &Self::kind(), |description: Description<C, Sphere>, tensors| {
            let mut model = Self::from_stored(description.config, tensors, device)?;
            let Sphere { center, radius } = description.extra;
            let n_features = model.n_features()?;
            let is_center = center.len() == n_features && center.iter().all(|x| x.is_finite());
            let is_radius = radius.is_none_or(|radius| radius >= 0.0 && radius.is_finite());
            if !is_center || !is_radius {
                let text = format!("a centre of {n_features} finite numbers, a radius not below 0");
                return Err(CheckpointProblem::Description(text).into());
            }
            (model.center, model.radius) = (center, radius);
            model.threshold = description.threshold;
            model.preprocessing = description.preprocessing;
            Ok(model)
        })
    }

    fn from_stored(
        network: C,
        tensors: StoredTensors,
        device: tch::Device,
    ) -> Result<Self, ModelError> {
        network.validate()?;
        Self::build(network, Parameters::stored(device, tensors), device)
    }

    /// Weights as given, and a centre yet to be found.
    #[cfg(test)]
    pub(super) fn stored(network: C, tensors: StoredTensors) -> Result<Self, ModelError> {
        let mut model = Self::from_stored(network, tensors, tch::Device::Cpu)?;
        model.center = vec![0.0; model.n_features()?];
        Ok(model)
    }

    /// The name of this kind of model in checkpoints.
    pub(crate) fn kind() -> String {
        format!("deep_svdd/{}", C::KIND)
    }
}

impl<C: EncoderConfig> Embed for DeepSvdd<C> {
    type Error = ModelError;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, ModelError> {
        ensure_image_shape("images", &images, self.image_shape())?;
        ensure_finite("images", &images)?;
        let n = images.len_of(Axis(0));
        if n == 0 {
            return Ok(Array2::zeros((0, self.center.len())));
        }
        let all = self.codes(&images)?;
        let is_bad = |code: ndarray::ArrayView1<'_, f32>| !code.iter().all(|x| x.is_finite());
        match all.outer_iter().position(is_bad) {
            Some(index) => Err(ModelError::Output { index }),
            None => Ok(all),
        }
    }
}

impl<C: EncoderConfig> Score<Images<'_>> for DeepSvdd<C> {
    type Error = ModelError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, ModelError> {
        let codes = self.embed(images)?;
        let squared_radius = self.radius.map_or(0.0, |radius| radius * radius);
        let scores: Array1<f32> =
            self.distances(&codes).map(|d| (d - squared_radius) as f32).collect();
        match scores.iter().position(|score| !score.is_finite()) {
            Some(index) => Err(ModelError::Output { index }),
            None => Ok(scores),
        }
    }
}

/// A vector as a tensor on a device.
pub(super) fn vector(values: &[f32], device: tch::Device) -> Result<Tensor, ModelError> {
    Tensor::f_from_slice(values).and_then(|t| t.f_to_device(device)).during("copying the centre")
}
