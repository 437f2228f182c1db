//! What a figure draws: a list of marks, in pixels from the top left, which one renderer
//! turns into SVG and another into PNG.

mod font;
mod raster;
mod svg;

pub(crate) use font::text_width;
#[cfg(feature = "testkit")]
pub(crate) use svg::escape;

use crate::palette::Paint;
use crate::picture::Picture;

/// What figures keep free at their left, in pixels.
pub(crate) const MARGIN: f32 = 12.0;

/// A position in pixels, x to the right and y down.
pub(crate) type Point = (f32, f32);

/// The drawing of one figure at one size.
#[derive(Debug, Default)]
pub struct Scene {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) marks: Vec<Mark>,
}

#[derive(Debug)]
pub(crate) enum Mark {
    Line { points: Vec<Point>, stroke: Stroke },
    Area { points: Vec<Point>, fill: Fill },
    Rect { rect: Rect, fill: Fill },
    Symbols { points: Vec<Point>, symbol: Symbol, radius: f32, fill: Fill },
    Text(Text),
    Picture { rect: Rect, picture: Picture },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Rect {
    pub(crate) fn right(self) -> f32 {
        self.x + self.width
    }

    pub(crate) fn bottom(self) -> f32 {
        self.y + self.height
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) paint: Paint,
    pub(crate) width: f32,
    pub(crate) dashed: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Fill {
    pub(crate) paint: Paint,
    pub(crate) opacity: f32,
}

impl Fill {
    pub(crate) fn solid(paint: Paint) -> Self {
        Self { paint, opacity: 1.0 }
    }
}

/// Shapes that tell classes apart where colours may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symbol {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Symbol {
    const ALL: [Self; 4] = [Self::Circle, Self::Square, Self::Triangle, Self::Diamond];

    pub(crate) fn nth(n: usize) -> Self {
        Self::ALL[n % Self::ALL.len()]
    }

    /// The corners around the centre; none for the circle.
    pub(crate) fn corners(self, radius: f32) -> Vec<Point> {
        let r = radius;
        match self {
            Self::Circle => Vec::new(),
            Self::Square => vec![
                (-0.9 * r, -0.9 * r),
                (0.9 * r, -0.9 * r),
                (0.9 * r, 0.9 * r),
                (-0.9 * r, 0.9 * r),
            ],
            Self::Triangle => vec![(0.0, -1.2 * r), (1.1 * r, 0.8 * r), (-1.1 * r, 0.8 * r)],
            Self::Diamond => vec![(0.0, -1.3 * r), (1.3 * r, 0.0), (0.0, 1.3 * r), (-1.3 * r, 0.0)],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// The baseline's position, at the anchor.
    pub(crate) at: Point,
    pub(crate) size: f32,
    pub(crate) anchor: Anchor,
    pub(crate) paint: Paint,
    pub(crate) strong: bool,
    /// A rim of ground colour, for text over marks.
    pub(crate) halo: bool,
}

impl Text {
    pub(crate) fn new(text: impl Into<String>, at: Point, size: f32) -> Self {
        Self {
            text: text.into(),
            at,
            size,
            anchor: Anchor::Start,
            paint: Paint::Muted,
            strong: false,
            halo: false,
        }
    }

    pub(crate) fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    pub(crate) fn ink(mut self) -> Self {
        self.paint = Paint::Ink;
        self
    }

    pub(crate) fn strong(mut self) -> Self {
        self.strong = true;
        self
    }

    pub(crate) fn halo(mut self) -> Self {
        self.halo = true;
        self
    }
}

impl Scene {
    pub(crate) fn new(width: f32, height: f32) -> Self {
        Self { width, height, marks: Vec::new() }
    }

    pub(crate) fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        self.marks.push(Mark::Line { points, stroke });
    }

    pub(crate) fn rect(&mut self, rect: Rect, fill: Fill) {
        self.marks.push(Mark::Rect { rect, fill });
    }

    pub(crate) fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.marks.push(Mark::Text(text));
        }
    }
}
