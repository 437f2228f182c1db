use ndarray::{Array4, Axis};
use novelty_core::{Dataset, ImageShape, Images, InputError, Sample, ensure_finite};

use crate::{DataError, LabelledDataset};

/// Images that are in memory already.
#[derive(Debug, Clone)]
pub struct InMemoryDataset {
    images: Array4<f32>,
    classes: Option<Vec<usize>>,
    is_anomalous: Option<Vec<bool>>,
}

impl InMemoryDataset {
    /// A dataset of `images`, `(n, channels, height, width)`.
    ///
    /// # Errors
    /// If a value is NaN or infinite.
    pub fn new(images: Array4<f32>) -> Result<Self, DataError> {
        ensure_finite("images", &images)?;
        Ok(Self { images, classes: None, is_anomalous: None })
    }

    /// Says which class each image has.
    ///
    /// # Errors
    /// If there is not one class an image.
    pub fn classes(mut self, classes: Vec<usize>) -> Result<Self, DataError> {
        self.ensure_length("classes", classes.len())?;
        self.classes = Some(classes);
        Ok(self)
    }

    /// Says whether each image is anomalous.
    ///
    /// # Errors
    /// If there is not one label an image.
    pub fn is_anomalous(mut self, is_anomalous: Vec<bool>) -> Result<Self, DataError> {
        self.ensure_length("is_anomalous", is_anomalous.len())?;
        self.is_anomalous = Some(is_anomalous);
        Ok(self)
    }

    /// All images.
    #[must_use]
    pub fn images(&self) -> Images<'_> {
        self.images.view()
    }

    fn ensure_length(&self, left: &'static str, left_len: usize) -> Result<(), InputError> {
        let right_len = self.images.len_of(Axis(0));
        if left_len == right_len {
            return Ok(());
        }
        Err(InputError::Length { left, left_len, right: "images", right_len })
    }
}

impl Dataset for InMemoryDataset {
    type Error = DataError;

    fn len(&self) -> usize {
        self.images.len_of(Axis(0))
    }

    fn image_shape(&self) -> ImageShape {
        let (_, channels, height, width) = self.images.dim();
        ImageShape { channels, height, width }
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        DataError::check_index(index, self.len())?;
        let mut sample = Sample::new(self.images.index_axis(Axis(0), index).to_owned());
        sample.class = LabelledDataset::class(self, index);
        sample.is_anomalous = LabelledDataset::is_anomalous(self, index);
        Ok(sample)
    }
}

impl LabelledDataset for InMemoryDataset {
    fn class(&self, index: usize) -> Option<usize> {
        self.classes.as_ref().and_then(|classes| classes.get(index).copied())
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        self.is_anomalous.as_ref().and_then(|labels| labels.get(index).copied())
    }
}
