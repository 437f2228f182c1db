//! Multi-scale structural similarity, of Wang, Simoncelli and Bovik, 2003.

use super::ssim::{self, Deficits};

/// The paper's exponents, from the finest scale.
const EXPONENTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
pub(super) const MAX_SCALES: usize = EXPONENTS.len();

fn exponents(scales: usize) -> impl Iterator<Item = f64> {
    let total: f64 = EXPONENTS[..scales].iter().sum();
    EXPONENTS[..scales].iter().map(move |exponent| exponent / total)
}

/// One plane at one scale.
struct Scale {
    x: Vec<f32>,
    y: Vec<f32>,
    width: usize,
}

impl Scale {
    fn height(&self) -> usize {
        self.x.len() / self.width
    }

    fn halved(&self) -> Self {
        Self { x: halve(&self.x, self.width), y: halve(&self.y, self.width), width: self.width / 2 }
    }
}

/// The means of blocks of 2x2 pixels; an odd last row or column is left out.
fn halve(plane: &[f32], width: usize) -> Vec<f32> {
    let (rows, columns) = (plane.len() / width / 2, width / 2);
    let mut half = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let (upper, lower) = (&plane[2 * row * width..], &plane[(2 * row + 1) * width..]);
        half.extend((0..columns).map(|c| {
            let sum = upper[2 * c] + upper[2 * c + 1] + lower[2 * c] + lower[2 * c + 1];
            sum * 0.25
        }));
    }
    half
}

/// Calls `visit` with the sizes, deficits and exponent of each scale.
fn each_scale(
    (x, y, width): (&[f32], &[f32], usize),
    scales: usize,
    mut visit: impl FnMut(&Scale, &Deficits, f64),
) {
    let mut scale = Scale { x: x.to_vec(), y: y.to_vec(), width };
    for (i, exponent) in exponents(scales).enumerate() {
        if i > 0 {
            scale = scale.halved();
        }
        let mut deficits = ssim::deficits(&scale.x, &scale.y, scale.width);
        if i + 1 < scales {
            // Brightness counts at the coarsest scale only.
            deficits.luminance.fill(0.0);
        }
        visit(&scale, &deficits, exponent);
    }
}

/// `1 - MS-SSIM`, the product over scales of the mean similarities to their exponents. A
/// negative mean counts as 0, as its power has no value.
pub(super) fn mean(x: &[f32], y: &[f32], width: usize, scales: usize) -> f64 {
    let mut product = 1.0;
    each_scale((x, y, width), scales, |scale, deficits, exponent| {
        let deficit = ssim::mean_inside(scale.height(), scale.width, |i| deficits.at(i));
        product *= (1.0 - deficit).max(0.0).powf(exponent);
    });
    1.0 - product
}

/// The same of each pixel, where a coarse pixel speaks for all fine ones in it.
pub(super) fn map(x: &[f32], y: &[f32], width: usize, scales: usize, out: &mut [f32]) {
    let mut product = vec![1.0_f64; out.len()];
    let mut level = 0_u32;
    each_scale((x, y, width), scales, |scale, deficits, exponent| {
        for (i, product) in product.iter_mut().enumerate() {
            let row = ((i / width) >> level).min(scale.height() - 1);
            let column = ((i % width) >> level).min(scale.width - 1);
            let deficit = f64::from(deficits.at(row * scale.width + column));
            *product *= (1.0 - deficit).max(0.0).powf(exponent);
        }
        level += 1;
    });
    for (out, product) in out.iter_mut().zip(product) {
        *out = (1.0 - product) as f32;
    }
}
