use rand_chacha::ChaCha8Rng;

use super::defect::{Flaw, InspectionDefect as Defect, Point, covered, mix};
use crate::random::{between, uniform};

pub(super) const DEFECTS: [Defect; 5] =
    [Defect::BentPin, Defect::Chipped, Defect::MissingPin, Defect::Scratch, Defect::Stain];

const HALF_WIDTH: f64 = 0.20;
const HALF_HEIGHT: f64 = 0.33;
const PIN_LENGTH: f64 = 0.13;
const PIN_HALF_WIDTH: f64 = 0.018;
const N_PINS: usize = 6;

/// A black package with six silver pins on each side, on a green board.
pub(super) fn colour(point: Point, flaw: Option<&Flaw>) -> [f64; 3] {
    let mut board = [0.16, 0.36, 0.24];
    // Copper traces below the varnish.
    let trace = ((point.0 + point.1) * 60.0).sin().max(0.0) * 0.04;
    board = board.map(|c| c + trace);
    let mut colour = mix(board, [0.72, 0.72, 0.70], pins(point, flaw));
    let mut outside = (point.0.abs() - HALF_WIDTH).max(point.1.abs() - HALF_HEIGHT);
    if let Some(flaw) = flaw.filter(|flaw| flaw.kind == Defect::Chipped) {
        outside = outside.max(0.8 * flaw.size - flaw.distance(point));
    }
    let mut package = [0.17, 0.17, 0.18];
    let mark = (point.0 + 0.13).hypot(point.1 + 0.25);
    package = mix(package, [0.32; 3], covered(mark - 0.025));
    let print = covered((point.1 - 0.02).abs() - 0.05) * covered(point.0.abs() - 0.12);
    let letters = 0.5 + 0.5 * (point.0 * 130.0).sin().signum();
    package = mix(package, [0.42; 3], print * letters * 0.6);
    if let Some(flaw) = flaw {
        package = flaw.paint(package, point);
    }
    colour = mix(colour, package, covered(outside));
    colour
}

/// How much of the pixel pins cover.
fn pins(point: Point, flaw: Option<&Flaw>) -> f64 {
    let mut outside = f64::INFINITY;
    for number in 0..2 * N_PINS {
        let side = if number < N_PINS { -1.0 } else { 1.0 };
        let height = (((number % N_PINS) as f64 + 0.5) / N_PINS as f64 - 0.5) * 2.0 * 0.29;
        let out = point.0 * side - HALF_WIDTH;
        let mut across = point.1 - height;
        match flaw.filter(|flaw| flaw.piece % (2 * N_PINS) == number).map(|flaw| flaw.kind) {
            Some(Defect::MissingPin) => continue,
            Some(Defect::BentPin) => across -= 0.35 * out.max(0.0),
            _ => {}
        }
        let pin = (across.abs() - PIN_HALF_WIDTH).max(out - PIN_LENGTH).max(-out - 0.01);
        outside = outside.min(pin);
    }
    covered(outside)
}

/// On the package; a chip at its edge.
pub(super) fn flaw(kind: Defect, rng: &mut ChaCha8Rng) -> Flaw {
    let mut flaw = Flaw::draw(kind, rng, |rng| {
        let x = between(rng, -0.7, 0.7) * HALF_WIDTH;
        let y = between(rng, -0.8, 0.8) * HALF_HEIGHT;
        match kind {
            Defect::Chipped => (x, if uniform(rng) < 0.5 { HALF_HEIGHT } else { -HALF_HEIGHT }),
            _ => (x, y),
        }
    });
    // Black cannot get much darker.
    flaw.tone = flaw.tone.abs();
    if kind == Defect::Stain {
        flaw.tone *= 2.0;
    }
    flaw
}
