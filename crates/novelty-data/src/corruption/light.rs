use ndarray::{Array3, Axis};
use rand_chacha::ChaCha8Rng;

use super::apply::Parameters;
use crate::random::{between, uniform};

pub(super) fn brightness(
    image: &mut Array3<f32>,
    strength: f64,
    rng: &mut ChaCha8Rng,
) -> Parameters {
    let added = if uniform(rng) < 0.5 { strength } else { -strength };
    image.mapv_inplace(|x| (x + added as f32).clamp(0.0, 1.0));
    vec![("added", added)]
}

pub(super) fn contrast(image: &mut Array3<f32>, factor: f64) -> Parameters {
    let mean = image.iter().map(|&x| f64::from(x)).sum::<f64>() / image.len() as f64;
    let (mean, scale) = (mean as f32, factor as f32);
    image.mapv_inplace(|x| mean + (x - mean) * scale);
    vec![("factor", factor)]
}

/// Light falls off along a line across the picture, from full to `1 - strength`.
pub(super) fn shade(image: &mut Array3<f32>, strength: f64, rng: &mut ChaCha8Rng) -> Parameters {
    let angle = between(rng, 0.0, std::f64::consts::TAU);
    let (sin, cos) = angle.sin_cos();
    let (_, height, width) = image.dim();
    let reach = (sin.abs() * height as f64 + cos.abs() * width as f64).max(1.0);
    for ((_, y, x), value) in image.indexed_iter_mut() {
        let across = (x as f64 - width as f64 / 2.0) * cos + (y as f64 - height as f64 / 2.0) * sin;
        *value *= (1.0 - strength * (across / reach + 0.5).clamp(0.0, 1.0)) as f32;
    }
    vec![("fall_off", strength), ("direction_degrees", angle.to_degrees())]
}

pub(super) fn colour_cast(
    image: &mut Array3<f32>,
    strength: f64,
    rng: &mut ChaCha8Rng,
) -> Parameters {
    let names = ["red", "green", "blue"];
    let raised = (uniform(rng) * 3.0) as usize % 3;
    let mut parameters = Vec::new();
    for (channel, mut plane) in image.axis_iter_mut(Axis(0)).enumerate() {
        let factor = if channel == raised { 1.0 + strength } else { 1.0 - strength };
        plane.mapv_inplace(|x| (x * factor as f32).clamp(0.0, 1.0));
        parameters.push((names[channel % 3], factor));
    }
    parameters
}
