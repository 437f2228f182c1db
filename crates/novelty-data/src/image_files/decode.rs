use std::any::Any;
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use ndarray::{Array2, Array3};
use novelty_core::ImageShape;

use super::config::{Colour, Filter, ImageReadConfig};
use super::fault::ImageFault;
use super::raster::Raster;
use crate::DataError;

/// Bytes a pixel takes at most as stored: four channels of 32 bits, and as much for tables.
const MAX_PIXEL_BYTES: u64 = 32;

/// Bytes that even an image of one pixel may have: profiles, comments, thumbnails.
const MAX_METADATA: u64 = 16 << 20;

/// Reads one image file as a dataset with these settings would: decoded, converted to the
/// colour, resized; `(channels, height, width)` in `[0, 1]`.
///
/// The content decides about the format, not the name. 8-bit values are divided by 255, 16-bit
/// ones by 65,535; palettes and fewer bits are expanded; floating-point TIFF is taken as it is.
/// Resizing and gray happen in the stored depth, as in Pillow. An orientation tag of a camera
/// is not applied.
///
/// # Errors
/// [`DataError::Image`] with what is wrong, [`DataError::Io`] if the file cannot be read. What
/// the header claims is held against `max_pixels` and against what so many bytes can hold
/// before memory is taken for it.
pub fn read_image(
    path: impl AsRef<Path>,
    config: &ImageReadConfig,
) -> Result<Array3<f32>, DataError> {
    config.validate()?;
    let path = path.as_ref();
    Ok(read_raster(path, config).map_err(DataError::image(path))?.0.to_image())
}

/// Decodes an image file that is in memory, as stored.
pub(crate) fn decode_bytes(bytes: &[u8]) -> Result<Array3<f32>, ImageFault> {
    let (raster, _) = decode(bytes, u64::from(u32::MAX))?;
    Ok(raster.to_image())
}

/// Decodes, and the stored `(height, width)`.
pub(super) fn read_raster(
    path: &Path,
    config: &ImageReadConfig,
) -> Result<(Raster, (usize, usize)), ImageFault> {
    let bytes = file_bytes(path, config.max_pixels)?;
    let (raster, _) = decode(&bytes, config.max_pixels)?;
    let stored = (raster.height, raster.width);
    Ok((raster.with_colour(config.colour).resized(config.size, config.filter), stored))
}

/// Reads a mask; true where it is marked.
pub(super) fn read_mask(
    path: &Path,
    config: &ImageReadConfig,
    stored: (usize, usize),
) -> Result<Array2<bool>, ImageFault> {
    let bytes = file_bytes(path, config.max_pixels)?;
    let (raster, format) = decode(&bytes, config.max_pixels)?;
    if (raster.height, raster.width) != stored {
        return Err(ImageFault::MaskSize {
            height: stored.0,
            width: stored.1,
            got_height: raster.height,
            got_width: raster.width,
        });
    }
    let raster = raster.resized(config.size, Filter::Nearest);
    Ok(raster.to_mask(format == ImageFormat::Jpeg))
}

/// The shape an image will have, from its header alone.
pub(super) fn read_shape(path: &Path, config: &ImageReadConfig) -> Result<ImageShape, ImageFault> {
    let file = open(path)?;
    let len = file.metadata().map_err(ImageFault::Io)?.len();
    let reader = std::io::BufReader::new(file);
    let (decoder, _) = checked_decoder(reader, len, config.max_pixels)?;
    let (width, height) = decoder.dimensions();
    let channels = match config.colour {
        Colour::Gray => 1,
        Colour::Rgb => 3,
        Colour::AsStored if decoder.color_type().has_color() => 3,
        Colour::AsStored => 1,
    };
    let (height, width) = config.size.unwrap_or((height as usize, width as usize));
    Ok(ImageShape { channels, height, width })
}

/// Decodes the bytes of an image file.
fn decode(bytes: &[u8], max_pixels: u64) -> Result<(Raster, ImageFormat), ImageFault> {
    // Decoders are large and meet arbitrary bytes: what they must not do is end the program.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let (decoder, format) =
            checked_decoder(Cursor::new(bytes), bytes.len() as u64, max_pixels)?;
        let image = DynamicImage::from_decoder(decoder).map_err(decode_fault)?;
        Ok((Raster::from_decoded(image), format))
    }));
    let (raster, format) = outcome.unwrap_or_else(|panic| Err(panic_fault(panic.as_ref())))?;
    raster.ensure_finite()?;
    Ok((raster, format))
}

fn checked_decoder<'a, R: std::io::BufRead + std::io::Seek + 'a>(
    source: R,
    file_len: u64,
    max_pixels: u64,
) -> Result<(impl ImageDecoder + 'a, ImageFormat), ImageFault> {
    let mut reader = ImageReader::new(source).with_guessed_format().map_err(ImageFault::Io)?;
    let format = reader.format().filter(|&format| max_ratio(format).is_some());
    let Some(format) = format else { return Err(format_fault(reader.into_inner())) };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(max_pixels.saturating_mul(MAX_PIXEL_BYTES));
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(decode_fault)?;
    check_size(&decoder, format, file_len, max_pixels)?;
    Ok((decoder, format))
}

fn check_size(
    decoder: &impl ImageDecoder,
    format: ImageFormat,
    got: u64,
    limit: u64,
) -> Result<(), ImageFault> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(ImageFault::NoPixels { width, height });
    }
    if pixels > limit {
        return Err(ImageFault::TooManyPixels { width, height, limit });
    }
    let bits = pixels * u64::from(decoder.original_color_type().bits_per_pixel());
    let (format, ratio) = max_ratio(format).unwrap_or(("this format", 1));
    if bits / 8 > got.saturating_mul(ratio) {
        return Err(ImageFault::BeyondCompression { width, height, got, format });
    }
    Ok(())
}

/// The most bytes that a byte of a file can stand for: deflate's bound for PNG; one bit for a
/// block of 64 pixels of the least sampled JPEG; runs of 255 for BMP; the longest strings of
/// LZW for TIFF. `None` for formats that are not read.
fn max_ratio(format: ImageFormat) -> Option<(&'static str, u64)> {
    match format {
        ImageFormat::Png => Some(("PNG", 1032)),
        ImageFormat::Jpeg => Some(("JPEG", 4096)),
        ImageFormat::Bmp => Some(("BMP", 512)),
        ImageFormat::Tiff => Some(("TIFF", 4096)),
        _ => None,
    }
}

fn format_fault(mut source: impl Read) -> ImageFault {
    let mut got = Vec::new();
    match source.by_ref().take(8).read_to_end(&mut got) {
        Ok(_) => ImageFault::Format { got },
        Err(error) => ImageFault::Io(error),
    }
}

fn decode_fault(error: image::ImageError) -> ImageFault {
    match error {
        image::ImageError::IoError(error) if error.raw_os_error().is_some() => {
            ImageFault::Io(error)
        }
        error => ImageFault::Decode(error),
    }
}

fn panic_fault(panic: &(dyn Any + Send)) -> ImageFault {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    ImageFault::Decoder { message: text.unwrap_or_else(|| "no message".to_owned()) }
}

/// Opening a pipe would wait for a writer, so the kind is looked at first.
fn open(path: &Path) -> Result<File, ImageFault> {
    if !fs::metadata(path).map_err(ImageFault::Io)?.is_file() {
        return Err(ImageFault::NotAFile);
    }
    File::open(path).map_err(ImageFault::Io)
}

fn file_bytes(path: &Path, max_pixels: u64) -> Result<Vec<u8>, ImageFault> {
    let file = open(path)?;
    let got = file.metadata().map_err(ImageFault::Io)?.len();
    if got > max_pixels.saturating_mul(MAX_PIXEL_BYTES).saturating_add(MAX_METADATA) {
        return Err(ImageFault::TooLarge { got, max_pixels });
    }
    let mut bytes = Vec::with_capacity(got as usize);
    file.take(got).read_to_end(&mut bytes).map_err(ImageFault::Io)?;
    Ok(bytes)
}
