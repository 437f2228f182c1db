//! One optimiser step against PyTorch's: see `tests/golden/conv_autoencoder.py`.

use ndarray::Array4;
use novelty_core::ImageShape;
use safetensors::SafeTensors;

use super::TrainConfig;
use super::redraw::{Redraw, Redrawing};
use super::run::Run;
use crate::bridge::to_vec;
use crate::parameters::{StoredTensors, is_batch_counter};
use crate::{AdamConfig, Autoencoder, ConvAutoencoderConfig, Device};

const WEIGHTS: &[u8] = include_bytes!("../../tests/golden/weights.safetensors");
const EXPECTED: &[u8] = include_bytes!("../../tests/golden/expected.safetensors");

fn tensors(bytes: &[u8]) -> StoredTensors {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let floats =
        |data: &[u8]| data.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
    let wanted = file.iter().filter(|(name, _)| !is_batch_counter(name));
    wanted
        .map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), floats(view.data()))))
        .collect()
}

#[test]
fn one_step_of_adam_moves_every_tensor_as_in_pytorch() {
    let network =
        ConvAutoencoderConfig::new(ImageShape::new(2, 8, 12)).filters([4, 6]).n_features(5);
    let expected = tensors(EXPECTED);
    let images = Array4::from_shape_vec((7, 2, 8, 12), expected["images"].1.clone()).unwrap();
    let model = Autoencoder::from_stored(network, tensors(WEIGHTS), tch::Device::Cpu).unwrap();
    let config = TrainConfig::new()
        .learning_rate(1e-2)
        .optimizer(AdamConfig::default().weight_decay(1e-3))
        .device(Device::Cpu);
    let objective = Redraw { model, goal: Redrawing::default() };
    let mut run = Run::new(&config, objective).unwrap();
    let loss = run.train_step(images.view(), (&[None; 7], &[None; 7]), (1, 0)).unwrap();
    let loss = loss[0].double_value(&[]);
    assert!((loss - f64::from(expected["loss"].1[0])).abs() < 1e-6, "{loss}");
    for parameter in run.objective.model.parameters() {
        let (_, wanted) = &expected[&format!("after.{}", parameter.name)];
        let got = to_vec(&parameter.tensor).unwrap();
        let far = got.iter().zip(wanted).map(|(a, b)| (a - b).abs());
        let far = far.fold(0.0, f32::max);
        assert!(far < 1e-5, "{} is off by {far}", parameter.name);
    }
}
