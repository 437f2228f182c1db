//! The centre and two steps against PyTorch's: see `tests/golden/svdd/svdd.py`.

use std::collections::BTreeMap;

use ndarray::{Array4, Axis};
use novelty_core::{Dataset, ImageShape, InputError, Sample};
use serde::Deserialize;

use super::objective::Contract;
use super::*;
use crate::bridge::to_vec;
use crate::parameters::StoredTensors;
use crate::trainer::{Objective, Run};
use crate::{AdamConfig, Device, TrainConfig};

#[path = "../../tests/it/own_network.rs"]
mod own_network;

use own_network::{Fault, OwnConfig, own};

const GOLDEN: &str = include_str!("../../tests/golden/svdd/svdd.json");

#[derive(Deserialize)]
struct Golden {
    weights: BTreeMap<String, Vec<f32>>,
    images: Vec<f32>,
    labels: Vec<i8>,
    objectives: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Expected {
    center: Vec<f32>,
    losses: Vec<f64>,
    radius: f64,
    after: BTreeMap<String, Vec<f32>>,
}

struct Samples {
    images: Array4<f32>,
    labels: Vec<Option<bool>>,
}

impl Dataset for Samples {
    type Error = InputError;

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(1, 8, 8)
    }

    fn get(&self, index: usize) -> Result<Sample, InputError> {
        let mut sample = Sample::new(self.images.index_axis(Axis(0), index).to_owned());
        sample.is_anomalous = self.labels[index];
        Ok(sample)
    }
}

fn stored(weights: &BTreeMap<String, Vec<f32>>) -> StoredTensors {
    let shape = |name: &str| match name {
        "encoder.conv.weight" => vec![4, 1, 3, 3],
        "encoder.code.weight" => vec![6, 64],
        _ => vec![4],
    };
    let tensors = weights.iter();
    tensors.map(|(name, values)| (name.clone(), (shape(name), values.clone()))).collect()
}

#[test]
fn the_centre_and_two_steps_are_those_of_pytorch() {
    let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
    let labels = golden.labels.iter().map(|&sign| (sign != 0).then_some(sign < 0)).collect();
    let images = Array4::from_shape_vec((10, 1, 8, 8), golden.images.clone()).unwrap();
    let data = Samples { images, labels };
    let radius = RadiusRule::LastBatch;
    let objectives = [
        ("one_class", SvddObjective::OneClass),
        ("soft_boundary", SvddObjective::SoftBoundary { nu: 0.3, warm_up: 0, radius }),
        ("deep_sad", SvddObjective::SemiSupervised { eta: 2.0 }),
    ];
    let config = TrainConfig::new()
        .learning_rate(1e-2)
        .optimizer(AdamConfig::default().weight_decay(1e-3))
        .device(Device::Cpu);
    assert_eq!(golden.objectives.len(), objectives.len());
    for (name, objective) in objectives {
        let expected = &golden.objectives[name];
        let tensors = stored(&golden.weights);
        let model = DeepSvdd::<OwnConfig>::stored(own(Fault::None), tensors).unwrap();
        let mut run = Run::new(&config, Contract::new(model, objective, 0.1).unwrap()).unwrap();
        run.objective.prepare(&data).unwrap();
        assert_close(name, run.objective.model.center(), &expected.center);
        for (i, wanted) in expected.losses.iter().enumerate() {
            let losses = run.train_step(data.images.view(), (&data.labels, &[]), (1, i)).unwrap();
            let loss = losses[0].double_value(&[]);
            assert!((loss / wanted - 1.0).abs() < 1e-5, "{name}: {loss} != {wanted}");
        }
        let measures = run.objective.measures().unwrap();
        let radius = measures.iter().find(|(name, _)| *name == "radius").unwrap().1;
        assert!((radius - expected.radius).abs() < 1e-5, "{name}: {radius}");
        for parameter in run.objective.parameters() {
            let got = to_vec(&parameter.tensor).unwrap();
            assert_close(&parameter.name, &got, &expected.after[&parameter.name]);
        }
    }
}

fn assert_close(name: &str, got: &[f32], wanted: &[f32]) {
    assert_eq!(got.len(), wanted.len());
    let far = got.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(far < 1e-5, "{name} is off by {far}");
}
