use ndarray::{Array2, Array3};
use rand_chacha::ChaCha8Rng;

use super::config::InspectionCategory;
use super::defect::{Flaw, Point};
use crate::random::{between, normal};

/// Differences from this on are marked; three steps of eight bits.
const VISIBLE: f64 = 3.0 / 255.0;

/// Standard deviation of the sensor's noise.
const NOISE: f64 = 0.008;

/// How one picture was taken.
#[derive(Debug)]
struct Shot {
    /// Radians.
    turn: f64,
    shift: Point,
    /// Exposure.
    gain: f64,
    /// How much of the light falls off across the picture, and in which direction.
    slope: f64,
    direction: f64,
}

impl Shot {
    fn draw(category: InspectionCategory, rng: &mut ChaCha8Rng) -> Self {
        // A part lies in its holder; cloth passes by.
        let (shift, turn) = match category {
            InspectionCategory::Fabric => (0.5, 1.0_f64),
            _ => (0.012, 2.0),
        };
        Self {
            turn: between(rng, -turn, turn).to_radians(),
            shift: (between(rng, -shift, shift), between(rng, -shift, shift)),
            gain: between(rng, 0.8, 1.2),
            slope: between(rng, 0.0, 0.25),
            direction: between(rng, 0.0, std::f64::consts::TAU),
        }
    }

    /// The point of the part that a pixel shows.
    fn on_part(&self, (x, y): Point) -> Point {
        let (sin, cos) = self.turn.sin_cos();
        let (x, y) = (x - self.shift.0, y - self.shift.1);
        (x * cos + y * sin, y * cos - x * sin)
    }

    fn light(&self, (x, y): Point) -> f64 {
        let (sin, cos) = self.direction.sin_cos();
        self.gain * (1.0 + self.slope * (x * cos + y * sin))
    }
}

/// A picture, and where its flaw shows: the pixels that would look different without it.
pub(super) fn render(
    category: InspectionCategory,
    flaw: Option<&Flaw>,
    side: usize,
    rng: &mut ChaCha8Rng,
) -> (Array3<f32>, Array2<bool>) {
    let shot = Shot::draw(category, rng);
    let mut image = Array3::zeros((3, side, side));
    let mut mask = Array2::from_elem((side, side), false);
    let flaw = flaw.map(|flaw| in_view(flaw, category, &shot));
    for y in 0..side {
        for x in 0..side {
            let at = |pixel: usize| (pixel as f64 + 0.5) / side as f64 - 0.5;
            let seen = (at(x), at(y));
            let point = shot.on_part(seen);
            let colour = category.colour(point, flaw.as_ref());
            let light = shot.light(seen);
            if flaw.is_some() {
                let sound = category.colour(point, None);
                let is_visible = |(a, b): (&f64, &f64)| light * (a - b).abs() > VISIBLE;
                mask[[y, x]] = colour.iter().zip(&sound).any(is_visible);
            }
            for (channel, value) in colour.into_iter().enumerate() {
                let noisy = value * light + NOISE * normal(rng);
                image[[channel, y, x]] = noisy.clamp(0.0, 1.0) as f32;
            }
        }
    }
    (image, mask)
}

/// Cloth passes by, so that its flaw is placed in the picture; a part's is placed on the part.
fn in_view(flaw: &Flaw, category: InspectionCategory, shot: &Shot) -> Flaw {
    let mut flaw = flaw.clone();
    if category == InspectionCategory::Fabric {
        flaw.place = shot.on_part(flaw.place);
    }
    flaw
}
