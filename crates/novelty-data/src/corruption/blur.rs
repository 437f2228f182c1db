use ndarray::{Array3, ArrayView2};
use rand_chacha::ChaCha8Rng;

use super::apply::Parameters;
use crate::random::between;

/// A pixel of the kernel: how far down and right of the middle, and its weight.
type Tap = (isize, isize, f32);

/// Points of a kernel along a pixel.
const SUBDIVISION: f64 = 5.0;

pub(super) fn defocus(image: &mut Array3<f32>, radius: f64) -> Parameters {
    let n = (2.0 * radius * SUBDIVISION).ceil().max(SUBDIVISION) as usize;
    let step = |part: usize| ((part as f64 + 0.5) / n as f64 * 2.0 - 1.0) * radius;
    let points = (0..n * n).map(|part| (step(part / n), step(part % n)));
    convolve(image, deposited(points.filter(|(y, x)| y.hypot(*x) <= radius)));
    vec![("radius", radius)]
}

pub(super) fn motion(image: &mut Array3<f32>, length: f64, rng: &mut ChaCha8Rng) -> Parameters {
    let angle = between(rng, 0.0, std::f64::consts::PI);
    let (sin, cos) = angle.sin_cos();
    let n = (length * SUBDIVISION).ceil().max(SUBDIVISION) as usize;
    let along = |part: usize| ((part as f64 + 0.5) / n as f64 - 0.5) * length;
    convolve(image, deposited((0..n).map(along).map(|t| (t * sin, t * cos))));
    vec![("length", length), ("direction_degrees", angle.to_degrees())]
}

/// Each point shared among the four pixels about it, so that blur of less than a pixel counts.
fn deposited(points: impl Iterator<Item = (f64, f64)>) -> Vec<Tap> {
    let share = |(y, x): (f64, f64)| {
        let (top, left) = (y.floor(), x.floor());
        let (down, right) = ((y - top) as f32, (x - left) as f32);
        let (top, left) = (top as isize, left as isize);
        [
            (top, left, (1.0 - down) * (1.0 - right)),
            (top, left + 1, (1.0 - down) * right),
            (top + 1, left, down * (1.0 - right)),
            (top + 1, left + 1, down * right),
        ]
    };
    points.flat_map(share).collect()
}

/// Beyond the edge, the pixel at the edge goes on.
fn convolve(image: &mut Array3<f32>, mut taps: Vec<Tap>) {
    taps.sort_by_key(|&(y, x, _)| (y, x));
    taps.dedup_by(|next, kept| {
        let is_same = (next.0, next.1) == (kept.0, kept.1);
        if is_same {
            kept.2 += next.2;
        }
        is_same
    });
    taps.retain(|tap| tap.2 > 0.0);
    let sum: f32 = taps.iter().map(|tap| tap.2).sum();
    let source = image.clone();
    for (plane, mut to) in source.outer_iter().zip(image.outer_iter_mut()) {
        for ((y, x), value) in to.indexed_iter_mut() {
            let weighted =
                |&(dy, dx, weight): &Tap| weight * at(&plane, y as isize + dy, x as isize + dx);
            *value = taps.iter().map(weighted).sum::<f32>() / sum;
        }
    }
}

fn at(plane: &ArrayView2<'_, f32>, y: isize, x: isize) -> f32 {
    let inside = |at: isize, len: usize| at.clamp(0, len as isize - 1) as usize;
    plane[[inside(y, plane.nrows()), inside(x, plane.ncols())]]
}
