//! The loss, its gradients' step and the scores against PyTorch's: see `tests/golden/zoo.py`.

use ndarray::Array4;
use novelty_core::{ImageShape, Score};

use super::*;
use crate::architectures::golden::{
    N_IMAGES, assert_after, assert_close, entries, golden, model, take_step,
};
use crate::bridge::to_tensor;
use crate::{DriftDecoder, NetworkConfig};

fn check(name: &str, config: VaeConfig) {
    let golden = golden(name);
    let ImageShape { channels, height, width } = config.image_shape();
    let size = [N_IMAGES, channels, height, width];
    let images = Array4::from_shape_vec(size, entries("images", &size)).unwrap();
    let pixels = (channels * height * width) as f64;
    let noise_size = [N_IMAGES, config.n_features];
    let noise = ndarray::Array2::from_shape_vec(noise_size, entries("noise", &noise_size));
    let noise = to_tensor(&noise.unwrap().view(), tch::Device::Cpu).unwrap();
    let model = model(config);
    golden.assert_answers(name, &model, &images);
    let scores = VaeScore::elbo(&model).score(images.view()).unwrap();
    let far = scores.iter().zip(&golden.scores).map(|(a, b)| (a - b).abs() / b.abs());
    assert!(far.fold(0.0, f32::max) < 1e-5, "{name}: {scores}, expected {:?}", golden.scores);
    let loss = take_step(
        &model,
        |images| {
            let parts = model.network().parts(images, &noise, true).unwrap();
            model.network().total(&parts).unwrap().mean(tch::Kind::Float) / (64.0 * pixels)
        },
        &images,
    );
    assert!((loss / golden.loss - 1.0).abs() < 1e-5, "{name}: {loss}, expected {}", golden.loss);
    assert_after(name, &model, &golden);
    assert_close(name, "noise", &entries("noise", &noise_size), &golden.noise);
}

const DIGIT: ImageShape = ImageShape { channels: 1, height: 28, width: 28 };

#[test]
fn the_fully_connected_network_agrees_with_pytorch() {
    check("vae_mlp", VaeConfig::new(DIGIT));
    check("vae_gaussian", VaeConfig::new(DIGIT).likelihood(Likelihood::Gaussian).beta(4.0));
}

#[test]
fn the_convolutional_network_agrees_with_pytorch() {
    let layers = VaeLayers::Conv { trunk: 512, decoder: DriftDecoder::Published };
    check("vae_conv", VaeConfig::new(ImageShape::new(3, 150, 150)).layers(layers));
}
