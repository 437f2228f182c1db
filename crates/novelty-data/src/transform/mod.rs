mod augment;
mod contrast;
mod geometry;
mod intensity;
mod pipeline;
mod warp;

use ndarray::Array3;
use novelty_core::{ImageShape, InputError, Sample};

use crate::DataError;

pub use augment::{Augment, AugmentConfig};
pub use contrast::{ContrastNormalise, ContrastNormaliseConfig, global_contrast_normalise};
pub use geometry::{CentreCrop, Resize};
pub use intensity::{Gray, Normalise, SymmetricRange};
pub use pipeline::{Pipeline, Step};
pub(crate) use warp::{Affine, warp_image, warp_mask};

/// Changes samples as they are read; see [`Map`](crate::Map).
///
/// A transform that moves pixels moves those of the mask too. What it does to a sample follows
/// from the sample, its position in the dataset and the settings alone, so that neither the
/// order of reading nor the number of threads matters.
pub trait Transform: Send + Sync {
    /// The shape that images of shape `input` come out with.
    ///
    /// # Errors
    /// If the transform cannot take such images.
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError>;

    /// Changes `sample`, which lies at `index` of its dataset.
    ///
    /// # Errors
    /// If the transform cannot take this image.
    fn apply(&self, sample: Sample, index: usize) -> Result<Sample, DataError>;
}

impl<T: Transform + ?Sized> Transform for &T {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        (**self).output_shape(input)
    }

    fn apply(&self, sample: Sample, index: usize) -> Result<Sample, DataError> {
        (**self).apply(sample, index)
    }
}

/// Changes the image alone, value by value.
fn with_image(mut sample: Sample, change: impl FnOnce(&mut Array3<f32>)) -> Sample {
    change(&mut sample.image);
    sample
}
