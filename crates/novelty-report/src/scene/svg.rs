use std::fmt::Write;

use super::{Anchor, Fill, MARGIN, Mark, Point, Rect, Scene, Symbol, Text};
use crate::error::Result;
use crate::palette;

/// A text made safe inside XML and HTML, as content and as attribute.
///
/// Control characters, which XML forbids, become U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

impl Scene {
    /// The drawing as an SVG file, with its own style sheet.
    pub(crate) fn to_svg(&self, alt: &str) -> Result<String> {
        let style = format!(
            "<style>{}</style><rect width=\"100%\" height=\"100%\" class=\"f-surface\"/>",
            palette::css()
        );
        let whole = Rect { x: 0.0, y: 0.0, width: self.width, height: self.height };
        self.svg(alt, "nv", whole, &style)
    }

    /// The drawing as an element of a page that has the style sheet, and margins of its own.
    pub(crate) fn to_inline_svg(&self, alt: &str, class: &str) -> Result<String> {
        let (x, y) = (MARGIN, 0.5 * MARGIN);
        let trimmed = Rect { x, y, width: self.width - 2.0 * x, height: self.height - y };
        self.svg(alt, &format!("nv {class}"), trimmed, "")
    }

    fn svg(&self, alt: &str, class: &str, view: Rect, head: &str) -> Result<String> {
        let Rect { x, y, width, height } = view;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" \
             viewBox=\"{x} {y} {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" aria-label=\"{}\">{head}",
            escape(alt)
        );
        for mark in &self.marks {
            write_mark(&mut svg, mark)?;
        }
        svg.push_str("</svg>");
        Ok(svg)
    }
}

// `write!` into a string cannot fail, hence the discarded results below.

fn write_mark(svg: &mut String, mark: &Mark) -> Result<()> {
    match mark {
        Mark::Line { points, stroke } => {
            let dash = if stroke.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            let _ = write!(
                svg,
                "<path class=\"line s-{}\" stroke-width=\"{}\"{dash} d=\"{}\"/>",
                stroke.paint.class(),
                stroke.width,
                path(points)
            );
        }
        Mark::Area { points, fill } => {
            let _ = write!(svg, "<path {} d=\"{}Z\"/>", fill_attributes(*fill), path(points));
        }
        Mark::Rect { rect, fill } => {
            let _ = write!(svg, "<rect {} {}/>", rect_attributes(*rect), fill_attributes(*fill));
        }
        Mark::Symbols { points, symbol, radius, fill } => {
            let d = symbols(points, *symbol, *radius);
            let _ = write!(svg, "<path {} d=\"{d}\"/>", fill_attributes(*fill));
        }
        Mark::Text(text) => write_text(svg, text),
        Mark::Picture { rect, picture } => {
            let _ = write!(
                svg,
                "<image {} preserveAspectRatio=\"none\" style=\"image-rendering:{}\" href=\"{}\"/>",
                rect_attributes(*rect),
                if picture.upscaled_to(rect.width) { "pixelated" } else { "auto" },
                picture.data_uri()?
            );
        }
    }
    Ok(())
}

fn write_text(svg: &mut String, text: &Text) {
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let _ = write!(
        svg,
        "<text class=\"f-{}{}\" x=\"{:.1}\" y=\"{:.1}\" font-size=\"{}\"{anchor}{}>{}</text>",
        text.paint.class(),
        if text.halo { " halo" } else { "" },
        text.at.0,
        text.at.1,
        text.size,
        if text.strong { " font-weight=\"600\"" } else { "" },
        escape(&text.text)
    );
}

fn fill_attributes(fill: Fill) -> String {
    let class = fill.paint.class();
    if fill.opacity < 1.0 {
        format!("class=\"f-{class}\" fill-opacity=\"{}\"", fill.opacity)
    } else {
        format!("class=\"f-{class}\"")
    }
}

fn rect_attributes(rect: Rect) -> String {
    format!(
        "x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"",
        rect.x, rect.y, rect.width, rect.height
    )
}

fn path(points: &[Point]) -> String {
    let mut d = String::with_capacity(points.len() * 12);
    for (i, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
    }
    d
}

fn symbols(points: &[Point], symbol: Symbol, radius: f32) -> String {
    let corners = symbol.corners(radius);
    let mut d = String::with_capacity(points.len() * 40);
    for (x, y) in points {
        if corners.is_empty() {
            let (r, across) = (radius, 2.0 * radius);
            let _ =
                write!(d, "M{:.1} {y:.1}a{r} {r} 0 1 0 {across} 0a{r} {r} 0 1 0-{across} 0", x - r);
        }
        for (i, (dx, dy)) in corners.iter().enumerate() {
            let _ = write!(d, "{}{:.1} {:.1}", if i == 0 { 'M' } else { 'L' }, x + dx, y + dy);
        }
        d.push('Z');
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_markup_quotes_and_controls() {
        assert_eq!(
            escape("<a b=\"c\" d='e'>&\u{0}\u{1b}é"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\u{fffd}\u{fffd}é"
        );
    }
}
