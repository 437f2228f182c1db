//! Data that several tests share.

use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Normal with variance one.
pub(crate) fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - random.r#gen::<f64>(), random.r#gen());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

pub(crate) fn gaussian(n: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((n, d), || normal(&mut random) as f32)
}

/// Clusters of unit variance, with the first two features of their centres on a circle whose
/// neighbours are `distance` apart.
pub(crate) fn blobs(
    n: usize,
    d: usize,
    k: usize,
    distance: f64,
    seed: u64,
) -> (Array2<f32>, Vec<usize>) {
    let step = std::f64::consts::TAU / k as f64;
    let radius = if k > 1 { distance / (2.0 * (step / 2.0).sin()) } else { 0.0 };
    let truth: Vec<usize> = (0..n).map(|i| i * k / n).collect();
    let mut x = gaussian(n, d, seed);
    for (mut row, &label) in x.outer_iter_mut().zip(&truth) {
        let angle = step * label as f64;
        row[0] += (radius * angle.cos()) as f32;
        if d > 1 {
            row[1] += (radius * angle.sin()) as f32;
        }
    }
    (x, truth)
}

pub(crate) fn with_threads<T: Send>(n: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(run)
}
