//! Errors of a pixel that look at that pixel alone.

use pulp::Arch;

/// Sums side by side: one alone would wait for each addition, and its order would forbid the
/// compiler to use vector registers. Their number is fixed, so that every machine gets the same
/// bits.
const LANES: usize = 16;

/// The sum of `cost(x, y)` over all pixels.
#[inline(always)]
fn sum(x: &[f32], y: &[f32], cost: impl Fn(f32, f32) -> f32) -> f64 {
    let (x_blocks, x_rest) = x.as_chunks::<LANES>();
    let (y_blocks, y_rest) = y.as_chunks::<LANES>();
    let mut lanes = [0.0_f64; LANES];
    for (x, y) in x_blocks.iter().zip(y_blocks) {
        for i in 0..LANES {
            lanes[i] += f64::from(cost(x[i], y[i]));
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(&x, &y)| f64::from(cost(x, y))).sum();
    lanes.iter().sum::<f64>() + rest
}

#[inline(always)]
fn squared(x: f32, y: f32) -> f32 {
    (x - y) * (x - y)
}

#[inline(always)]
fn absolute(x: f32, y: f32) -> f32 {
    (x - y).abs()
}

/// Logarithms are cut at -100, as PyTorch's `BCELoss` does, so that a certain and wrong model
/// has a finite loss.
fn cross_entropy(x: f32, y: f32) -> f32 {
    let (x, y) = (f64::from(x), f64::from(y));
    let log = |p: f64| p.ln().max(-100.0);
    -(x * log(y) + (1.0 - x) * log(1.0 - y)) as f32
}

pub(super) fn sum_squared(x: &[f32], y: &[f32]) -> f64 {
    Arch::new().dispatch(
        #[inline(always)]
        || sum(x, y, squared),
    )
}

pub(super) fn sum_absolute(x: &[f32], y: &[f32]) -> f64 {
    Arch::new().dispatch(
        #[inline(always)]
        || sum(x, y, absolute),
    )
}

pub(super) fn sum_cross_entropy(x: &[f32], y: &[f32]) -> f64 {
    sum(x, y, cross_entropy)
}

/// One error a pixel, for each of the three.
pub(super) fn map_squared(x: &[f32], y: &[f32], out: &mut [f32]) {
    fill(x, y, out, squared);
}

pub(super) fn map_absolute(x: &[f32], y: &[f32], out: &mut [f32]) {
    fill(x, y, out, absolute);
}

pub(super) fn map_cross_entropy(x: &[f32], y: &[f32], out: &mut [f32]) {
    fill(x, y, out, cross_entropy);
}

fn fill(x: &[f32], y: &[f32], out: &mut [f32], cost: impl Fn(f32, f32) -> f32) {
    for (out, (&x, &y)) in out.iter_mut().zip(x.iter().zip(y)) {
        *out = cost(x, y);
    }
}
