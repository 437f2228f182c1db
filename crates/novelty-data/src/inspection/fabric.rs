use rand_chacha::ChaCha8Rng;

use super::defect::{Flaw, InspectionDefect as Defect, Point, covered, mix};
use crate::random::between;

pub(super) const DEFECTS: [Defect; 5] =
    [Defect::ForeignFibre, Defect::Hole, Defect::MissingThread, Defect::Scratch, Defect::Stain];

/// Threads across the picture.
const N_THREADS: f64 = 24.0;

/// Plain weave: threads that pass over and under each other by turns.
pub(super) fn colour(point: Point, flaw: Option<&Flaw>) -> [f64; 3] {
    let (u, v) = (point.0 * N_THREADS, point.1 * N_THREADS);
    let (column, row) = (u.floor(), v.floor());
    let warp_is_above = (column + row).rem_euclid(2.0) < 0.5;
    let round = |at: f64| (1.0 - (2.0 * (at - at.floor()) - 1.0).powi(2)).max(0.0).sqrt();
    let along = |at: f64| (std::f64::consts::PI * (at - at.floor())).sin();
    let (warp, weft) = ([0.38, 0.44, 0.58], [0.55, 0.54, 0.50]);
    let mut cloth = if warp_is_above {
        warp.map(|c| c * (0.45 + 0.35 * round(u) + 0.3 * along(v)))
    } else {
        weft.map(|c| c * (0.45 + 0.35 * round(v) + 0.3 * along(u)))
    };
    let Some(flaw) = flaw else { return cloth };
    cloth = flaw.paint(cloth, point);
    match flaw.kind {
        Defect::Hole => mix([0.08; 3], cloth, covered(0.75 * flaw.size - flaw.distance(point))),
        Defect::MissingThread => {
            let struck = (flaw.place.1 * N_THREADS).floor();
            let is_gone = row - struck;
            let within = covered((point.0 - flaw.place.0).abs() - 2.0 * flaw.size);
            let share = if (0.0..0.5).contains(&is_gone) && !warp_is_above { within } else { 0.0 };
            mix(cloth, [0.10; 3], share)
        }
        _ => cloth,
    }
}

/// Anywhere but at the rim of the picture.
pub(super) fn flaw(kind: Defect, rng: &mut ChaCha8Rng) -> Flaw {
    Flaw::draw(kind, rng, |rng| (between(rng, -0.35, 0.35), between(rng, -0.35, 0.35)))
}
