use novelty_core::{Dataset, ImageShape, Sample};

use super::concat::ensure_shape;
use crate::{DataError, LabelledDataset, Transform};

/// A dataset whose samples pass through a [`Transform`] as they are read.
///
/// Classes and labels are those of the dataset underneath.
#[derive(Debug, Clone)]
pub struct Map<D, T> {
    dataset: D,
    transform: T,
    shape: ImageShape,
}

impl<D: Dataset, T: Transform> Map<D, T> {
    /// Passes every sample of `dataset` through `transform`.
    ///
    /// # Errors
    /// If the transform cannot take images of this shape.
    pub fn new(dataset: D, transform: T) -> Result<Self, DataError> {
        let shape = transform.output_shape(dataset.image_shape())?;
        Ok(Self { dataset, transform, shape })
    }

    /// The dataset underneath.
    pub fn inner(&self) -> &D {
        &self.dataset
    }

    /// What the samples pass through.
    pub fn transform(&self) -> &T {
        &self.transform
    }
}

impl<D: Dataset, T: Transform> Dataset for Map<D, T>
where
    D::Error: Into<DataError>,
{
    type Error = DataError;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn image_shape(&self) -> ImageShape {
        self.shape
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        let sample = self.dataset.get(index).map_err(Into::into)?;
        let sample = self.transform.apply(sample, index)?;
        ensure_shape("the transform's result", self.shape, sample.image_shape())?;
        Ok(sample)
    }
}

impl<D: LabelledDataset, T: Transform> LabelledDataset for Map<D, T>
where
    D::Error: Into<DataError>,
{
    fn class(&self, index: usize) -> Option<usize> {
        self.dataset.class(index)
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        self.dataset.is_anomalous(index)
    }
}
