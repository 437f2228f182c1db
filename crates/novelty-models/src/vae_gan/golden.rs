//! All losses, their gradients' step and the answers against PyTorch's: see
//! `tests/golden/zoo.py`.

use ndarray::{Array2, Array4};
use novelty_core::{ImageShape, Score};

use super::collapse::Health;
use super::objective::Contest;
use super::*;
use crate::NetworkConfig;
use crate::architectures::golden::{N_IMAGES, assert_after, entries, golden, model, take_step};
use crate::bridge::to_tensor;

fn check(name: &str, config: VaeGanConfig) {
    let golden = golden(name);
    let ImageShape { channels, height, width } = config.image_shape();
    let size = [N_IMAGES, channels, height, width];
    let images = Array4::from_shape_vec(size, entries("images", &size)).unwrap();
    let pixels = (channels * height * width) as f64;
    let size = [N_IMAGES, config.n_features];
    let noise = ["noise", "prior noise"].map(|name| {
        let values = Array2::from_shape_vec(size, entries(name, &size)).unwrap();
        to_tensor(&values.view(), tch::Device::Cpu).unwrap()
    });
    let model = model(config);
    golden.assert_answers(name, &model, &images);
    let scores = VaeGanScore::combined(&model).score(images.view()).unwrap();
    for (got, expected) in scores.iter().zip(&golden.scores) {
        assert!((got / expected - 1.0).abs() < 1e-5, "{name}: {got}, expected {expected}");
    }
    assert_eq!(golden.scores.len(), N_IMAGES);
    let contest = Contest { model, weights: VaeGanWeights::default(), health: Health::default() };
    let loss = take_step(
        &contest.model,
        |images| {
            let noise = noise.each_ref().map(tch::Tensor::shallow_clone);
            contest.all_losses(images, noise) / (64.0 * pixels)
        },
        &images,
    );
    assert!((loss / golden.loss - 1.0).abs() < 1e-5, "{name}: {loss}, expected {}", golden.loss);
    assert_after(name, &contest.model, &golden);
}

#[test]
fn both_sides_agree_with_pytorch() {
    check("vae_gan", VaeGanConfig::new(ImageShape::new(1, 28, 28)));
    check("vae_gan_published", VaeGanConfig::published());
}
