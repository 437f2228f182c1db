use image::DynamicImage;
use ndarray::{Array2, Array3};

use super::config::{Colour, Filter};
use super::fault::ImageFault;
use super::resize::resize;

/// Pixels as stored, alpha dropped: row by row, the channels of a pixel side by side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raster {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// 1 or 3.
    pub(crate) channels: usize,
    pub(crate) values: Values,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    U8(Vec<u8>),
    U16(Vec<u16>),
    F32(Vec<f32>),
}

impl Raster {
    pub(super) fn from_decoded(image: DynamicImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (channels, values) = match image {
            DynamicImage::ImageLuma8(image) => (1, Values::U8(image.into_raw())),
            DynamicImage::ImageLumaA8(image) => (1, Values::U8(without_alpha::<2, _>(&image))),
            DynamicImage::ImageRgb8(image) => (3, Values::U8(image.into_raw())),
            DynamicImage::ImageRgba8(image) => (3, Values::U8(without_alpha::<4, _>(&image))),
            DynamicImage::ImageLuma16(image) => (1, Values::U16(image.into_raw())),
            DynamicImage::ImageLumaA16(image) => (1, Values::U16(without_alpha::<2, _>(&image))),
            DynamicImage::ImageRgb16(image) => (3, Values::U16(image.into_raw())),
            DynamicImage::ImageRgba16(image) => (3, Values::U16(without_alpha::<4, _>(&image))),
            other => (3, Values::F32(other.into_rgb32f().into_raw())),
        };
        Self { height, width, channels, values }
    }

    pub(super) fn ensure_finite(&self) -> Result<(), ImageFault> {
        let Values::F32(values) = &self.values else { return Ok(()) };
        match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            Some((index, &value)) => Err(ImageFault::NotFinite { index, value }),
            None => Ok(()),
        }
    }

    pub(super) fn with_colour(self, colour: Colour) -> Self {
        match (colour, self.channels) {
            (Colour::Gray, 3) => self.gray(),
            (Colour::Rgb, 1) => self.tripled(),
            _ => self,
        }
    }

    pub(super) fn resized(self, size: Option<(usize, usize)>, filter: Filter) -> Self {
        match size {
            Some(size) if size != (self.height, self.width) => resize(&self, size, filter),
            _ => self,
        }
    }

    fn gray(self) -> Self {
        let values = match &self.values {
            Values::U8(values) => Values::U8(triples(values).map(gray_u8).collect()),
            Values::U16(values) => Values::U16(triples(values).map(gray_u16).collect()),
            Values::F32(values) => Values::F32(
                triples(values).map(|[r, g, b]| 0.299 * r + 0.587 * g + 0.114 * b).collect(),
            ),
        };
        Self { channels: 1, values, ..self }
    }

    fn tripled(self) -> Self {
        let values = match &self.values {
            Values::U8(values) => Values::U8(values.iter().flat_map(|&v| [v; 3]).collect()),
            Values::U16(values) => Values::U16(values.iter().flat_map(|&v| [v; 3]).collect()),
            Values::F32(values) => Values::F32(values.iter().flat_map(|&v| [v; 3]).collect()),
        };
        Self { channels: 3, values, ..self }
    }

    /// `(channels, height, width)`; integers divided by their largest value.
    pub(super) fn to_image(&self) -> Array3<f32> {
        let values = match &self.values {
            Values::U8(values) => self.planes(values, |v| f32::from(v) / 255.0),
            Values::U16(values) => self.planes(values, |v| f32::from(v) / 65535.0),
            Values::F32(values) => self.planes(values, |v| v),
        };
        let shape = (self.channels, self.height, self.width);
        // One value a pixel and channel by construction, so the second case cannot come about.
        Array3::from_shape_vec(shape, values).unwrap_or_else(|_| Array3::zeros(shape))
    }

    fn planes<T: Copy>(&self, values: &[T], convert: impl Fn(T) -> f32) -> Vec<f32> {
        if self.channels == 1 {
            return values.iter().map(|&value| convert(value)).collect();
        }
        let mut planes = Vec::with_capacity(values.len());
        for channel in 0..3 {
            planes.extend(values.as_chunks::<3>().0.iter().map(|pixel| convert(pixel[channel])));
        }
        planes
    }

    /// True where any channel is not zero, or, after lossy compression, at least half.
    pub(super) fn to_mask(&self, is_lossy: bool) -> Array2<bool> {
        let flags: Vec<bool> = match &self.values {
            Values::U8(values) => {
                let least = if is_lossy { 128 } else { 1 };
                values.iter().map(|&v| v >= least).collect()
            }
            Values::U16(values) => values.iter().map(|&v| v > 0).collect(),
            Values::F32(values) => values.iter().map(|&v| v > 0.0).collect(),
        };
        Array2::from_shape_fn((self.height, self.width), |(y, x)| {
            let first = (y * self.width + x) * self.channels;
            flags[first..first + self.channels].contains(&true)
        })
    }
}

fn triples<T: Copy>(values: &[T]) -> impl Iterator<Item = [T; 3]> + '_ {
    values.as_chunks::<3>().0.iter().copied()
}

/// The fixed-point arithmetic of Pillow's `convert("L")`.
fn gray_u8([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 19595 + u32::from(g) * 38470 + u32::from(b) * 7471 + 0x8000) >> 16) as u8
}

fn gray_u16([r, g, b]: [u16; 3]) -> u16 {
    ((u64::from(r) * 19595 + u64::from(g) * 38470 + u64::from(b) * 7471 + 0x8000) >> 16) as u16
}

fn without_alpha<const N: usize, T: Copy>(values: &[T]) -> Vec<T> {
    values.as_chunks::<N>().0.iter().flat_map(|pixel| pixel[..N - 1].iter().copied()).collect()
}
