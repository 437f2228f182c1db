use std::sync::Arc;

use novelty_core::{Dataset, ImageShape, Sample};

use crate::DataError;

/// A dataset that knows its labels without reading an image, as protocols need.
pub trait LabelledDataset: Dataset {
    /// The class of sample `index`; `None` if it has none or there is no such sample.
    fn class(&self, index: usize) -> Option<usize>;

    /// Whether sample `index` is anomalous; `None` if nobody said or there is no such sample.
    fn is_anomalous(&self, index: usize) -> Option<bool>;
}

impl<D: LabelledDataset + ?Sized> LabelledDataset for &D {
    fn class(&self, index: usize) -> Option<usize> {
        (**self).class(index)
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        (**self).is_anomalous(index)
    }
}

impl<D: LabelledDataset + ?Sized> LabelledDataset for Arc<D> {
    fn class(&self, index: usize) -> Option<usize> {
        (**self).class(index)
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        (**self).is_anomalous(index)
    }
}

/// A dataset in which one class is normal and every other anomalous.
#[derive(Debug, Clone)]
pub struct OneClass<D> {
    dataset: D,
    normal_class: usize,
}

impl<D: LabelledDataset> OneClass<D> {
    /// Calls `normal_class` normal. A sample without a class keeps the label it had.
    pub fn new(dataset: D, normal_class: usize) -> Self {
        Self { dataset, normal_class }
    }

    /// The class that is normal.
    pub fn normal_class(&self) -> usize {
        self.normal_class
    }

    /// The dataset underneath.
    pub fn inner(&self) -> &D {
        &self.dataset
    }
}

impl<D: LabelledDataset> Dataset for OneClass<D>
where
    D::Error: Into<DataError>,
{
    type Error = DataError;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn image_shape(&self) -> ImageShape {
        self.dataset.image_shape()
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        let mut sample = self.dataset.get(index).map_err(Into::into)?;
        sample.is_anomalous = self.is_anomalous(index);
        Ok(sample)
    }
}

impl<D: LabelledDataset> LabelledDataset for OneClass<D>
where
    D::Error: Into<DataError>,
{
    fn class(&self, index: usize) -> Option<usize> {
        self.dataset.class(index)
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        match self.dataset.class(index) {
            Some(class) => Some(class != self.normal_class),
            None => self.dataset.is_anomalous(index),
        }
    }
}
