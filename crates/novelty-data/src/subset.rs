use novelty_core::{Dataset, ImageShape, Sample};

use crate::{DataError, LabelledDataset};

/// Some samples of a dataset, in an order of their own.
#[derive(Debug, Clone)]
pub struct Subset<D> {
    dataset: D,
    indices: Vec<usize>,
}

impl<D: Dataset> Subset<D> {
    /// The samples of `dataset` at `indices`, in that order; indices may repeat.
    ///
    /// # Errors
    /// [`DataError::Index`] if there is no such sample.
    pub fn new(dataset: D, indices: Vec<usize>) -> Result<Self, DataError> {
        let len = dataset.len();
        indices.iter().try_for_each(|&index| DataError::check_index(index, len))?;
        Ok(Self { dataset, indices })
    }

    /// Where each sample lies in the dataset underneath.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// The dataset underneath.
    pub fn inner(&self) -> &D {
        &self.dataset
    }
}

impl<D: Dataset> Dataset for Subset<D>
where
    D::Error: Into<DataError>,
{
    type Error = DataError;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn image_shape(&self) -> ImageShape {
        self.dataset.image_shape()
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        DataError::check_index(index, self.len())?;
        self.dataset.get(self.indices[index]).map_err(Into::into)
    }
}

impl<D: LabelledDataset> LabelledDataset for Subset<D>
where
    D::Error: Into<DataError>,
{
    fn class(&self, index: usize) -> Option<usize> {
        self.indices.get(index).and_then(|&index| self.dataset.class(index))
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        self.indices.get(index).and_then(|&index| self.dataset.is_anomalous(index))
    }
}
