use std::error::Error;

use ndarray::{Array1, Array4, Axis, s};
use thiserror::Error;

use crate::{Dataset, ImageShape, Images, InputError, Score, ScoreObserver};

/// The scores of a dataset, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetScores {
    /// One score a sample.
    pub scores: Array1<f32>,
    /// Whether each sample is anomalous, where the dataset knows.
    pub labels: Vec<Option<bool>>,
}

/// Why a dataset could not be scored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScoreDatasetError<S: Error + 'static, D: Error + 'static> {
    /// The batch size is zero.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A sample could not be read.
    #[error("sample {index} could not be read")]
    Read {
        /// The sample.
        index: usize,
        /// Why.
        #[source]
        source: D,
    },
    /// A sample has another shape than its dataset says.
    #[error("sample {index} is {got}, its dataset says {expected}")]
    SampleShape {
        /// The sample.
        index: usize,
        /// What the dataset says.
        expected: ImageShape,
        /// What came.
        got: ImageShape,
    },
    /// The scorer failed.
    #[error("samples {first} to {last} could not be scored")]
    Score {
        /// The first sample of the batch.
        first: usize,
        /// The last sample of the batch.
        last: usize,
        /// Why.
        #[source]
        source: S,
    },
    /// The scorer did not return one score a sample.
    #[error("the scorer gave {got} scores for {expected} samples")]
    Count {
        /// Samples in the batch.
        expected: usize,
        /// Scores that came.
        got: usize,
    },
    /// The observer ended it.
    #[error("cancelled after {done} of {total} samples")]
    Cancelled {
        /// Samples scored.
        done: usize,
        /// Samples in all.
        total: usize,
    },
}

/// Scores a dataset of any size in batches; memory is bounded by one batch.
///
/// # Errors
/// If `batch_size` is 0, a sample cannot be read or has another shape than the dataset says,
/// the scorer fails, or the observer ends it. See [`ScoreDatasetError`].
pub fn score_dataset<S, D, O, E>(
    scorer: &S,
    dataset: &D,
    batch_size: usize,
    observer: &mut O,
) -> Result<DatasetScores, ScoreDatasetError<E, D::Error>>
where
    S: for<'a> Score<Images<'a>, Error = E> + ?Sized,
    D: Dataset + ?Sized,
    O: ScoreObserver + ?Sized,
    E: Error + Send + Sync + 'static,
{
    if batch_size == 0 {
        return Err(InputError::setting("batch_size", batch_size, "at least 1").into());
    }
    let (total, shape) = (dataset.len(), dataset.image_shape());
    let mut scores = Vec::with_capacity(total);
    let mut labels = Vec::with_capacity(total);
    let rows = batch_size.min(total);
    let mut batch = Array4::zeros((rows, shape.channels, shape.height, shape.width));
    for first in (0..total).step_by(batch_size) {
        let last = total.min(first + batch_size);
        for index in first..last {
            let label = read_into(dataset, index, shape, &mut batch, index - first)?;
            labels.push(label);
        }
        let images = batch.slice(s![..last - first, .., .., ..]);
        let part = scorer.score(images).map_err(|source| ScoreDatasetError::Score {
            first,
            last: last - 1,
            source,
        })?;
        if part.len() != last - first {
            return Err(ScoreDatasetError::Count { expected: last - first, got: part.len() });
        }
        scores.extend(part);
        if observer.on_scored(last, total).is_break() {
            return Err(ScoreDatasetError::Cancelled { done: last, total });
        }
    }
    Ok(DatasetScores { scores: scores.into(), labels })
}

fn read_into<D: Dataset + ?Sized, E: Error + 'static>(
    dataset: &D,
    index: usize,
    shape: ImageShape,
    batch: &mut Array4<f32>,
    row: usize,
) -> Result<Option<bool>, ScoreDatasetError<E, D::Error>> {
    let sample = dataset.get(index).map_err(|source| ScoreDatasetError::Read { index, source })?;
    let got = sample.image_shape();
    if got != shape {
        return Err(ScoreDatasetError::SampleShape { index, expected: shape, got });
    }
    batch.index_axis_mut(Axis(0), row).assign(&sample.image);
    Ok(sample.is_anomalous)
}
