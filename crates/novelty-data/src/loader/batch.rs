use ndarray::{Array2, Array4};
use novelty_core::{Dataset, Sample};

use crate::{BadImages, DataError};

/// Samples that go through a model together.
#[derive(Debug)]
#[non_exhaustive]
pub struct Batch {
    /// `(n, channels, height, width)`.
    pub images: Array4<f32>,
    /// Where each sample lies in the dataset.
    pub indices: Vec<usize>,
    /// Whether each sample is anomalous, where the dataset knows.
    pub is_anomalous: Vec<Option<bool>>,
    /// The class of each sample, where the dataset knows.
    pub classes: Vec<Option<usize>>,
    /// The mask of each sample, where there is one.
    pub masks: Vec<Option<Array2<bool>>>,
    /// The samples that were left out because they could not be read, with the reason.
    pub skipped: Vec<(usize, DataError)>,
}

/// Reads the samples at `indices`; `None` if `stop` said so before the end.
pub(super) fn read_batch<D: Dataset>(
    dataset: &D,
    indices: Vec<usize>,
    bad_images: BadImages,
    stop: impl Fn() -> bool,
) -> Option<Result<Batch, DataError>>
where
    D::Error: Into<DataError>,
{
    let mut building = Building::new(indices.len());
    for index in indices {
        if stop() {
            return None;
        }
        match read_sample(dataset, index) {
            Ok(sample) => building.push(index, sample),
            Err(error) if bad_images == BadImages::Skip => {
                tracing::warn!(index, %error, "skipped a sample that cannot be read");
                building.skipped.push((index, error));
            }
            Err(error) => return Some(Err(error)),
        }
    }
    let shape = dataset.image_shape();
    Some(building.finish([shape.channels, shape.height, shape.width]))
}

fn read_sample<D: Dataset>(dataset: &D, index: usize) -> Result<Sample, DataError>
where
    D::Error: Into<DataError>,
{
    let sample = dataset.get(index).map_err(Into::into)?;
    let (expected, got) = (dataset.image_shape(), sample.image_shape());
    if expected == got { Ok(sample) } else { Err(DataError::SampleShape { index, expected, got }) }
}

#[derive(Default)]
struct Building {
    values: Vec<f32>,
    indices: Vec<usize>,
    is_anomalous: Vec<Option<bool>>,
    classes: Vec<Option<usize>>,
    masks: Vec<Option<Array2<bool>>>,
    skipped: Vec<(usize, DataError)>,
    n_planned: usize,
}

impl Building {
    fn new(n_planned: usize) -> Self {
        Self { n_planned, ..Self::default() }
    }

    fn push(&mut self, index: usize, sample: Sample) {
        if self.values.is_empty() {
            // The first sample is there, so its size is no mere claim.
            self.values.reserve_exact(sample.image.len().saturating_mul(self.n_planned));
        }
        match sample.image.as_slice() {
            Some(values) => self.values.extend_from_slice(values),
            None => self.values.extend(sample.image.iter()),
        }
        self.indices.push(index);
        self.is_anomalous.push(sample.is_anomalous);
        self.classes.push(sample.class);
        self.masks.push(sample.mask);
    }

    fn finish(self, [channels, height, width]: [usize; 3]) -> Result<Batch, DataError> {
        let dim = (self.indices.len(), channels, height, width);
        let got = vec![self.values.len()];
        let images = Array4::from_shape_vec(dim, self.values).map_err(|_| {
            let expected = vec![dim.0, channels, height, width];
            novelty_core::InputError::Shape { place: "a batch", expected, got }
        })?;
        Ok(Batch {
            images,
            indices: self.indices,
            is_anomalous: self.is_anomalous,
            classes: self.classes,
            masks: self.masks,
            skipped: self.skipped,
        })
    }
}
