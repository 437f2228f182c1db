use ndarray::parallel::prelude::*;
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

    /// Reads a whole dataset, on all threads, with its classes and labels where every sample has
    /// one. Memory is four bytes a value: `n * channels * height * width * 4`.
    ///
    /// ```
    /// use novelty_data::{InMemoryDataset, InspectionConfig, MvtecDataset, Split};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let root = dir.path().join("inspection");
    /// InspectionConfig::new().side(32).n_train(4).n_test_good(2).n_per_defect(1).write(&root)?;
    /// let good = InMemoryDataset::read(&MvtecDataset::open(&root, "washer", Split::Train)?)?;
    /// assert_eq!(good.images().dim(), (4, 3, 32, 32));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a sample cannot be read, is of another shape than the dataset says, or holds a value that
    /// is NaN or infinite; if there is no memory for all.
    pub fn read<D>(dataset: &D) -> Result<Self, DataError>
    where
        D: LabelledDataset + Sync,
        D::Error: Into<DataError>,
    {
        let n = dataset.len();
        let mut images = crate::memory::zero_images(n, dataset.image_shape())?;
        images.axis_iter_mut(Axis(0)).into_par_iter().enumerate().try_for_each(
            |(i, mut image)| -> Result<(), DataError> {
                let sample = dataset.get(i).map_err(Into::into)?;
                if sample.image.dim() != image.dim() {
                    let (expected, got) = (image.shape().to_vec(), sample.image.shape().to_vec());
                    return Err(InputError::Shape { place: "image", expected, got }.into());
                }
                image.assign(&sample.image);
                Ok(())
            },
        )?;
        Ok(Self {
            classes: (0..n).map(|i| dataset.class(i)).collect(),
            is_anomalous: (0..n).map(|i| dataset.is_anomalous(i)).collect(),
            ..Self::new(images)?
        })
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

    /// Whether each image is anomalous, if that is known of all.
    #[must_use]
    pub fn labels(&self) -> Option<&[bool]> {
        self.is_anomalous.as_deref()
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
