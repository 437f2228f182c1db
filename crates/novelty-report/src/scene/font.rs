//! The bundled font: outlines for PNG files, widths for the layout of both outputs.

use ttf_parser::{Face, GlyphId};

use crate::error::Result;

const REGULAR: &[u8] = include_bytes!("../../fonts/Roboto-Regular.ttf");
const MEDIUM: &[u8] = include_bytes!("../../fonts/Roboto-Medium.ttf");

/// The widest a character of the font is, for when the font cannot be asked.
const WIDEST_EM: f32 = 0.9;

pub(crate) struct Font {
    face: Face<'static>,
}

impl Font {
    pub(crate) fn new(strong: bool) -> Result<Self> {
        Ok(Self { face: Face::parse(if strong { MEDIUM } else { REGULAR }, 0)? })
    }

    /// Font units to pixels, at a text size.
    pub(crate) fn scale(&self, size: f32) -> f32 {
        size / f32::from(self.face.units_per_em())
    }

    /// The glyph of a character, or the replacement box.
    pub(crate) fn glyph(&self, character: char) -> GlyphId {
        self.face.glyph_index(character).unwrap_or(GlyphId(0))
    }

    /// How far a glyph moves the pen, in font units.
    pub(crate) fn advance(&self, glyph: GlyphId) -> f32 {
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0))
    }

    pub(crate) fn outline(&self, glyph: GlyphId, builder: &mut dyn ttf_parser::OutlineBuilder) {
        // Nothing to outline is what a space has.
        let _ = self.face.outline_glyph(glyph, builder);
    }

    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(self.glyph(c))).sum::<f32>() * self.scale(size)
    }
}

/// The width of a text in pixels, in the bundled font.
///
/// A browser draws with another one: the layout leaves room for wider ones.
pub(crate) fn text_width(text: &str, size: f32, strong: bool) -> f32 {
    match Font::new(strong) {
        Ok(font) => font.width(text, size),
        Err(_) => text.chars().count() as f32 * WIDEST_EM * size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_knows_what_figures_write() {
        for strong in [false, true] {
            let font = Font::new(strong).unwrap();
            for c in ('!'..='~').chain("−×·±µµσéüß…–—≤≥".chars()) {
                assert_ne!(font.glyph(c), GlyphId(0), "{c:?}");
            }
            assert_eq!(font.glyph('漢'), GlyphId(0));
        }
    }

    #[test]
    fn widths_add_up_and_follow_the_size() {
        let (a, b, ab) = (
            text_width("a", 10.0, false),
            text_width("b", 10.0, false),
            text_width("ab", 20.0, false),
        );
        assert!(a > 0.0 && (2.0 * (a + b) - ab).abs() < 1e-3);
    }
}
