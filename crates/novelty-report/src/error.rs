use std::path::PathBuf;

use thiserror::Error;

/// Why a figure or a page could not be made or saved.
///
/// Figures are named by their title, series by their name.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A figure, or one of its parts, has nothing to draw.
    #[error("{figure:?}: {part} is empty")]
    Empty {
        /// The figure's title.
        figure: String,
        /// The part without content.
        part: String,
    },
    /// A value is NaN or infinite.
    #[error("{figure:?}: {part} holds {value} at position {index}; every value must be finite")]
    NotFinite {
        /// The figure's title.
        figure: String,
        /// The series, group or image.
        part: String,
        /// The position of the first such value.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A value on a logarithmic axis is zero or negative.
    #[error(
        "{figure:?}: {part} holds {value} at position {index}; a logarithmic axis needs values above 0"
    )]
    NotPositive {
        /// The figure's title.
        figure: String,
        /// The series or group.
        part: String,
        /// The position of the first such value.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A line goes back in x.
    #[error(
        "{figure:?}: {part} goes back from {previous} to {value} at position {index}; it must not decrease"
    )]
    Unsorted {
        /// The figure's title.
        figure: String,
        /// The series.
        part: String,
        /// The position of the first value below its predecessor.
        index: usize,
        /// The predecessor.
        previous: f64,
        /// The value.
        value: f64,
    },
    /// Two things that belong together have different lengths.
    #[error("{figure:?}: {part} has {got} entries, expected {expected}")]
    Length {
        /// The figure's or table's title.
        figure: String,
        /// The part.
        part: String,
        /// The length needed.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// A setting or a value lies outside its range.
    #[error("{figure:?}: {part} is {value}; it must be {range}")]
    OutOfRange {
        /// The figure's title.
        figure: String,
        /// The setting.
        part: String,
        /// Its value.
        value: String,
        /// The range it must lie in.
        range: &'static str,
    },
    /// An image has another number of channels than 1 (gray) or 3 (RGB).
    #[error(
        "an image of shape {shape:?} has {channels} channels; 1 (gray) or 3 (RGB) can be drawn"
    )]
    Channels {
        /// The shape, `[channels, height, width]`.
        shape: [usize; 3],
        /// The number of channels.
        channels: usize,
    },
    /// An image without pixels.
    #[error("{place} of shape {shape:?} has no pixels")]
    NoPixels {
        /// Which image or map.
        place: &'static str,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A pixel is NaN or infinite.
    #[error("{place} holds {value} at position {index}; every pixel must be finite")]
    Pixel {
        /// Which image or map.
        place: &'static str,
        /// The position of the first such pixel, in logical (row-major) order.
        index: usize,
        /// The value.
        value: f32,
    },
    /// A map or mask is not of its image's height and width.
    #[error("{place} is {got:?} (height, width), its image {expected:?}")]
    MapSize {
        /// The map or mask.
        place: &'static str,
        /// The image's height and width.
        expected: (usize, usize),
        /// The map's height and width.
        got: (usize, usize),
    },
    /// A figure is larger than a PNG of it may be.
    #[error("{figure:?}: a PNG of {width} x {height} pixels is too large to draw")]
    TooLarge {
        /// The figure's title.
        figure: String,
        /// The width in pixels.
        width: u64,
        /// The height in pixels.
        height: u64,
    },
    /// The PNG encoder failed.
    #[error("encoding a PNG failed: {0}")]
    Png(#[from] png::EncodingError),
    /// The bundled font could not be read.
    #[error("the bundled font could not be read: {0}")]
    Font(#[from] ttf_parser::FaceParsingError),
    /// The page's template failed.
    #[error("writing the page failed: {0}")]
    Template(#[from] askama::Error),
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

pub(crate) type Result<T> = std::result::Result<T, ReportError>;
