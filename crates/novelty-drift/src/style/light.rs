use ndarray::ArrayView2;

use super::{Gray, positions};

/// What the values of the pixels say, and where they are.
pub(super) struct Light {
    pub(super) mean: f64,
    pub(super) deviation: f64,
    pub(super) range: f64,
    pub(super) dark_share: f64,
    pub(super) bright_share: f64,
    pub(super) shade_x: f64,
    pub(super) shade_y: f64,
    pub(super) vignette: f64,
}

impl Light {
    pub(super) fn of(gray: &Gray<'_>) -> Self {
        let n = gray.len() as f64;
        let mean = gray.sum() / n;
        let squares: f64 = gray.iter().map(|g| (g - mean) * (g - mean)).sum();
        let share = |test: fn(f64) -> bool| gray.iter().filter(|&&g| test(g)).count() as f64 / n;
        let (low, high) =
            gray.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &g| (l.min(g), h.max(g)));
        let (xs, ys) = (positions(gray.ncols()), positions(gray.nrows()));
        let span = |n: usize| if n > 1 { 2.0 * n as f64 / (n - 1) as f64 } else { 0.0 };
        Self {
            mean,
            deviation: (squares / n).sqrt(),
            range: high - low,
            dark_share: share(|g| g <= 0.02),
            bright_share: share(|g| g >= 0.98),
            shade_x: slope(gray, |_, x| xs[x]) * span(gray.ncols()),
            shade_y: slope(gray, |y, _| ys[y]) * span(gray.nrows()),
            vignette: slope(gray, |y, x| (xs[x] * xs[x] + ys[y] * ys[y]) / 2.0),
        }
    }
}

/// The slope of the line fitted to the pixels over a coordinate of theirs. Along the two axes it
/// is that of the fitted plane: on a full grid the two coordinates do not vary together.
fn slope(gray: &Gray<'_>, coordinate: impl Fn(usize, usize) -> f64) -> f64 {
    let n = gray.len() as f64;
    let mean = gray.indexed_iter().map(|((y, x), _)| coordinate(y, x)).sum::<f64>() / n;
    let (mut joint, mut square) = (0.0, 0.0);
    for ((y, x), value) in gray.indexed_iter() {
        let away = coordinate(y, x) - mean;
        joint += away * value;
        square += away * away;
    }
    if square > 1e-12 { joint / square } else { 0.0 }
}

pub(super) fn mean(channel: &ArrayView2<'_, f32>) -> f64 {
    channel.iter().map(|&x| f64::from(x)).sum::<f64>() / channel.len() as f64
}
