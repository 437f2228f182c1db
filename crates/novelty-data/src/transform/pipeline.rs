use novelty_core::{ImageShape, InputError, Sample};

use super::{CentreCrop, ContrastNormalise, Gray, Normalise, Resize, SymmetricRange, Transform};
use crate::DataError;

/// One transform of a [`Pipeline`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Step {
    /// Resizing.
    Resize(Resize),
    /// Keeping the middle.
    CentreCrop(CentreCrop),
    /// One channel from three.
    Gray(Gray),
    /// Mean and standard deviation.
    Normalise(Normalise),
    /// Contrast normalisation with the statistics of the training samples.
    ContrastNormalise(ContrastNormalise),
    /// To `[-1, 1]`.
    SymmetricRange(SymmetricRange),
}

impl Step {
    fn as_transform(&self) -> &dyn Transform {
        match self {
            Self::Resize(step) => step,
            Self::CentreCrop(step) => step,
            Self::Gray(step) => step,
            Self::Normalise(step) => step,
            Self::ContrastNormalise(step) => step,
            Self::SymmetricRange(step) => step,
        }
    }
}

macro_rules! from_step {
    ($($name:ident),*) => {$(
        impl From<$name> for Step {
            fn from(step: $name) -> Self {
                Self::$name(step)
            }
        }
    )*};
}

from_step!(Resize, CentreCrop, Gray, Normalise, ContrastNormalise, SymmetricRange);

/// Transforms one after the other. With the feature `serde` it is what a checkpoint keeps, so
/// that new images meet the statistics of the training.
///
/// ```
/// use novelty_core::ImageShape;
/// use novelty_data::{CentreCrop, Gray, Pipeline, Resize, Transform};
///
/// let pipeline = Pipeline::new().then(Gray).then(Resize::new(160, 160)).then(CentreCrop::new(128, 128));
/// let shape = pipeline.output_shape(ImageShape::new(3, 1024, 900))?;
/// assert_eq!(shape, ImageShape::new(1, 128, 128));
/// # Ok::<(), novelty_core::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pipeline {
    steps: Vec<Step>,
}

impl Pipeline {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a transform at the end.
    #[must_use]
    pub fn then(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// The transforms in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl Transform for Pipeline {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        self.steps.iter().try_fold(input, |shape, step| step.as_transform().output_shape(shape))
    }

    fn apply(&self, sample: Sample, index: usize) -> Result<Sample, DataError> {
        self.steps.iter().try_fold(sample, |sample, step| step.as_transform().apply(sample, index))
    }
}
