use rand_chacha::ChaCha8Rng;

use super::defect::{Flaw, InspectionDefect as Defect, Point, covered, mix};
use crate::random::between;

pub(super) const DEFECTS: [Defect; 5] =
    [Defect::Chipped, Defect::Crack, Defect::MissingHole, Defect::Scratch, Defect::Stain];

const OUTER: f64 = 0.38;
const INNER: f64 = 0.13;
const BOLT_CIRCLE: f64 = 0.255;
const BOLT: f64 = 0.045;
const TABLE: [f64; 3] = [0.20, 0.21, 0.23];

/// A flat steel ring with four bolt holes.
pub(super) fn colour(point: Point, flaw: Option<&Flaw>) -> [f64; 3] {
    let radius = point.0.hypot(point.1);
    let angle = point.1.atan2(point.0);
    // Turned on a lathe: fine rings, and light that falls into them from two sides.
    let rings = 0.03 * (radius * 160.0).sin() + 0.06 * (2.0 * angle + 0.7).cos();
    let mut steel = [0.58, 0.59, 0.62].map(|c| c + rings);
    if let Some(flaw) = flaw {
        steel = flaw.paint(steel, point);
    }
    let mut outside = (radius - OUTER).max(INNER - radius);
    for number in 0..4 {
        let is_missing =
            flaw.is_some_and(|flaw| flaw.kind == Defect::MissingHole && flaw.piece % 4 == number);
        if !is_missing {
            let at = std::f64::consts::FRAC_PI_4 * (2 * number + 1) as f64;
            let hole = (point.0 - BOLT_CIRCLE * at.cos()).hypot(point.1 - BOLT_CIRCLE * at.sin());
            outside = outside.max(BOLT - hole);
        }
    }
    if let Some(flaw) = flaw.filter(|flaw| flaw.kind == Defect::Chipped) {
        outside = outside.max(0.8 * flaw.size - flaw.distance(point));
    }
    mix(TABLE, steel, covered(outside))
}

/// On the ring; a chip at its rim.
pub(super) fn flaw(kind: Defect, rng: &mut ChaCha8Rng) -> Flaw {
    let mut flaw = Flaw::draw(kind, rng, |rng| {
        let radius = match kind {
            Defect::Chipped => OUTER,
            _ => between(rng, INNER + 0.05, OUTER - 0.05),
        };
        let (sin, cos) = between(rng, 0.0, std::f64::consts::TAU).sin_cos();
        (radius * cos, radius * sin)
    });
    // Away from the bolt holes, in which nothing could be seen.
    let angle = flaw.place.1.atan2(flaw.place.0);
    let quarter = (angle / std::f64::consts::FRAC_PI_2).round() * std::f64::consts::FRAC_PI_2;
    let (sin, cos) = (quarter + (angle - quarter) * 0.5).sin_cos();
    let radius = flaw.place.0.hypot(flaw.place.1);
    flaw.place = (radius * cos, radius * sin);
    flaw
}
