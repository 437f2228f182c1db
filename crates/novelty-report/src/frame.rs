//! What charts have in common: title, legend, axes, grid, and the room for the data.

use crate::axis::{Extent, Kind, Scale, labels, ticks};
use crate::figure::Canvas;
use crate::palette::Paint;
use crate::scene::{
    Anchor, Fill, MARGIN, Mark, Point, Rect, Scene, Stroke, Symbol, Text, text_width,
};

pub(crate) const TEXT: f32 = 13.0;
const TITLE: f32 = 15.5;
const LINE_HEIGHT: f32 = 20.0;
/// Pixels of an axis that one tick needs.
const X_ROOM: f32 = 58.0;
const Y_ROOM: f32 = 42.0;
/// A page's font may be this much wider than the bundled one.
const SLACK: f32 = 1.18;

/// One axis before it knows its pixels.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) kind: Kind,
    pub(crate) extent: Extent,
    /// Names at the whole numbers from 0, instead of ticks.
    names: Option<Vec<String>>,
}

impl Axis {
    pub(crate) fn new(label: &str, kind: Kind, extent: Extent) -> Self {
        Self { label: label.to_owned(), kind, extent, names: None }
    }

    /// The axis with a name at each whole number from 0 instead of ticks.
    pub(crate) fn named(mut self, names: &[String]) -> Self {
        self.names = Some(names.to_vec());
        self
    }
}

/// How a legend shows an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Line { dashed: bool },
    Block,
    Symbol(Symbol),
}

#[derive(Debug, Clone)]
pub(crate) struct LegendEntry {
    pub(crate) name: String,
    pub(crate) paint: Paint,
    pub(crate) key: Key,
}

/// A started drawing: everything around the data.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) scene: Scene,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    pub(crate) area: Rect,
}

impl Frame {
    pub(crate) fn new(
        canvas: Canvas,
        title: &str,
        x: &Axis,
        y: &Axis,
        legend: &[LegendEntry],
    ) -> Self {
        Self::sized(canvas.size(), title, x, y, legend)
    }

    /// A frame of a width, and of the height that its head and data area of a height need.
    pub(crate) fn sized(
        (width, area_height): (f32, f32),
        title: &str,
        x: &Axis,
        y: &Axis,
        legend: &[LegendEntry],
    ) -> Self {
        let mut scene = Scene::new(width, 0.0);
        let top = draw_head(&mut scene, title, &y.label, legend);
        let bottom = top + area_height;
        scene.height = (bottom + if x.label.is_empty() { 30.0 } else { 52.0 }).ceil();
        let (y_ticks, y_texts) = tick_texts(y, bottom - top, Y_ROOM);
        let left = MARGIN + 6.0 + widest(&y_texts).min(0.4 * width);
        let area = Rect { x: left, y: top, width: width - left - 20.0, height: bottom - top };
        let mut frame = Self {
            scene,
            x: Scale::new(x.kind, x.extent, area.x, area.right()),
            y: Scale::new(y.kind, y.extent, area.bottom(), area.y),
            area,
        };
        frame.draw_y_axis(y, &y_ticks, &y_texts);
        frame.draw_x_axis(x, y.names.is_some());
        frame
    }

    /// The scene, with the base line over the data.
    pub(crate) fn finish(mut self) -> Scene {
        let (left, right, bottom) = (self.area.x, self.area.right(), self.area.bottom());
        let stroke = Stroke { paint: Paint::Muted, width: 1.0, dashed: false };
        self.scene.line(vec![(left, bottom), (right, bottom)], stroke);
        self.scene
    }

    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        (self.x.at(x), self.y.at(y))
    }

    pub(crate) fn symbols(&mut self, points: Vec<Point>, symbol: Symbol, radius: f32, fill: Fill) {
        self.scene.marks.push(Mark::Symbols { points, symbol, radius, fill });
    }

    /// A dashed line from bottom to top with a label beside it, at the given row of labels.
    pub(crate) fn vertical_rule(&mut self, value: f64, label: &str, row: usize) {
        let x = self.x.at(value);
        let stroke = Stroke { paint: Paint::Ink, width: 1.5, dashed: true };
        self.scene.line(vec![(x, self.area.bottom()), (x, self.area.y)], stroke);
        let (label_x, anchor) = self.beside(x, label);
        let at = (label_x, self.area.y + 13.0 + row as f32 * LINE_HEIGHT);
        self.scene.text(Text::new(label, at, TEXT).anchor(anchor).ink().halo());
    }

    /// Shades a part of the x axis and writes a label at its foot, at the given row of labels.
    pub(crate) fn shade(&mut self, from: f64, to: f64, label: &str, row: usize) {
        let left = self.x.at(from).clamp(self.area.x, self.area.right());
        let right = self.x.at(to).clamp(self.area.x, self.area.right());
        let rect = Rect { x: left, width: right - left, ..self.area };
        self.scene.rect(rect, Fill { paint: Paint::Muted, opacity: 0.12 });
        let y = self.area.bottom() - 8.0 - row as f32 * LINE_HEIGHT;
        let (x, anchor) = self.beside(left, label);
        self.scene.text(Text::new(label, (x, y), TEXT).anchor(anchor).halo());
    }

    /// Where a label right of a position begins, or ends when there is no room.
    fn beside(&self, x: f32, label: &str) -> (f32, Anchor) {
        let room = text_width(label, TEXT, false) * SLACK + 6.0;
        if x + room > self.area.right() { (x - 6.0, Anchor::End) } else { (x + 6.0, Anchor::Start) }
    }

    /// A dashed line from left to right with a label above its right end.
    pub(crate) fn horizontal_rule(&mut self, value: f64, label: &str) {
        let y = self.y.at(value);
        let stroke = Stroke { paint: Paint::Ink, width: 1.5, dashed: true };
        self.scene.line(vec![(self.area.x, y), (self.area.right(), y)], stroke);
        let below = y - TEXT < self.area.y;
        let at = (self.area.right(), if below { y + TEXT + 3.0 } else { y - 6.0 });
        self.scene.text(Text::new(label, at, TEXT).anchor(Anchor::End).ink().halo());
    }

    fn draw_y_axis(&mut self, axis: &Axis, ticks: &[f64], texts: &[String]) {
        let room = self.area.x - MARGIN - 2.0;
        for (tick, text) in ticks.iter().zip(texts) {
            let y = self.y.at(*tick);
            if axis.names.is_none() {
                self.grid_line((self.area.x, y), (self.area.right(), y));
            }
            let at = (self.area.x - 8.0, y + 0.36 * TEXT);
            self.scene.text(Text::new(shortened(text, room, TEXT), at, TEXT).anchor(Anchor::End));
        }
    }

    fn draw_x_axis(&mut self, axis: &Axis, with_grid: bool) {
        let (ticks, texts) = tick_texts(axis, self.area.width, X_ROOM);
        let (top, bottom) = (self.area.y, self.area.bottom());
        for (tick, text) in ticks.iter().zip(texts) {
            let x = self.x.at(*tick);
            if with_grid {
                self.grid_line((x, top), (x, bottom));
            }
            let stroke = Stroke { paint: Paint::Muted, width: 1.0, dashed: false };
            self.scene.line(vec![(x, bottom), (x, bottom + 4.0)], stroke);
            self.scene.text(Text::new(text, (x, bottom + 18.0), TEXT).anchor(Anchor::Middle));
        }
        let at = (self.area.x + self.area.width / 2.0, bottom + 39.0);
        self.scene.text(Text::new(&axis.label, at, TEXT).anchor(Anchor::Middle));
    }

    fn grid_line(&mut self, from: Point, to: Point) {
        self.scene.line(vec![from, to], Stroke { paint: Paint::Grid, width: 1.0, dashed: false });
    }
}

/// Title, legend and y label from the top down; returns where the data may begin.
fn draw_head(scene: &mut Scene, title: &str, y_label: &str, legend: &[LegendEntry]) -> f32 {
    let mut y = draw_title(scene, title);
    if !legend.is_empty() {
        y = draw_legend(scene, legend, y) + LINE_HEIGHT + 4.0;
    }
    if !y_label.is_empty() {
        scene.text(Text::new(y_label, (MARGIN, y), TEXT));
        y += LINE_HEIGHT;
    }
    y - 6.0
}

/// The title from the top down; returns the base line of what comes next.
pub(crate) fn draw_title(scene: &mut Scene, title: &str) -> f32 {
    if title.is_empty() {
        return 24.0;
    }
    let lines = wrapped(title, scene.width - 2.0 * MARGIN, TITLE);
    for (i, line) in lines.iter().enumerate() {
        let at = (MARGIN, 24.0 + i as f32 * LINE_HEIGHT);
        scene.text(Text::new(line, at, TITLE).ink().strong());
    }
    28.0 + lines.len() as f32 * LINE_HEIGHT
}

/// Entries side by side, on as many lines as they need; returns the last line's height.
fn draw_legend(scene: &mut Scene, legend: &[LegendEntry], top: f32) -> f32 {
    let (mut x, mut y) = (MARGIN, top);
    for entry in legend {
        let name = shortened(&entry.name, scene.width - 2.0 * MARGIN - 26.0, TEXT);
        let width = 26.0 + text_width(&name, TEXT, false) * SLACK;
        if x > MARGIN && x + width > scene.width - MARGIN {
            (x, y) = (MARGIN, y + LINE_HEIGHT);
        }
        draw_key(scene, entry, (x, y - 0.35 * TEXT));
        scene.text(Text::new(name, (x + 24.0, y), TEXT));
        x += width + 16.0;
    }
    y
}

fn draw_key(scene: &mut Scene, entry: &LegendEntry, (x, y): Point) {
    match entry.key {
        Key::Line { dashed } => {
            scene.line(
                vec![(x, y), (x + 18.0, y)],
                Stroke { paint: entry.paint, width: 2.5, dashed },
            );
        }
        Key::Block => {
            let rect = Rect { x: x + 2.0, y: y - 5.5, width: 14.0, height: 11.0 };
            scene.rect(rect, Fill { paint: entry.paint, opacity: 0.75 });
        }
        Key::Symbol(symbol) => scene.marks.push(Mark::Symbols {
            points: vec![(x + 9.0, y)],
            symbol,
            radius: 4.5,
            fill: Fill::solid(entry.paint),
        }),
    }
}

fn tick_texts(axis: &Axis, length: f32, room: f32) -> (Vec<f64>, Vec<String>) {
    if let Some(names) = &axis.names {
        return ((0..names.len()).map(|i| i as f64).collect(), names.clone());
    }
    let ticks = ticks(axis.kind, axis.extent, (length / room) as usize);
    let texts = labels(axis.kind, &ticks);
    (ticks, texts)
}

fn widest(texts: &[String]) -> f32 {
    texts.iter().map(|text| text_width(text, TEXT, false) * SLACK).fold(0.0, f32::max)
}

/// The label of an axis in a sentence, or a word where it has none.
pub(crate) fn named<'a>(label: &'a str, otherwise: &'a str) -> &'a str {
    if label.is_empty() { otherwise } else { label }
}

/// The text, or its beginning and an ellipsis, in at most `room` pixels.
pub(crate) fn shortened(text: &str, room: f32, size: f32) -> String {
    if text_width(text, size, false) * SLACK <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if text_width(&format!("{kept}…"), size, false) * SLACK > room {
            kept.pop();
            break;
        }
    }
    kept.trim_end().to_owned() + "…"
}

/// A text in lines that fit, three at most.
pub(crate) fn wrapped(text: &str, room: f32, size: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let longer = if lines[last].is_empty() {
            word.to_owned()
        } else {
            format!("{} {word}", lines[last])
        };
        if text_width(&longer, size, true) * SLACK > room && !lines[last].is_empty() {
            if lines.len() == 3 {
                lines[last].push('…');
                break;
            }
            lines.push(word.to_owned());
        } else {
            lines[last] = longer;
        }
    }
    lines
}
