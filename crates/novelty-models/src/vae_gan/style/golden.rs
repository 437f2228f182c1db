//! All losses and their gradients' step against PyTorch's: see `tests/golden/zoo.py`.

use ndarray::{Array2, Array4};
use novelty_core::{ImageShape, Reconstruct};

use super::objective::Separate;
use super::*;
use crate::VaeGanConfig;
use crate::architectures::golden::{
    N_IMAGES, assert_after, assert_close, entries, golden, model, take_step,
};
use crate::bridge::to_tensor;
use crate::trainer::Batch;

#[test]
fn pairs_of_styles_agree_with_pytorch() {
    let (name, shape) = ("style_vae_gan", ImageShape::new(1, 28, 28));
    let golden = golden(name);
    let base = VaeGanConfig::new(shape).n_features(6);
    let model = model(StyleVaeGanConfig::new(shape, 3).base(base).n_style_features(4));
    let size = [N_IMAGES, 1, 28, 28];
    let images = |name| Array4::from_shape_vec(size, entries(name, &size)).unwrap();
    let (clean, styled) = (images("images"), images("style noise").mapv(|x| 0.5 + 0.5 * x));
    golden.assert_answers(name, &model, &clean);
    let rerendered = model.rerender(styled.view(), 2).unwrap();
    assert_close(name, "rerendered", rerendered.as_slice().unwrap(), &golden.rerendered);
    assert_ne!(rerendered, model.reconstruct(styled.view()).unwrap());
    let probabilities = model.style_probabilities(styled.view()).unwrap();
    assert_eq!(golden.scores.len(), probabilities.len());
    for (got, expected) in probabilities.iter().zip(&golden.scores) {
        assert!((got - expected).abs() < 1e-5, "{got}, expected {expected}");
    }

    let size = [2 * N_IMAGES, 6];
    let noise = Array2::from_shape_vec(size, entries("noise", &size)).unwrap();
    let noise = to_tensor(&noise.view(), tch::Device::Cpu).unwrap();
    let pairs = ndarray::concatenate(ndarray::Axis(1), &[clean.view(), styled.view()]).unwrap();
    let separate = Separate { model, weights: StyleWeights::default() };
    let loss = take_step(
        &separate.model,
        |images| {
            let (labels, classes) = ([None; N_IMAGES], [Some(1), Some(2), Some(1)]);
            let images = images.shallow_clone();
            let (labels, classes) = (labels.as_slice(), classes.as_slice());
            let batch = Batch { images, labels, classes, seed: 0, epoch: 1, index: 0 };
            separate.all_losses(&batch, &noise) / (64.0 * 784.0)
        },
        &pairs,
    );
    assert!((loss / golden.loss - 1.0).abs() < 1e-5, "{loss}, expected {}", golden.loss);
    assert_after(name, &separate.model, &golden);
}
