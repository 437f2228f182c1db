use novelty_core::{Dataset, ImageShape, InputError, Sample};

use crate::{DataError, LabelledDataset};

/// Several datasets of one shape, one after the other.
///
/// Datasets of different types go together as `Arc<dyn Dataset<Error = DataError>>`.
#[derive(Debug, Clone)]
pub struct Concat<D> {
    datasets: Vec<D>,
    /// Where each dataset ends.
    ends: Vec<usize>,
    shape: ImageShape,
}

impl<D: Dataset> Concat<D> {
    /// Puts `datasets` one after the other.
    ///
    /// # Errors
    /// If there is none, or their images have different shapes.
    pub fn new(datasets: Vec<D>) -> Result<Self, DataError> {
        let Some(first) = datasets.first() else {
            return Err(InputError::Empty { place: "datasets" }.into());
        };
        let shape = first.image_shape();
        let mut ends = Vec::with_capacity(datasets.len());
        for dataset in &datasets {
            ensure_shape("datasets", shape, dataset.image_shape())?;
            ends.push(ends.last().copied().unwrap_or(0) + dataset.len());
        }
        Ok(Self { datasets, ends, shape })
    }

    /// The datasets.
    pub fn datasets(&self) -> &[D] {
        &self.datasets
    }

    /// The dataset that holds sample `index`, and its position there.
    fn locate(&self, index: usize) -> Option<(&D, usize)> {
        let part = self.ends.partition_point(|&end| end <= index);
        let dataset = self.datasets.get(part)?;
        let start = part.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some((dataset, index - start))
    }
}

pub(super) fn ensure_shape(
    place: &'static str,
    expected: ImageShape,
    got: ImageShape,
) -> Result<(), InputError> {
    if expected == got {
        return Ok(());
    }
    let dims = |shape: ImageShape| vec![shape.channels, shape.height, shape.width];
    Err(InputError::Shape { place, expected: dims(expected), got: dims(got) })
}

impl<D: Dataset> Dataset for Concat<D>
where
    D::Error: Into<DataError>,
{
    type Error = DataError;

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn image_shape(&self) -> ImageShape {
        self.shape
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        let len = self.len();
        let (dataset, at) = self.locate(index).ok_or(DataError::Index { index, len })?;
        dataset.get(at).map_err(Into::into)
    }
}

impl<D: LabelledDataset> LabelledDataset for Concat<D>
where
    D::Error: Into<DataError>,
{
    fn class(&self, index: usize) -> Option<usize> {
        self.locate(index).and_then(|(dataset, at)| dataset.class(at))
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        self.locate(index).and_then(|(dataset, at)| dataset.is_anomalous(at))
    }
}
