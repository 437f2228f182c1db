use std::path::Path;

use crate::atomic_file::write_atomic;
use crate::error::Result;
use crate::picture::Picture;
use crate::scene::Scene;

/// A drawing that goes into a page as SVG and into files as PNG or SVG.
///
/// Implemented by the figures of this crate; what they draw is checked when they are drawn.
pub trait Figure: Draw {
    /// What the figure shows, in words, for those who cannot see it.
    fn alt(&self) -> String {
        self.describe()
    }

    /// The figure as an SVG file that follows the viewer's light or dark scheme.
    ///
    /// # Errors
    ///
    /// What is wrong with the figure's data, with the title, the series and the position.
    fn to_svg(&self) -> Result<String> {
        self.draw(Canvas::Wide)?.to_svg(&self.describe())
    }

    /// The figure as a PNG file on a white ground, two pixels for each of the layout.
    ///
    /// # Errors
    ///
    /// As [`to_svg`](Self::to_svg), and [`ReportError::TooLarge`](crate::ReportError::TooLarge).
    fn to_png(&self) -> Result<Vec<u8>> {
        self.draw(Canvas::Wide)?.to_picture(&self.name())?.to_png()
    }

    /// The figure as rows of pixels, to be put together with others.
    ///
    /// # Errors
    ///
    /// As [`to_png`](Self::to_png).
    fn to_picture(&self) -> Result<Picture> {
        self.draw(Canvas::Wide)?.to_picture(&self.name())
    }

    /// Saves [`to_png`](Self::to_png) whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`to_png`](Self::to_png) and [`write_atomic`].
    fn save_png(&self, path: impl AsRef<Path>) -> Result<()>
    where
        Self: Sized,
    {
        write_atomic(path, self.to_png()?)
    }

    /// Saves [`to_svg`](Self::to_svg) whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`to_svg`](Self::to_svg) and [`write_atomic`].
    fn save_svg(&self, path: impl AsRef<Path>) -> Result<()>
    where
        Self: Sized,
    {
        write_atomic(path, self.to_svg()?)
    }
}

impl<T: Draw> Figure for T {}

/// How much room a drawing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canvas {
    /// Files, and pages on a desk.
    Wide,
    /// A telephone, where the wide drawing's text would shrink below reading size.
    Narrow,
}

impl Canvas {
    /// The width of a drawing, and the height of the area its data gets.
    pub(crate) fn size(self) -> (f32, f32) {
        match self {
            Self::Wide => (540.0, 250.0),
            Self::Narrow => (330.0, 220.0),
        }
    }
}

/// The part of a figure that only this crate implements.
pub trait Draw {
    /// The title.
    fn name(&self) -> String;

    /// The figure in words.
    fn describe(&self) -> String;

    /// The drawing.
    ///
    /// # Errors
    ///
    /// What is wrong with the data.
    fn draw(&self, canvas: Canvas) -> Result<Scene>;

    /// The figure as part of a page: both drawings, of which the page shows the one that fits.
    ///
    /// # Errors
    ///
    /// As [`draw`](Self::draw).
    fn to_html(&self) -> Result<String> {
        let alt = self.describe();
        let wide = self.draw(Canvas::Wide)?.to_inline_svg(&alt, "wide")?;
        let narrow = self.draw(Canvas::Narrow)?.to_inline_svg(&alt, "narrow")?;
        Ok(format!("<div class=\"plot\">{wide}{narrow}</div>"))
    }

    /// Whether the figure wants a page's whole width, rather than half of it.
    fn is_wide(&self) -> bool {
        false
    }
}
