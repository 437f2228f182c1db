/// Where a rising curve that flattens out bends: the x whose point lies farthest above the chord
/// from the first point to the last, both axes scaled to 0..1. `None` where nothing rises, or no
/// point lies above the chord.
///
/// `points` are `(x, y)` with rising x. Satopää, Albrecht, Irwin and Raghavan, *Finding a "kneedle"
/// in a haystack*, 2011, without its smoothing and thresholds, which need more points.
///
/// ```
/// use novelty_examples::encoder_capacity::knee;
///
/// let curve = [(1.0, 0.2), (2.0, 0.6), (3.0, 0.9), (4.0, 0.95), (5.0, 0.97)];
/// assert_eq!(knee(&curve), Some(3.0));
/// assert_eq!(knee(&[(1.0, 0.1), (2.0, 0.2), (3.0, 0.3)]), None);
/// ```
#[must_use]
pub fn knee(points: &[(f64, f64)]) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    let (width, height) = (last.0 - first.0, last.1 - first.1);
    // Rounding must not make a knee of a straight line.
    const ROUNDING: f64 = 1e-9;
    if width <= ROUNDING || height <= ROUNDING {
        return None;
    }
    let above = |(x, y): &(f64, f64)| (y - first.1) / height - (x - first.0) / width;
    let farthest = points.iter().max_by(|a, b| above(a).total_cmp(&above(b)))?;
    (above(farthest) > ROUNDING).then_some(farthest.0)
}
