use ndarray::Array3;
use rand_chacha::ChaCha8Rng;

use super::apply::Parameters;
use crate::random::between;

/// Multiplies or blends every pixel by how far it is from something.
fn blend(image: &mut Array3<f32>, towards: f32, share: impl Fn(f64, f64) -> f64) {
    for ((_, y, x), value) in image.indexed_iter_mut() {
        let share = share(y as f64, x as f64).clamp(0.0, 1.0) as f32;
        *value += (towards - *value) * share;
    }
}

/// Bright lines about a pixel wide, at half strength.
pub(super) fn scratches(image: &mut Array3<f32>, n: usize, rng: &mut ChaCha8Rng) -> Parameters {
    let (_, height, width) = image.dim();
    let (height, width) = (height as f64, width as f64);
    let side = height.min(width);
    let half_width = (side / 256.0).max(0.6);
    for _ in 0..n {
        let (y, x) = (between(rng, 0.0, height), between(rng, 0.0, width));
        let half_length = between(rng, 0.1, 0.35) * side;
        let (sin, cos) = between(rng, 0.0, std::f64::consts::PI).sin_cos();
        blend(image, 0.95, |row, column| {
            let (down, right) = (row - y, column - x);
            let along = (down * sin + right * cos).clamp(-half_length, half_length);
            let distance = (down - along * sin).hypot(right - along * cos);
            0.5 * (half_width + 0.5 - distance).clamp(0.0, 1.0)
        });
    }
    vec![("scratches", n as f64)]
}

/// Dark spots with soft edges.
pub(super) fn dust(image: &mut Array3<f32>, n: usize, rng: &mut ChaCha8Rng) -> Parameters {
    let (_, height, width) = image.dim();
    let (height, width) = (height as f64, width as f64);
    for _ in 0..n {
        let (y, x) = (between(rng, 0.0, height), between(rng, 0.0, width));
        let radius = (between(rng, 0.008, 0.03) * height.min(width)).max(1.0);
        let darkness = between(rng, 0.3, 0.7);
        blend(image, 0.0, |row, column| {
            let distance = (row - y).hypot(column - x) / radius;
            darkness * (-distance * distance).exp()
        });
    }
    vec![("spots", n as f64)]
}

/// Darker with the square of the distance from the middle, most in the corners.
pub(super) fn vignette(image: &mut Array3<f32>, strength: f64) -> Parameters {
    let (_, height, width) = image.dim();
    let centre = ((height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0);
    let corner = centre.0.hypot(centre.1).max(1.0);
    blend(image, 0.0, |y, x| {
        let distance = (y - centre.0).hypot(x - centre.1) / corner;
        strength * distance * distance
    });
    vec![("darkening", strength)]
}
