use ndarray::Array2;

use super::Gray;

/// What an impulse stands out by from all its neighbours.
const IMPULSE: f64 = 0.2;
const BLOCK: usize = 8;

/// Forward differences.
#[derive(Default)]
pub(super) struct Gradients {
    /// Root of the mean square.
    pub(super) size: f64,
    pub(super) largest: f64,
    pub(super) across: f64,
    pub(super) diagonal: f64,
}

impl Gradients {
    pub(super) fn of(gray: &Gray<'_>) -> Self {
        let (height, width) = gray.dim();
        if height < 3 || width < 3 {
            return Self::default();
        }
        let (mut xx, mut yy, mut xy, mut largest) = (0.0, 0.0, 0.0, 0.0_f64);
        for y in 0..height - 1 {
            for x in 0..width - 1 {
                let (gx, gy) = (gray[[y, x + 1]] - gray[[y, x]], gray[[y + 1, x]] - gray[[y, x]]);
                xx += gx * gx;
                yy += gy * gy;
                xy += gx * gy;
                largest = largest.max(gx.abs() + gy.abs());
            }
        }
        let both = xx + yy;
        let part = |sum: f64| if both > 1e-12 { sum / both } else { 0.0 };
        let n = ((height - 1) * (width - 1)) as f64;
        Self { size: (both / n).sqrt(), largest, across: part(xx - yy), diagonal: part(2.0 * xy) }
    }
}

/// A 3 x 3 filter over all pixels that have their neighbours; `None` where no pixel has.
fn filtered(gray: &Gray<'_>, weights: [[f64; 3]; 3]) -> Option<Array2<f64>> {
    let (height, width) = gray.dim();
    if height < 3 || width < 3 {
        return None;
    }
    Some(Array2::from_shape_fn((height - 2, width - 2), |(y, x)| {
        let mut sum = 0.0;
        for (dy, row) in weights.iter().enumerate() {
            for (dx, weight) in row.iter().enumerate() {
                sum += weight * gray[[y + dy, x + dx]];
            }
        }
        sum
    }))
}

pub(super) fn laplacian(gray: &Gray<'_>) -> f64 {
    let weights = [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]];
    filtered(gray, weights).map_or(0.0, |edges| edges.std(0.0))
}

/// `sqrt(pi / 2) / 6 * mean |g * N|`: `N` is the difference of two Laplacians, which neither a
/// plane nor a straight edge moves, and which gives unit noise a deviation of 6.
pub(super) fn noise(gray: &Gray<'_>) -> f64 {
    let weights = [[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]];
    filtered(gray, weights).map_or(0.0, |rest| {
        let mean = rest.iter().map(|value| value.abs()).sum::<f64>() / rest.len() as f64;
        std::f64::consts::FRAC_PI_2.sqrt() / 6.0 * mean
    })
}

pub(super) fn blockiness(gray: &Gray<'_>) -> f64 {
    let (height, width) = gray.dim();
    let (mut border, mut inside) = (Steps::default(), Steps::default());
    for y in 0..height {
        for x in 0..width {
            for (step, position) in [(gray.get([y, x + 1]), x), (gray.get([y + 1, x]), y)] {
                let Some(next) = step else { continue };
                let sum =
                    if (position + 1).is_multiple_of(BLOCK) { &mut border } else { &mut inside };
                sum.add((next - gray[[y, x]]).abs());
            }
        }
    }
    if border.n == 0 { 0.0 } else { border.mean() - inside.mean() }
}

#[derive(Default)]
struct Steps {
    n: usize,
    sum: f64,
}

impl Steps {
    fn add(&mut self, step: f64) {
        self.n += 1;
        self.sum += step;
    }

    fn mean(&self) -> f64 {
        self.sum / self.n.max(1) as f64
    }
}

pub(super) fn impulses(gray: &Gray<'_>) -> f64 {
    let (height, width) = gray.dim();
    if height < 3 || width < 3 {
        return 0.0;
    }
    let mut n = 0;
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            n += usize::from(is_impulse(gray, y, x));
        }
    }
    n as f64 / ((height - 2) * (width - 2)) as f64
}

fn is_impulse(gray: &Gray<'_>, y: usize, x: usize) -> bool {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (dy, dx) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)] {
        let neighbour = gray[[y + dy - 1, x + dx - 1]];
        low = low.min(neighbour);
        high = high.max(neighbour);
    }
    let value = gray[[y, x]];
    value > high + IMPULSE || value < low - IMPULSE
}
