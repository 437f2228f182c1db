use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use ndarray::{Array3, Axis};
use novelty_core::InputError;

use super::apply::Parameters;
use crate::DataError;
use crate::image_files::decode_bytes;

/// Through the encoder and back; the picture becomes one of 8 bits.
pub(super) fn compress(image: &mut Array3<f32>, quality: u8) -> Result<Parameters, DataError> {
    let (channels, height, width) = image.dim();
    let side = |len: usize| u16::try_from(len).map(u32::from);
    let (Ok(rows), Ok(columns)) = (side(height), side(width)) else {
        let value = format!("{height}x{width}");
        return Err(
            InputError::setting("image size", value, "at most 65535 a side for JPEG").into()
        );
    };
    let interleaved = image.view().permuted_axes([1, 2, 0]);
    let bytes: Vec<u8> =
        interleaved.iter().map(|x| (x.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
    let colour = if channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
    let mut file = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut file, quality);
    let outcome = encoder.write_image(&bytes, columns, rows, colour);
    let decoded = outcome.map_err(crate::ImageFault::Decode).and_then(|()| decode_bytes(&file));
    let decoded = decoded.map_err(|fault| DataError::Source(Box::new(fault)))?;
    // The encoder's own file; its shape is that of the picture.
    for (mut plane, from) in image.axis_iter_mut(Axis(0)).zip(decoded.axis_iter(Axis(0))) {
        plane.assign(&from);
    }
    Ok(vec![("quality", f64::from(quality)), ("bytes", file.len() as f64)])
}
