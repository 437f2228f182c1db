use ndarray::{Array3, Axis, Zip};
use novelty_core::{ImageShape, InputError, Sample};

use super::{Transform, with_image};
use crate::DataError;

/// One channel from three: `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601). Gray images stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Gray;

impl Transform for Gray {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        if input.channels != 1 && input.channels != 3 {
            return Err(InputError::setting("channels", input.channels, "1 or 3"));
        }
        Ok(ImageShape { channels: 1, ..input })
    }

    fn apply(&self, mut sample: Sample, _index: usize) -> Result<Sample, DataError> {
        let shape = self.output_shape(sample.image_shape())?;
        if sample.image_shape().channels == 1 {
            return Ok(sample);
        }
        let mut gray = Array3::zeros((1, shape.height, shape.width));
        let channel = |c: usize| sample.image.index_axis(Axis(0), c);
        Zip::from(gray.index_axis_mut(Axis(0), 0))
            .and(channel(0))
            .and(channel(1))
            .and(channel(2))
            .for_each(|gray, r, g, b| *gray = 0.299 * r + 0.587 * g + 0.114 * b);
        sample.image = gray;
        Ok(sample)
    }
}

/// `(x - mean) / std`, each channel with its own.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredNormalise"))]
pub struct Normalise {
    mean: Vec<f32>,
    std: Vec<f32>,
}

/// What a checkpoint holds, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct StoredNormalise {
    mean: Vec<f32>,
    std: Vec<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredNormalise> for Normalise {
    type Error = InputError;

    fn try_from(raw: StoredNormalise) -> Result<Self, InputError> {
        Self::new(raw.mean, raw.std)
    }
}

impl Normalise {
    /// One mean and one standard deviation a channel.
    ///
    /// # Errors
    /// If there is not one of each a channel, a value is not finite, or a deviation not above 0.
    pub fn new(mean: Vec<f32>, std: Vec<f32>) -> Result<Self, InputError> {
        if mean.len() != std.len() {
            let (left, left_len, right, right_len) = ("mean", mean.len(), "std", std.len());
            return Err(InputError::Length { left, left_len, right, right_len });
        }
        if let Some(value) = mean.iter().find(|value| !value.is_finite()) {
            return Err(InputError::setting("mean", value, "finite"));
        }
        if let Some(value) = std.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
            return Err(InputError::setting("std", value, "finite and above 0"));
        }
        Ok(Self { mean, std })
    }

    /// The mean of each channel.
    #[must_use]
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// The standard deviation of each channel.
    #[must_use]
    pub fn std(&self) -> &[f32] {
        &self.std
    }
}

impl Transform for Normalise {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        let (left_len, right_len) = (self.mean.len(), input.channels);
        if left_len == right_len {
            return Ok(input);
        }
        Err(InputError::Length { left: "mean", left_len, right: "the image's channels", right_len })
    }

    fn apply(&self, sample: Sample, _index: usize) -> Result<Sample, DataError> {
        self.output_shape(sample.image_shape())?;
        Ok(with_image(sample, |image| {
            for ((mut channel, mean), std) in image.outer_iter_mut().zip(&self.mean).zip(&self.std)
            {
                channel.mapv_inplace(|x| (x - mean) / std);
            }
        }))
    }
}

/// `2 x - 1`: from `[0, 1]` to `[-1, 1]`, as networks that end in tanh need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SymmetricRange;

impl Transform for SymmetricRange {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        Ok(input)
    }

    fn apply(&self, sample: Sample, _index: usize) -> Result<Sample, DataError> {
        Ok(with_image(sample, |image| image.mapv_inplace(|x| 2.0 * x - 1.0)))
    }
}
