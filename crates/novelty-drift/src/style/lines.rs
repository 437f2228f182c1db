use super::Gray;

const N_DIRECTIONS: usize = 16;
/// How far away the lines are that a line is held against.
const BESIDE: usize = 2;

/// The strongest bright and the strongest dark straight line: how far the mean along it is above,
/// or below, that of both lines beside it.
pub(super) fn strongest(gray: &Gray<'_>) -> (f64, f64) {
    let (mut bright, mut dark) = (0.0_f64, 0.0_f64);
    for direction in 0..N_DIRECTIONS {
        let angle = std::f64::consts::PI * direction as f64 / N_DIRECTIONS as f64;
        let profile = profile(gray, angle);
        for i in BESIDE..profile.len().saturating_sub(BESIDE) {
            let (Some(here), Some(before), Some(after)) =
                (profile[i], profile[i - BESIDE], profile[i + BESIDE])
            else {
                continue;
            };
            bright = bright.max((here - before).min(here - after));
            dark = dark.max((before - here).min(after - here));
        }
    }
    (bright, dark)
}

/// The mean along every line of a direction, one pixel wide; `None` for those that cut a corner
/// and are shorter than half the picture.
fn profile(gray: &Gray<'_>, angle: f64) -> Vec<Option<f64>> {
    let (height, width) = gray.dim();
    let (sin, cos) = angle.sin_cos();
    let (half_y, half_x) = ((height - 1) as f64 / 2.0, (width - 1) as f64 / 2.0);
    let reach = (half_x * cos.abs() + half_y * sin.abs()).ceil();
    let mut sums = vec![(0_usize, 0.0); 2 * reach as usize + 1];
    for ((y, x), value) in gray.indexed_iter() {
        let offset = (x as f64 - half_x) * cos + (y as f64 - half_y) * sin;
        let bin = ((offset + reach).round() as usize).min(sums.len() - 1);
        sums[bin].0 += 1;
        sums[bin].1 += value;
    }
    let enough = height.min(width).div_ceil(2);
    sums.into_iter().map(|(n, sum)| (n >= enough).then(|| sum / n as f64)).collect()
}
