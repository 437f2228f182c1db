use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use novelty_core::{Dataset, ImageShape, Sample};

use crate::{DataError, LabelledDataset};

/// A dataset that keeps the samples it has read, up to a number of bytes.
///
/// What is in stays in: where not everything fits, shuffled epochs find the same share of it
/// every time, while throwing out the oldest would find next to nothing.
#[derive(Debug)]
pub struct Cached<D> {
    dataset: D,
    samples: Vec<OnceLock<Sample>>,
    max_bytes: usize,
    used: AtomicUsize,
}

impl<D: Dataset> Cached<D> {
    /// Keeps samples of `dataset`, in at most `max_bytes` of images and masks.
    pub fn new(dataset: D, max_bytes: usize) -> Self {
        let samples = (0..dataset.len()).map(|_| OnceLock::new()).collect();
        Self { dataset, samples, max_bytes, used: AtomicUsize::new(0) }
    }

    /// The dataset underneath.
    pub fn inner(&self) -> &D {
        &self.dataset
    }

    /// Bytes of images and masks that are kept.
    pub fn used_bytes(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn keep(&self, slot: &OnceLock<Sample>, sample: &Sample) {
        let bytes = sample_bytes(sample);
        let reserve = |used: usize| used.checked_add(bytes).filter(|&sum| sum <= self.max_bytes);
        let is_reserved =
            self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, reserve).is_ok();
        if is_reserved && slot.set(sample.clone()).is_err() {
            // Another thread read the same sample at the same time and was first.
            self.used.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

fn sample_bytes(sample: &Sample) -> usize {
    let mask = sample.mask.as_ref().map_or(0, |mask| mask.len());
    sample.image.len() * size_of::<f32>() + mask
}

impl<D: Dataset> Dataset for Cached<D>
where
    D::Error: Into<DataError>,
{
    type Error = DataError;

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn image_shape(&self) -> ImageShape {
        self.dataset.image_shape()
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        DataError::check_index(index, self.len())?;
        let slot = &self.samples[index];
        if let Some(sample) = slot.get() {
            return Ok(sample.clone());
        }
        let sample = self.dataset.get(index).map_err(Into::into)?;
        self.keep(slot, &sample);
        Ok(sample)
    }
}

impl<D: LabelledDataset> LabelledDataset for Cached<D>
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
