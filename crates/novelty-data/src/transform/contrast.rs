use ndarray::Array3;
use novelty_core::{Dataset, Fit, ImageShape, InputError, Sample};
use rayon::prelude::*;

use super::{Transform, with_image};
use crate::DataError;

/// Global contrast normalisation with the L1 scale: from every value of an image its mean over
/// all pixels and channels is subtracted, and the result divided by its mean absolute value.
///
/// An image of one value becomes zeros: it has no contrast to normalise.
pub fn global_contrast_normalise(image: &mut Array3<f32>) {
    let n = image.len().max(1) as f64;
    let mean = image.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let scale = image.iter().map(|&x| (f64::from(x) - mean).abs()).sum::<f64>() / n;
    // Rounding leaves no less than this of an image that is not constant.
    let is_constant = scale <= f64::from(f32::EPSILON) * mean.abs() * 0.5;
    image.mapv_inplace(|x| if is_constant { 0.0 } else { ((f64::from(x) - mean) / scale) as f32 });
}

/// Learns [`ContrastNormalise`] from the training samples of the normal class.
///
/// This is the preprocessing of Deep SVDD (Ruff et al., ICML 2018): global contrast
/// normalisation, then scaling by the smallest and largest value that the training samples of
/// the normal class have after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ContrastNormaliseConfig {}

impl ContrastNormaliseConfig {
    /// There is nothing to set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<D> Fit<&D> for ContrastNormaliseConfig
where
    D: Dataset + Sync,
    D::Error: Into<DataError>,
{
    type Fitted = ContrastNormalise;
    type Error = DataError;

    /// Reads every sample once.
    ///
    /// # Errors
    /// If there is no sample, one cannot be read, or all values are the same.
    fn fit(&self, dataset: &D) -> Result<ContrastNormalise, DataError> {
        let extremes = (0..dataset.len()).into_par_iter().map(|index| {
            let mut image = dataset.get(index).map_err(Into::into)?.image;
            global_contrast_normalise(&mut image);
            let range = (f32::INFINITY, f32::NEG_INFINITY);
            Ok(image.iter().fold(range, |(min, max), &x| (min.min(x), max.max(x))))
        });
        let (min, max) = extremes.try_reduce(
            || (f32::INFINITY, f32::NEG_INFINITY),
            |a, b| Ok::<_, DataError>((a.0.min(b.0), a.1.max(b.1))),
        )?;
        if dataset.is_empty() {
            return Err(InputError::Empty { place: "the dataset" }.into());
        }
        Ok(ContrastNormalise::from_range(min, max)?)
    }
}

/// Global contrast normalisation, then `(x - min) / (max - min)` with the extremes of the
/// training samples. Other samples may leave `[0, 1]`; they are not clipped.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredContrastNormalise"))]
pub struct ContrastNormalise {
    min: f32,
    max: f32,
}

/// What a checkpoint holds, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct StoredContrastNormalise {
    min: f32,
    max: f32,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredContrastNormalise> for ContrastNormalise {
    type Error = InputError;

    fn try_from(raw: StoredContrastNormalise) -> Result<Self, InputError> {
        Self::from_range(raw.min, raw.max)
    }
}

impl ContrastNormalise {
    /// With extremes that are known, such as published ones.
    ///
    /// # Errors
    /// If they are not finite, or `min` is not below `max`.
    pub fn from_range(min: f32, max: f32) -> Result<Self, InputError> {
        if min.is_finite() && max.is_finite() && min < max {
            return Ok(Self { min, max });
        }
        Err(InputError::setting("range", format!("{min} to {max}"), "finite and not empty"))
    }

    /// The smallest value of the training samples after contrast normalisation.
    #[must_use]
    pub fn min(&self) -> f32 {
        self.min
    }

    /// The largest value of the training samples after contrast normalisation.
    #[must_use]
    pub fn max(&self) -> f32 {
        self.max
    }
}

impl Transform for ContrastNormalise {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        Ok(input)
    }

    fn apply(&self, sample: Sample, _index: usize) -> Result<Sample, DataError> {
        Ok(with_image(sample, |image| {
            global_contrast_normalise(image);
            image.mapv_inplace(|x| (x - self.min) / (self.max - self.min));
        }))
    }
}
