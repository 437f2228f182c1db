//! Both scores, all losses, and the weights after a step against PyTorch's: see
//! `tests/golden/zoo.py`.

use ndarray::Array4;
use novelty_core::{ImageShape, Score};

use super::objective::Judging;
use super::*;
use crate::NetworkConfig;
use crate::architectures::golden::{
    N_IMAGES, assert_after, assert_close, entries, golden, model, take_step,
};
use crate::bridge::to_tensor;

fn check(name: &str, config: CriticAutoencoderConfig) {
    let golden = golden(name);
    let ImageShape { channels, height, width } = config.image_shape();
    let size = [N_IMAGES, channels, height, width];
    let of = |name| Array4::from_shape_vec(size, entries(name, &size)).unwrap();
    let (images, anomalies) = (of("images"), of("anomaly noise").mapv(|x| 0.5 + 0.5 * x));
    let model = model(config);
    golden.assert_answers(name, &model, &images);
    let scores = [
        CriticScore::reconstruction(&model),
        CriticScore::critic(&model),
        CriticScore::combined(&model),
    ];
    let scores: Vec<f32> =
        scores.iter().flat_map(|scorer| scorer.score(images.view()).unwrap()).collect();
    assert_eq!(golden.scores.len(), scores.len());
    for (got, expected) in scores.iter().zip(&golden.scores) {
        assert!((got - expected).abs() < 1e-5 * expected.abs().max(1.0), "{got}, {expected}");
    }
    assert_close(name, "anomalies", anomalies.as_slice().unwrap(), &golden.noise);
    let judging = Judging::new(model, &PseudoAnomaly::ALL, 1.0);
    let anomalies = to_tensor(&anomalies.view(), tch::Device::Cpu).unwrap();
    let loss = take_step(
        &judging.model,
        |images| judging.losses_of(images, &anomalies, 2, true).unwrap().total,
        &images,
    );
    assert!((loss / golden.loss - 1.0).abs() < 1e-5, "{name}: {loss}, expected {}", golden.loss);
    assert_after(name, &judging.model, &golden);
}

#[test]
fn the_critic_agrees_with_pytorch() {
    check("critic", CriticAutoencoderConfig::new(ImageShape::new(3, 64, 64)));
    check("critic_odd", CriticAutoencoderConfig::new(ImageShape::new(1, 25, 25)));
}
