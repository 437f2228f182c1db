//! Every architecture against PyTorch's values: see `tests/golden/zoo.py`.

use std::collections::BTreeMap;

use ndarray::Array4;
use novelty_core::{Embed, ImageShape, Reconstruct};
use serde::Deserialize;
use tch::{Reduction, Tensor};

use super::*;
use crate::bridge::{to_tensor, to_vec};
use crate::optimizer::Optimizer;
use crate::parameters::StoredTensors;
use crate::{AdamConfig, Autoencoder, Device, NetworkConfig};

pub(crate) const N_IMAGES: usize = 3;

#[derive(Deserialize)]
pub(crate) struct Golden {
    codes: Vec<f32>,
    images: Vec<f32>,
    parameters: usize,
    pub(crate) loss: f64,
    after: BTreeMap<String, Vec<f32>>,
    /// Of variational networks.
    #[serde(default)]
    pub(crate) scores: Vec<f32>,
    /// Entries of the noise their codes are drawn with.
    #[serde(default)]
    pub(crate) noise: Vec<f32>,
    /// Of images drawn in another style.
    #[serde(default)]
    pub(crate) rerendered: Vec<f32>,
}

pub(crate) fn golden(name: &str) -> Golden {
    let mut all: BTreeMap<String, Golden> =
        serde_json::from_str(include_str!("../../tests/golden/zoo.json")).unwrap();
    all.remove(name).unwrap()
}

fn fnv(name: &str) -> u32 {
    name.bytes().fold(0x811C_9DC5, |h, byte| (h ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn mixed(seed: u32, i: usize) -> u32 {
    let mut h = (i as u32).wrapping_mul(0x9E37_79B9).wrapping_add(seed);
    h = (h ^ (h >> 16)).wrapping_mul(0x85EB_CA6B);
    h = (h ^ (h >> 13)).wrapping_mul(0xC2B2_AE35);
    h ^ (h >> 16)
}

pub(crate) fn entries(name: &str, shape: &[usize]) -> Vec<f32> {
    let n: usize = shape.iter().product();
    let (scale, offset) = match name {
        "images" => (0.5, 0.5),
        _ if name.ends_with("noise") => (1.0, 0.0),
        _ if name.ends_with("running_var") => (0.5, 1.0),
        _ if shape.len() > 1 => ((3.0 * shape[0] as f64 / n as f64).sqrt(), 0.0),
        _ if name.ends_with("weight") => (0.2, 1.0),
        _ => (0.1, 0.0),
    };
    let seed = fnv(name);
    let unit = |i| f64::from(mixed(seed, i)) / 2_f64.powi(31) - 1.0;
    (0..n).map(|i| (offset + scale * unit(i)) as f32).collect()
}

/// The entries that the golden values are of.
pub(crate) fn assert_close(what: &str, name: &str, values: &[f32], expected: &[f32]) {
    let tolerance = 1e-5;
    let seed = fnv(&format!("sample {name}"));
    for (k, &expected) in expected.iter().enumerate() {
        let got = values[mixed(seed, k) as usize % values.len()];
        assert!((got - expected).abs() < tolerance, "{what}, {name}: {got}, expected {expected}");
    }
}

pub(crate) fn model<C: NetworkConfig>(config: C) -> Autoencoder<C> {
    let random = Autoencoder::untrained(config.clone(), 0, Device::Cpu).unwrap();
    let shape = |t: &Tensor| t.size().iter().map(|&n| n as usize).collect::<Vec<_>>();
    let tensors: StoredTensors = random
        .parameters()
        .iter()
        .map(|p| (p.name.clone(), (shape(&p.tensor), entries(&p.name, &shape(&p.tensor)))))
        .collect();
    Autoencoder::from_stored(config, tensors, tch::Device::Cpu).unwrap()
}

/// One step of Adam down a loss of the images; the loss before it.
pub(crate) fn take_step<C: NetworkConfig>(
    model: &Autoencoder<C>,
    loss: impl Fn(&Tensor) -> Tensor,
    images: &Array4<f32>,
) -> f64 {
    let trainable = model.parameters().iter().filter(|p| p.trainable);
    let adam = AdamConfig::default().epsilon(1e-3).into();
    let mut optimizer = Optimizer::new(adam, None, trainable).unwrap();
    let loss = loss(&to_tensor(&images.view(), tch::Device::Cpu).unwrap());
    optimizer.step(&loss, 1e-3).unwrap();
    loss.double_value(&[])
}

impl Golden {
    /// Holds the size, the codes and the reconstructions of a model to these.
    pub(crate) fn assert_answers<C: NetworkConfig>(
        &self,
        name: &str,
        model: &Autoencoder<C>,
        images: &Array4<f32>,
    ) {
        assert_eq!(model.n_parameters(), self.parameters, "{name}");
        let codes = model.embed(images.view()).unwrap();
        assert_close(name, "codes", codes.as_slice().unwrap(), &self.codes);
        let redrawn = model.reconstruct(images.view()).unwrap();
        assert_close(name, "redrawn", redrawn.as_slice().unwrap(), &self.images);
    }
}

pub(crate) fn assert_after<C: NetworkConfig>(name: &str, model: &Autoencoder<C>, golden: &Golden) {
    assert_eq!(model.parameters().len(), golden.after.len(), "{name}");
    for parameter in model.parameters() {
        let values = to_vec(&parameter.tensor).unwrap();
        assert_close(name, &parameter.name, &values, &golden.after[&parameter.name]);
    }
}

fn check<C: NetworkConfig>(name: &str, config: C) {
    let golden = golden(name);
    let ImageShape { channels, height, width } = config.image_shape();
    let size = [N_IMAGES, channels, height, width];
    let images = Array4::from_shape_vec(size, entries("images", &size)).unwrap();
    let model = model(config);
    golden.assert_answers(name, &model, &images);
    let squared_error =
        |images: &Tensor| model.forward(images, true).unwrap().mse_loss(images, Reduction::Mean);
    let loss = take_step(&model, squared_error, &images);
    assert!((loss - golden.loss).abs() < 1e-5, "{name}: loss {loss}, expected {}", golden.loss);
    assert_after(name, &model, &golden);
}

const DIGIT: ImageShape = ImageShape { channels: 1, height: 28, width: 28 };
const FACE: ImageShape = ImageShape { channels: 3, height: 64, width: 64 };
const SHEET: ImageShape = ImageShape { channels: 1, height: 128, width: 128 };
const PART: ImageShape = ImageShape { channels: 3, height: 150, width: 150 };

#[test]
fn small_networks_agree_with_pytorch() {
    check("conv", ConvAutoencoderConfig::new(DIGIT));
    check("denoising", DenoisingAutoencoderConfig::new(DIGIT));
    check("mlp", MlpAutoencoderConfig::new(FACE));
    check("face", FaceAutoencoderConfig::new(FACE).batch_norm(false));
    check("face_norm", FaceAutoencoderConfig::new(FACE));
}

#[test]
fn networks_without_bias_agree_with_pytorch() {
    check("gray", GrayAutoencoderConfig::new(SHEET));
    check("gray_affine", GrayAutoencoderConfig::new(SHEET).affine(true));
    let lenets = [
        ("lenet_mnist", LeNet::Mnist),
        ("lenet_fashion", LeNet::FashionMnist),
        ("lenet_cifar", LeNet::Cifar10),
        ("lenet_cifar_elu", LeNet::Cifar10Elu),
    ];
    for (name, network) in lenets {
        check(name, LeNetAutoencoderConfig::new(network));
    }
}

#[test]
fn networks_for_drift_agree_with_pytorch() {
    let published = DriftAutoencoderConfig::new(PART).decoder(DriftDecoder::Published);
    check("drift", DriftAutoencoderConfig::new(PART));
    check("drift_big", published.clone());
    check("drift_small", published.n_features(8));
}
