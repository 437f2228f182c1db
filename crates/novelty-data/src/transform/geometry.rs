use ndarray::{Array2, Array3, Axis, s};
use novelty_core::{ImageShape, InputError, Sample};

use super::Transform;
use crate::image_files::resize_plane;
use crate::{DataError, Filter};

/// Resizes images, and masks by the nearest pixel.
///
/// Works on `f32`. To resize image files, [`ImageReadConfig::size`](crate::ImageReadConfig::size)
/// is faster: it works on the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Resize {
    /// Rows of the result, at least 1.
    pub height: usize,
    /// Columns of the result, at least 1.
    pub width: usize,
    /// The kernel.
    pub filter: Filter,
}

impl Resize {
    /// To `height` x `width`, bilinear.
    #[must_use]
    pub fn new(height: usize, width: usize) -> Self {
        Self { height, width, filter: Filter::Bilinear }
    }

    /// Sets the kernel.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }
}

impl Transform for Resize {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        let (height, width) = (self.height, self.width);
        let is_side = |side| (1..=1 << 16).contains(&side);
        if !is_side(height) || !is_side(width) {
            let value = format!("{height}x{width}");
            return Err(InputError::setting("size", value, "1 to 65536 a side"));
        }
        if input.height == 0 || input.width == 0 {
            return Err(InputError::Empty { place: "the image to resize" });
        }
        Ok(ImageShape { channels: input.channels, height, width })
    }

    fn apply(&self, mut sample: Sample, _index: usize) -> Result<Sample, DataError> {
        let shape = self.output_shape(sample.image_shape())?;
        let (_, rows, columns) = sample.image.dim();
        if (rows, columns) == (self.height, self.width) {
            return Ok(sample);
        }
        let mut resized = Array3::zeros((shape.channels, self.height, self.width));
        for (from, mut to) in sample.image.outer_iter().zip(resized.outer_iter_mut()) {
            let plane: Vec<f32> = from.iter().copied().collect();
            let size = (self.height, self.width);
            let values = resize_plane(&plane, (rows, columns), size, self.filter);
            to.iter_mut().zip(values).for_each(|(to, value)| *to = value);
        }
        sample.image = resized;
        sample.mask = sample.mask.map(|mask| self.nearest(&mask));
        Ok(sample)
    }
}

impl Resize {
    fn nearest(&self, mask: &Array2<bool>) -> Array2<bool> {
        let (rows, columns) = mask.dim();
        // The pixel whose area holds the centre of the target pixel.
        let source = |to: usize, n_to: usize, n_from: usize| (2 * to + 1) * n_from / (2 * n_to);
        Array2::from_shape_fn((self.height, self.width), |(y, x)| {
            let at = (source(y, self.height, rows), source(x, self.width, columns));
            mask.get(at).copied().unwrap_or(false)
        })
    }
}

/// Keeps the middle of images and masks; where a margin is odd, the upper left part is smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CentreCrop {
    /// Rows to keep.
    pub height: usize,
    /// Columns to keep.
    pub width: usize,
}

impl CentreCrop {
    /// Keeps `height` x `width`.
    #[must_use]
    pub fn new(height: usize, width: usize) -> Self {
        Self { height, width }
    }
}

impl Transform for CentreCrop {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        let (height, width) = (self.height, self.width);
        if height == 0 || width == 0 || height > input.height || width > input.width {
            let value = format!("{height}x{width}");
            return Err(InputError::setting("crop", value, "1 to the image's size a side"));
        }
        Ok(ImageShape { channels: input.channels, height, width })
    }

    fn apply(&self, mut sample: Sample, _index: usize) -> Result<Sample, DataError> {
        let input = sample.image_shape();
        self.output_shape(input)?;
        let (top, left) = ((input.height - self.height) / 2, (input.width - self.width) / 2);
        let (rows, columns) = (top..top + self.height, left..left + self.width);
        sample.image = sample.image.slice(s![.., rows.clone(), columns.clone()]).to_owned();
        if let Some(mask) = &sample.mask {
            let fits = mask.len_of(Axis(0)) == input.height && mask.len_of(Axis(1)) == input.width;
            sample.mask = fits.then(|| mask.slice(s![rows, columns]).to_owned());
        }
        Ok(sample)
    }
}
