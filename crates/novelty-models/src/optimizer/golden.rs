//! Six steps of each optimiser against PyTorch's: see `tests/golden/optimizers/optimizers.py`.

use std::collections::BTreeMap;

use serde::Deserialize;
use tch::Tensor;

use super::*;
use crate::bridge::to_vec;
use crate::parameters::Parameter;

const GOLDEN: &str = include_str!("../../tests/golden/optimizers/optimizers.json");
const SHAPES: [&[i64]; 2] = [&[2, 3, 2, 2], &[5]];

#[derive(Deserialize)]
struct Golden {
    start: Vec<Vec<f32>>,
    gradients: Vec<Vec<Vec<f32>>>,
    after: BTreeMap<String, Vec<Vec<f32>>>,
}

fn golden() -> Golden {
    serde_json::from_str(GOLDEN).unwrap()
}

/// The first weight lies in memory with its channels innermost, as those of convolutions do.
fn parameters(golden: &Golden) -> Vec<Parameter> {
    let tensors = golden.start.iter().zip(SHAPES).map(|(values, shape)| {
        let tensor = Tensor::from_slice(values).view(shape);
        if shape.len() < 4 {
            return tensor;
        }
        tensor.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
    });
    tensors
        .enumerate()
        .map(|(i, tensor)| {
            let tensor = tensor.set_requires_grad(true);
            Parameter { name: format!("w{i}"), tensor, trainable: true }
        })
        .collect()
}

fn run(golden: &Golden, config: OptimizerConfig, clip: Option<Clip>, rate: f64) -> Vec<Vec<f32>> {
    let parameters = parameters(golden);
    let mut optimizer = Optimizer::new(config, clip, parameters.iter()).unwrap();
    for step in &golden.gradients {
        // A loss whose gradient is the one given.
        let parts = parameters.iter().zip(step).zip(SHAPES).map(|((parameter, values), shape)| {
            (&parameter.tensor * Tensor::from_slice(values).view(shape)).sum(tch::Kind::Float)
        });
        let loss = parts.reduce(|a, b| a + b).unwrap();
        optimizer.step(&loss, rate).unwrap();
    }
    parameters.iter().map(|parameter| to_vec(&parameter.tensor).unwrap()).collect()
}

fn assert_close(name: &str, got: &[Vec<f32>], wanted: &[Vec<f32>]) {
    let pairs = got.iter().flatten().zip(wanted.iter().flatten());
    let far = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(far < 1e-6, "{name} is off by {far}");
}

#[test]
fn six_steps_are_those_of_pytorch() {
    let adam = AdamConfig::default();
    let decaying = adam.weight_decay(0.1);
    let sgd = SgdConfig::default();
    let rms = RmsPropConfig::default();
    let full = rms.rho(0.9).momentum(0.8).centered(true).weight_decay(0.1);
    let cases: [(&str, OptimizerConfig, f64); 11] = [
        ("adam", adam.into(), 1e-2),
        ("adam_l2", decaying.epsilon(1e-4).into(), 1e-2),
        ("adam_amsgrad", decaying.amsgrad(true).into(), 1e-2),
        ("adam_w", decaying.decoupled(true).into(), 1e-2),
        ("adam_w_amsgrad", decaying.decoupled(true).amsgrad(true).into(), 1e-2),
        ("sgd", sgd.into(), 1e-2),
        ("sgd_momentum", sgd.momentum(0.9).weight_decay(0.1).into(), 1e-2),
        ("sgd_nesterov", sgd.momentum(0.9).nesterov(true).into(), 1e-2),
        ("adadelta", AdadeltaConfig::default().weight_decay(0.1).into(), 1.0),
        ("rms_prop", rms.into(), 1e-2),
        ("rms_prop_full", full.into(), 1e-2),
    ];
    let golden = golden();
    for (name, config, rate) in cases {
        assert_close(name, &run(&golden, config, None, rate), &golden.after[name]);
    }
    assert_eq!(golden.after.len(), cases.len() + 2);
}

#[test]
fn gradients_are_clipped_as_in_pytorch() {
    let golden = golden();
    for (name, clip) in [("clip_norm", Clip::Norm(0.5)), ("clip_value", Clip::Value(0.3))] {
        let got = run(&golden, SgdConfig::default().into(), Some(clip), 0.1);
        assert_close(name, &got, &golden.after[name]);
    }
}

/// Adam in one pass and Adam in libtorch's operations are the same function.
#[test]
fn both_ways_of_adam_agree() {
    let golden = golden();
    let shape = SHAPES[0];
    let gradient = Tensor::from_slice(&golden.gradients[0][0]).view(shape);
    for config in [AdamConfig::default().weight_decay(0.1), AdamConfig::adam_w().amsgrad(true)] {
        let start = || Tensor::from_slice(&golden.start[0]).view(shape);
        let zeros = |n: usize| (0..n).map(|_| start().zeros_like()).collect::<Vec<_>>();
        let (mut one, mut other) = (start(), start());
        let n = config.state_names().len();
        let (mut one_state, mut other_state) = (zeros(n), zeros(n));
        for step in 1..=3_u32 {
            config.update(&mut one, &gradient, &mut one_state, 1e-2, step.into()).unwrap();
            let power = |beta: f64| 1.0 - beta.powi(step as i32);
            let corrections = (power(config.beta1), power(config.beta2));
            let state = &mut other_state;
            config.update_on_device(&mut other, &gradient, state, 1e-2, corrections).unwrap();
        }
        let far = (&one - &other).abs().max().double_value(&[]);
        assert!(far < 1e-6, "{far}");
        assert!((one - start()).abs().max().double_value(&[]) > 1e-2);
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let adam = AdamConfig::default();
    let cases: [(OptimizerConfig, &str); 9] = [
        (adam.beta1(1.0).into(), "beta1"),
        (adam.beta2(f64::NAN).into(), "beta2"),
        (adam.epsilon(0.0).into(), "epsilon"),
        (adam.weight_decay(-1.0).into(), "weight_decay"),
        (SgdConfig::default().momentum(1.0).into(), "momentum"),
        (SgdConfig::default().nesterov(true).into(), "momentum"),
        (AdadeltaConfig::default().rho(-0.1).into(), "rho"),
        (RmsPropConfig::default().rho(1.0).into(), "rho"),
        (RmsPropConfig::default().epsilon(f64::INFINITY).into(), "epsilon"),
    ];
    for (config, name) in cases {
        let error = config.validate().unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
    assert!(Clip::Norm(0.0).validate().is_err() && Clip::Value(f64::NAN).validate().is_err());
}
