use rand_chacha::ChaCha8Rng;

use crate::random::{below, between, uniform};

/// What can be wrong with a part of the synthetic inspection set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InspectionDefect {
    /// A piece broken off the edge.
    Chipped,
    /// A dark crooked line.
    Crack,
    /// A pin that leans to the side.
    BentPin,
    /// A thread of another colour on the cloth.
    ForeignFibre,
    /// A hole through the cloth.
    Hole,
    /// A bolt hole that was not drilled.
    MissingHole,
    /// A pin that is not there.
    MissingPin,
    /// Threads that are not there.
    MissingThread,
    /// A thin bright or dark line.
    Scratch,
    /// A soft lighter or darker spot.
    Stain,
}

impl InspectionDefect {
    /// The name of its folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chipped => "chipped",
            Self::Crack => "crack",
            Self::BentPin => "bent_pin",
            Self::ForeignFibre => "foreign_fibre",
            Self::Hole => "hole",
            Self::MissingHole => "missing_hole",
            Self::MissingPin => "missing_pin",
            Self::MissingThread => "missing_thread",
            Self::Scratch => "scratch",
            Self::Stain => "stain",
        }
    }
}

/// A point of the part, from -0.5 to 0.5 across the picture.
pub(super) type Point = (f64, f64);

/// One defect of a picture.
#[derive(Debug, Clone)]
pub(super) struct Flaw {
    pub(super) kind: InspectionDefect,
    pub(super) place: Point,
    /// Radians.
    pub(super) angle: f64,
    /// Half its length, or its radius.
    pub(super) size: f64,
    /// How much lighter it is; negative = darker.
    pub(super) tone: f64,
    /// Which of several equal pieces it strikes.
    pub(super) piece: usize,
    /// Sideways steps of a crooked line.
    bends: [f64; 6],
}

impl Flaw {
    /// A random one; `place` draws where on the part.
    pub(super) fn draw(
        kind: InspectionDefect,
        rng: &mut ChaCha8Rng,
        place: impl FnOnce(&mut ChaCha8Rng) -> Point,
    ) -> Self {
        let angle = between(rng, 0.0, std::f64::consts::TAU);
        let size = between(rng, 0.05, 0.09);
        let sign = if uniform(rng) < 0.5 { -1.0 } else { 1.0 };
        let tone = sign * between(rng, 0.2, 0.3);
        let piece = below(rng, 1 << 16);
        let bends = std::array::from_fn(|_| between(rng, -0.015, 0.015));
        Self { kind, place: place(rng), angle, size, tone, piece, bends }
    }

    /// Along and across the flaw.
    fn own_frame(&self, (x, y): Point) -> Point {
        let (sin, cos) = self.angle.sin_cos();
        let (dx, dy) = (x - self.place.0, y - self.place.1);
        (dx * cos + dy * sin, dy * cos - dx * sin)
    }

    pub(super) fn distance(&self, (x, y): Point) -> f64 {
        (x - self.place.0).hypot(y - self.place.1)
    }

    /// The colour of the surface where the flaw lies on it.
    pub(super) fn paint(&self, colour: [f64; 3], point: Point) -> [f64; 3] {
        let (along, across) = self.own_frame(point);
        match self.kind {
            InspectionDefect::Scratch => {
                let share = line(along, across, self.size * 1.4, 0.006);
                mix(colour, colour.map(|c| c + self.tone), share)
            }
            InspectionDefect::Crack => {
                let share = line(along, across - self.bend(along), self.size * 1.3, 0.007);
                mix(colour, [0.05; 3], share)
            }
            InspectionDefect::ForeignFibre => {
                let bent = across - 2.0 * self.bend(along);
                mix(colour, [0.42, 0.06, 0.08], line(along, bent, self.size * 1.3, 0.007))
            }
            InspectionDefect::Stain => {
                let share = (-(self.distance(point) / (0.7 * self.size)).powi(2)).exp();
                mix(colour, colour.map(|c| c * (1.0 + 1.6 * self.tone)), share)
            }
            _ => colour,
        }
    }

    /// How far a crooked line lies to the side, between its bends straight.
    fn bend(&self, along: f64) -> f64 {
        let last = self.bends.len() - 1;
        let at = ((along / (2.6 * self.size) + 0.5).clamp(0.0, 1.0)) * last as f64;
        let before = (at as usize).min(last - 1);
        let share = at - before as f64;
        self.bends[before] * (1.0 - share) + self.bends[before + 1] * share
    }
}

/// How much of a pixel a line of this half length and half width covers.
fn line(along: f64, across: f64, half_length: f64, half_width: f64) -> f64 {
    covered(across.abs() - half_width) * covered(along.abs() - half_length)
}

/// 1 inside, 0 outside, by the distance from the edge (negative = inside).
pub(super) fn covered(distance: f64) -> f64 {
    (0.5 - distance / 0.008).clamp(0.0, 1.0)
}

pub(super) fn mix(from: [f64; 3], to: [f64; 3], share: f64) -> [f64; 3] {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * share)
}
