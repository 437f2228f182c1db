use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint as Ink, Path, PathBuilder, Pixmap, StrokeDash,
    Transform,
};

use super::font::Font;
use super::{Anchor, Fill, Mark, Point, Rect, Scene, Stroke, Symbol, Text};
use crate::error::{ReportError, Result};
use crate::palette::Paint;
use crate::picture::Picture;

/// Pixels of a PNG file for each pixel of the layout, so that it is sharp on dense screens.
const DENSITY: f32 = 2.0;

/// The most pixels a PNG file may have; drawing takes 4 bytes for each.
const MOST_PIXELS: f32 = 1e8;

impl Scene {
    /// The drawing on the light ground, as rows of RGB pixels.
    pub(crate) fn to_picture(&self, title: &str) -> Result<Picture> {
        let (width, height) = ((self.width * DENSITY).ceil(), (self.height * DENSITY).ceil());
        let too_large = || ReportError::TooLarge {
            figure: title.to_owned(),
            width: width as u64,
            height: height as u64,
        };
        if width * height > MOST_PIXELS {
            return Err(too_large());
        }
        let mut pixmap = Pixmap::new(width as u32, height as u32).ok_or_else(too_large)?;
        pixmap.fill(color(Fill::solid(Paint::Surface)));
        let fonts = [Font::new(false)?, Font::new(true)?];
        for mark in &self.marks {
            draw_mark(&mut pixmap, mark, &fonts);
        }
        Ok(Picture::from_opaque_rgba(
            pixmap.width() as usize,
            pixmap.height() as usize,
            pixmap.data(),
        ))
    }
}

fn draw_mark(pixmap: &mut Pixmap, mark: &Mark, fonts: &[Font; 2]) {
    match mark {
        Mark::Line { points, stroke } => draw_line(pixmap, points, *stroke),
        Mark::Area { points, fill } => {
            let mut builder = PathBuilder::new();
            polygon(&mut builder, points.iter().copied());
            draw_fill(pixmap, builder.finish(), *fill);
        }
        Mark::Rect { rect, fill } => draw_fill(pixmap, rect_path(*rect), *fill),
        Mark::Symbols { points, symbol, radius, fill } => {
            draw_fill(pixmap, symbols(points, *symbol, *radius), *fill);
        }
        Mark::Text(text) => draw_text(pixmap, text, &fonts[usize::from(text.strong)]),
        Mark::Picture { rect, picture } => draw_picture(pixmap, *rect, picture),
    }
}

fn color(fill: Fill) -> Color {
    let [r, g, b] = fill.paint.light_rgb();
    Color::from_rgba8(r, g, b, (fill.opacity.clamp(0.0, 1.0) * 255.0).round() as u8)
}

fn ink(fill: Fill) -> Ink<'static> {
    let mut ink = Ink::default();
    ink.set_color(color(fill));
    ink
}

fn dense() -> Transform {
    Transform::from_scale(DENSITY, DENSITY)
}

// A path of no extent is `None`: there is nothing to see.
fn draw_fill(pixmap: &mut Pixmap, path: Option<Path>, fill: Fill) {
    if let Some(path) = path {
        pixmap.fill_path(&path, &ink(fill), FillRule::Winding, dense(), None);
    }
}

fn draw_line(pixmap: &mut Pixmap, points: &[Point], stroke: Stroke) {
    let mut builder = PathBuilder::new();
    for (i, (x, y)) in points.iter().enumerate() {
        if i == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
    }
    let Some(path) = builder.finish() else { return };
    let skia_stroke = tiny_skia::Stroke {
        width: stroke.width,
        line_cap: if stroke.dashed { LineCap::Butt } else { LineCap::Round },
        line_join: LineJoin::Round,
        dash: if stroke.dashed { StrokeDash::new(vec![5.0, 4.0], 0.0) } else { None },
        ..Default::default()
    };
    pixmap.stroke_path(&path, &ink(Fill::solid(stroke.paint)), &skia_stroke, dense(), None);
}

fn polygon(builder: &mut PathBuilder, points: impl Iterator<Item = Point>) {
    for (i, (x, y)) in points.enumerate() {
        if i == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    builder.close();
}

fn rect_path(rect: Rect) -> Option<Path> {
    tiny_skia::Rect::from_xywh(rect.x, rect.y, rect.width, rect.height).map(PathBuilder::from_rect)
}

fn symbols(points: &[Point], symbol: Symbol, radius: f32) -> Option<Path> {
    let corners = symbol.corners(radius);
    let mut builder = PathBuilder::new();
    for (x, y) in points {
        if corners.is_empty() {
            builder.push_circle(*x, *y, radius);
        } else {
            polygon(&mut builder, corners.iter().map(|(dx, dy)| (x + dx, y + dy)));
        }
    }
    builder.finish()
}

fn draw_text(pixmap: &mut Pixmap, text: &Text, font: &Font) {
    let width = font.width(&text.text, text.size);
    let start = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    let scale = font.scale(text.size);
    let mut outline =
        Outline { builder: PathBuilder::new(), x: text.at.0 - start, y: text.at.1, scale };
    for c in text.text.chars() {
        let glyph = font.glyph(c);
        font.outline(glyph, &mut outline);
        outline.x += font.advance(glyph) * scale;
    }
    let Some(path) = outline.builder.finish() else { return };
    if text.halo {
        let rim =
            tiny_skia::Stroke { width: 4.0, line_join: LineJoin::Round, ..Default::default() };
        pixmap.stroke_path(&path, &ink(Fill::solid(Paint::Surface)), &rim, dense(), None);
    }
    draw_fill(pixmap, Some(path), Fill::solid(text.paint));
}

/// Glyph outlines (font units, y up) at the pen's place in the drawing (pixels, y down).
struct Outline {
    builder: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> Point {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl ttf_parser::OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.builder.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.builder.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.builder.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.builder.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}

/// Stretches a picture over its place: sharp pixels when larger, smooth when smaller.
fn draw_picture(pixmap: &mut Pixmap, rect: Rect, picture: &Picture) {
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let Some(mut source) = Pixmap::new(width, height) else { return };
    for (to, from) in source.data_mut().chunks_exact_mut(4).zip(picture.rgb().chunks_exact(3)) {
        to.copy_from_slice(&[from[0], from[1], from[2], 255]);
    }
    let upscaled = picture.upscaled_to(rect.width * DENSITY);
    let quality = tiny_skia::PixmapPaint {
        quality: if upscaled {
            tiny_skia::FilterQuality::Nearest
        } else {
            tiny_skia::FilterQuality::Bicubic
        },
        ..Default::default()
    };
    let stretch = Transform::from_scale(rect.width / width as f32, rect.height / height as f32)
        .post_translate(rect.x, rect.y)
        .post_scale(DENSITY, DENSITY);
    pixmap.draw_pixmap(0, 0, source.as_ref(), &quality, stretch, None);
}
