use std::io;

use novelty_core::ImageShape;
use thiserror::Error;

/// What is wrong with an image file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImageFault {
    /// Reading failed.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// It is a folder, a pipe or a device.
    #[error("is not a regular file")]
    NotAFile,
    /// Its content is none of the formats that are read.
    #[error("starts with {got:02x?}; PNG, JPEG, BMP and TIFF are read")]
    Format {
        /// The first bytes, at most eight.
        got: Vec<u8>,
    },
    /// The header claims an image of no pixels.
    #[error("claims {width} x {height} pixels; an image has at least one")]
    NoPixels {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The header claims more pixels than the settings allow.
    #[error("claims {width} x {height} pixels, more than the {limit} that are allowed")]
    TooManyPixels {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// `max_pixels` of the settings.
        limit: u64,
    },
    /// The file is larger than any image of the allowed number of pixels.
    #[error("has {got} bytes, more than an image of {max_pixels} pixels needs")]
    TooLarge {
        /// Bytes of the file.
        got: u64,
        /// `max_pixels` of the settings.
        max_pixels: u64,
    },
    /// The header claims more pixels than the bytes of the file can hold, however compressed.
    #[error("claims {width} x {height} pixels, which {got} bytes of {format} cannot hold")]
    BeyondCompression {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes of the file.
        got: u64,
        /// The format.
        format: &'static str,
    },
    /// The decoder gave up.
    #[error("is damaged: {0}")]
    Decode(image::ImageError),
    /// The decoder panicked. That is a fault of the decoder, reported as one of the file.
    #[error("made the decoder fail: {message}")]
    Decoder {
        /// What the decoder said.
        message: String,
    },
    /// A pixel of a floating-point image is NaN or infinite.
    #[error("holds {value} at position {index}; every value must be finite")]
    NotFinite {
        /// The position among its values.
        index: usize,
        /// The value.
        value: f32,
    },
    /// The image has another shape than the dataset.
    #[error("is {got}, the dataset {expected}; set a size or a colour to read both")]
    Shape {
        /// The dataset's shape.
        expected: ImageShape,
        /// The image's shape.
        got: ImageShape,
    },
    /// A mask does not fit its image.
    #[error("is a mask of {got_height} x {got_width} for an image of {height} x {width}")]
    MaskSize {
        /// Rows of the image.
        height: usize,
        /// Columns of the image.
        width: usize,
        /// Rows of the mask.
        got_height: usize,
        /// Columns of the mask.
        got_width: usize,
    },
}
