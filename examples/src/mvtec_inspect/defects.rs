//! Defects drawn on good images, to choose a method without looking at real ones.

use std::f32::consts::{PI, TAU};

use ndarray::{Array3, ArrayView3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// What is drawn on a good image. None of it is taken from a category's real defects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawnDefect {
    /// A piece of the image, seen in a mirror, somewhere else.
    Pasted,
    /// A thin bent line of another colour.
    Scratch,
    /// A spot of another colour, not opaque.
    Spot,
    /// A place pulled aside.
    Pulled,
    /// A place out of focus.
    Blurred,
    /// A place that shows what is beside it.
    Covered,
}

impl DrawnDefect {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Pasted, Self::Scratch, Self::Spot, Self::Pulled, Self::Blurred, Self::Covered];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pasted => "pasted",
            Self::Scratch => "scratch",
            Self::Spot => "spot",
            Self::Pulled => "pulled",
            Self::Blurred => "blurred",
            Self::Covered => "covered",
        }
    }
}

/// Draws are repeated until one shows, this often at most.
const MAX_DRAWS: usize = 50;
/// A pixel shows a defect from this difference of a channel on.
const VISIBLE: f32 = 0.05;
/// What the pixels that show it differ by, on average.
const VISIBLE_MEAN: f32 = 0.1;
/// The share of the image's pixels that has to show it.
const VISIBLE_SHARE: f32 = 0.0008;

/// Draws a defect of a kind somewhere on an image `(channels, height, width)`.
#[must_use]
pub fn draw_defect(
    image: ArrayView3<'_, f32>,
    kind: DrawnDefect,
    rng: &mut ChaCha8Rng,
) -> Array3<f32> {
    let mut drawn = Stroke::new(&image, kind, rng).apply(&image);
    for _ in 1..MAX_DRAWS {
        if is_visible(&image, &drawn) {
            break;
        }
        drawn = Stroke::new(&image, kind, rng).apply(&image);
    }
    drawn
}

fn is_visible(image: &ArrayView3<'_, f32>, drawn: &Array3<f32>) -> bool {
    let (channels, height, width) = image.dim();
    let (mut n, mut sum) = (0, 0.0);
    for y in 0..height {
        for x in 0..width {
            let of = |c: usize| (image[[c, y, x]] - drawn[[c, y, x]]).abs();
            let difference = (0..channels).map(of).fold(0.0, f32::max);
            if difference > VISIBLE {
                n += 1;
                sum += difference;
            }
        }
    }
    let is_large = n as f32 >= VISIBLE_SHARE * (height * width) as f32;
    is_large && n > 0 && sum >= VISIBLE_MEAN * n as f32
}

/// Where a defect lies, in pixels.
struct Stroke {
    kind: DrawnDefect,
    centre: (f32, f32),
    radius: f32,
    /// Of a line, or of the pull.
    angle: f32,
    half_width: f32,
    /// How far from round: amplitude and phase of the outline's second to fourth harmonics.
    outline: [(f32, f32); 3],
    /// How much it covers.
    strength: f32,
    colour: Vec<f32>,
    /// Where it is copied from.
    shift: (f32, f32),
    /// Half the side of the box that is averaged.
    box_reach: isize,
}

impl Stroke {
    fn new(image: &ArrayView3<'_, f32>, kind: DrawnDefect, rng: &mut ChaCha8Rng) -> Self {
        let (channels, height, width) = image.dim();
        let side = height.min(width) as f32;
        let mut within = |size: usize| size as f32 * rng.gen_range(0.1..0.9);
        let centre = (within(height), within(width));
        let radius = side
            * match kind {
                DrawnDefect::Scratch => rng.gen_range(0.04..0.12),
                DrawnDefect::Pulled => rng.gen_range(0.045..0.135),
                DrawnDefect::Blurred => rng.gen_range(0.04..0.12),
                _ => rng.gen_range(0.03..0.09),
            };
        let angle: f32 = rng.gen_range(0.0..TAU);
        let tone = rng.gen_range(0.15..0.5) * if rng.r#gen() { 1.0 } else { -1.0 };
        let at = |c: usize| image[[c, centre.0 as usize, centre.1 as usize]];
        let colour =
            (0..channels).map(|c| (at(c) + tone + rng.gen_range(-0.15..0.15)).clamp(0.0, 1.0));
        let colour = colour.collect();
        let shift = match kind {
            DrawnDefect::Pasted => {
                (rng.gen_range(-0.5..0.5) * height as f32, rng.gen_range(-0.5..0.5) * width as f32)
            }
            DrawnDefect::Pulled => scaled(angle, radius * rng.gen_range(0.25..0.7)),
            _ => scaled(angle, 2.2 * radius),
        };
        Self {
            kind,
            centre,
            radius,
            angle,
            half_width: side / 128.0 * rng.gen_range(0.5..1.5),
            outline: std::array::from_fn(|_| (rng.gen_range(0.0..0.2), rng.gen_range(0.0..TAU))),
            strength: if kind == DrawnDefect::Spot { rng.gen_range(0.5..1.0) } else { 1.0 },
            colour,
            shift,
            box_reach: (side / 128.0 * rng.gen_range(2.0..6.0)).round() as isize,
        }
    }

    fn apply(&self, image: &ArrayView3<'_, f32>) -> Array3<f32> {
        Array3::from_shape_fn(image.dim(), |(c, y, x)| {
            let share = self.share(y as f32 - self.centre.0, x as f32 - self.centre.1);
            let below = image[[c, y, x]];
            if share > 0.0 {
                below + share * (self.source(image, c, (y, x)) - below)
            } else {
                below
            }
        })
    }

    /// How much of a pixel it covers, by the place beside its centre.
    fn share(&self, dy: f32, dx: f32) -> f32 {
        match self.kind {
            DrawnDefect::Scratch => {
                let (sin, cos) = self.angle.sin_cos();
                let (along, across) = (dx * cos + dy * sin, dy * cos - dx * sin);
                let bend = 0.3 * self.radius * self.outline[0].0 * (along / self.radius * PI).sin();
                let covered = |reach: f32, at: f32| (reach - at.abs() + 0.5).clamp(0.0, 1.0);
                covered(self.half_width, across - bend) * covered(self.radius, along)
            }
            DrawnDefect::Pulled => {
                if dy.hypot(dx) < 3.0 * self.radius {
                    1.0
                } else {
                    0.0
                }
            }
            _ => {
                let direction = dy.atan2(dx);
                let wave = |(k, (size, phase)): (usize, &(f32, f32))| {
                    size * ((k + 2) as f32 * direction + phase).cos()
                };
                let outline: f32 = self.outline.iter().enumerate().map(wave).sum();
                let inside = self.radius * (1.0 + outline) - dy.hypot(dx);
                self.strength * (inside / 1.5 + 0.5).clamp(0.0, 1.0)
            }
        }
    }

    /// What a pixel shows where it is covered.
    fn source(&self, image: &ArrayView3<'_, f32>, c: usize, (y, x): (usize, usize)) -> f32 {
        let (_, _, width) = image.dim();
        let (row, column) = (y as f32, x as f32);
        match self.kind {
            DrawnDefect::Scratch | DrawnDefect::Spot => self.colour[c],
            DrawnDefect::Pasted => {
                let mirrored = (width - 1) as f32 - column;
                wrapped(image, c, row + self.shift.0, mirrored + self.shift.1)
            }
            DrawnDefect::Covered => wrapped(image, c, row + self.shift.0, column + self.shift.1),
            DrawnDefect::Pulled => {
                let (dy, dx) = (row - self.centre.0, column - self.centre.1);
                let pull = (-(dy * dy + dx * dx) / (self.radius * self.radius)).exp();
                between(image, c, row + pull * self.shift.0, column + pull * self.shift.1)
            }
            DrawnDefect::Blurred => box_mean(image, c, (y, x), self.box_reach),
        }
    }
}

fn scaled(angle: f32, length: f32) -> (f32, f32) {
    (length * angle.sin(), length * angle.cos())
}

/// The nearest pixel; beyond an edge the image begins anew.
fn wrapped(image: &ArrayView3<'_, f32>, c: usize, row: f32, column: f32) -> f32 {
    let (_, height, width) = image.dim();
    let at = |place: f32, size: usize| (place.round() as isize).rem_euclid(size as isize) as usize;
    image[[c, at(row, height), at(column, width)]]
}

/// Bilinear; beyond an edge its pixels go on.
fn between(image: &ArrayView3<'_, f32>, c: usize, row: f32, column: f32) -> f32 {
    let (_, height, width) = image.dim();
    let split = |place: f32, size: usize| {
        let place = place.clamp(0.0, (size - 1) as f32);
        let before = place.floor() as usize;
        (before, (before + 1).min(size - 1), place - before as f32)
    };
    let ((top, bottom, down), (left, right, across)) = (split(row, height), split(column, width));
    let line =
        |y: usize| image[[c, y, left]] + across * (image[[c, y, right]] - image[[c, y, left]]);
    line(top) + down * (line(bottom) - line(top))
}

fn box_mean(image: &ArrayView3<'_, f32>, c: usize, (y, x): (usize, usize), reach: isize) -> f32 {
    let (_, height, width) = image.dim();
    let around = |at: usize, size: usize| {
        let (at, last) = (at as isize, size as isize - 1);
        (at - reach).max(0) as usize..=(at + reach).min(last) as usize
    };
    let pixels = image.slice(ndarray::s![c, around(y, height), around(x, width)]);
    pixels.mean().unwrap_or_default()
}
