use ndarray::Array3;
use rand_chacha::ChaCha8Rng;

use super::apply::Parameters;
use crate::random::{below, normal, uniform};

pub(super) fn gaussian(
    image: &mut Array3<f32>,
    deviation: f64,
    rng: &mut ChaCha8Rng,
) -> Parameters {
    let mut noisy = |x: f32| (x + (deviation * normal(rng)) as f32).clamp(0.0, 1.0);
    image.mapv_inplace(&mut noisy);
    vec![("deviation", deviation)]
}

pub(super) fn shot(image: &mut Array3<f32>, photons: f64, rng: &mut ChaCha8Rng) -> Parameters {
    let mut noisy = |x: f32| {
        let expected = f64::from(x.clamp(0.0, 1.0)) * photons;
        (poisson(expected, rng) / photons).min(1.0) as f32
    };
    image.mapv_inplace(&mut noisy);
    vec![("photons", photons)]
}

/// A number of events of which `expected` are expected: by Knuth's products where few are, and
/// from 30 on by the rounded normal distribution of the same mean and variance.
fn poisson(expected: f64, rng: &mut ChaCha8Rng) -> f64 {
    if expected >= 30.0 {
        return (expected + expected.sqrt() * normal(rng)).round().max(0.0);
    }
    let limit = (-expected).exp();
    let (mut product, mut count) = (uniform(rng), 0.0);
    while product > limit {
        product *= uniform(rng);
        count += 1.0;
    }
    count
}

/// Sets a share of the pixels, in all channels, to black or white.
pub(super) fn salt_and_pepper(
    image: &mut Array3<f32>,
    share: f64,
    rng: &mut ChaCha8Rng,
) -> Parameters {
    let (channels, height, width) = image.dim();
    let n_pixels = ((share * (height * width) as f64).round() as usize).max(1);
    for _ in 0..n_pixels {
        let (y, x) = (below(rng, height), below(rng, width));
        let value = if uniform(rng) < 0.5 { 0.0 } else { 1.0 };
        (0..channels).for_each(|channel| image[[channel, y, x]] = value);
    }
    vec![("pixels", n_pixels as f64)]
}
