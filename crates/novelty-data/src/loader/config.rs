use std::num::NonZero;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use novelty_core::{Dataset, InputError};

use super::batch::Batch;
use super::queue::Queue;
use super::worker::work;
use crate::{BadImages, BatchConfig, DataError};

/// How batches are read ahead of their use.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoaderConfig {
    /// The size and order of the batches.
    pub batches: BatchConfig,
    /// Threads that read; as many as there are processors unless set.
    pub n_workers: usize,
    /// Batches that may be read ahead of the one in use, at least 1; two a worker unless set.
    /// They bound the memory.
    pub n_ahead: usize,
    /// What happens when a sample cannot be read; `Stop` unless set.
    pub bad_images: BadImages,
}

impl LoaderConfig {
    /// Reads `batches` on every processor.
    #[must_use]
    pub fn new(batches: BatchConfig) -> Self {
        let n_workers = thread::available_parallelism().map_or(1, NonZero::get);
        Self { batches, n_workers, n_ahead: 2 * n_workers, bad_images: BadImages::Stop }
    }

    /// Sets the number of threads that read.
    #[must_use]
    pub fn n_workers(mut self, n_workers: usize) -> Self {
        self.n_workers = n_workers;
        self
    }

    /// Sets the number of batches that may be read ahead.
    #[must_use]
    pub fn n_ahead(mut self, n_ahead: usize) -> Self {
        self.n_ahead = n_ahead;
        self
    }

    /// Sets what happens when a sample cannot be read.
    #[must_use]
    pub fn bad_images(mut self, bad_images: BadImages) -> Self {
        self.bad_images = bad_images;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If a number is 0, or there are more than 1,024 workers.
    pub fn validate(&self) -> Result<(), InputError> {
        self.batches.validate()?;
        if !(1..=1024).contains(&self.n_workers) {
            return Err(InputError::setting("n_workers", self.n_workers, "1 to 1024"));
        }
        if self.n_ahead == 0 {
            return Err(InputError::setting("n_ahead", self.n_ahead, "at least 1"));
        }
        Ok(())
    }
}

/// A dataset read in batches, on threads of its own, ahead of their use.
///
/// The order of the batches and what is in them follow from the seed and the epoch alone, not
/// from the number of threads.
///
/// ```
/// use ndarray::Array4;
/// use novelty_data::{BatchConfig, InMemoryDataset, Loader, LoaderConfig};
///
/// let dataset = InMemoryDataset::new(Array4::zeros((10, 1, 4, 4)))?;
/// let loader = Loader::new(dataset, &LoaderConfig::new(BatchConfig::new(4)))?;
/// let sizes: Result<Vec<_>, _> =
///     loader.epoch(0)?.map(|batch| batch.map(|batch| batch.indices.len())).collect();
/// assert_eq!(sizes?, [4, 4, 2]);
/// # Ok::<(), novelty_data::DataError>(())
/// ```
#[derive(Debug)]
pub struct Loader<D> {
    dataset: Arc<D>,
    config: LoaderConfig,
}

impl<D> Loader<D>
where
    D: Dataset + Send + Sync + 'static,
    D::Error: Into<DataError>,
{
    /// Reads `dataset` as `config` says. To use the dataset elsewhere too, hand over an `Arc`.
    ///
    /// # Errors
    /// If a setting is out of range.
    pub fn new(dataset: D, config: &LoaderConfig) -> Result<Self, DataError> {
        config.validate()?;
        Ok(Self { dataset: Arc::new(dataset), config: config.clone() })
    }

    /// Starts to read the batches of one epoch. Dropping what it returns stops the threads.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn epoch(&self, epoch: u64) -> Result<Batches, DataError> {
        let config = &self.config;
        let indices = config.batches.index_batches(self.dataset.len(), epoch)?;
        let indices: Arc<Vec<Vec<usize>>> = Arc::new(indices.collect());
        let queue = Arc::new(Queue::new(indices.len(), config.n_ahead));
        let n_workers = config.n_workers.min(indices.len());
        let mut batches =
            Batches { queue, workers: Vec::new(), n_skipped: 0, n_left: indices.len() };
        for number in 0..n_workers {
            let (dataset, indices) = (Arc::clone(&self.dataset), Arc::clone(&indices));
            let (queue, bad_images) = (Arc::clone(&batches.queue), config.bad_images);
            let worker = thread::Builder::new()
                .name(format!("novelty-loader-{number}"))
                .spawn(move || work(&*dataset, &indices, bad_images, &queue));
            let message = |error: std::io::Error| DataError::Worker { message: error.to_string() };
            batches.workers.push(worker.map_err(message)?);
        }
        Ok(batches)
    }
}

/// The batches of one epoch, in order; made by [`Loader::epoch`].
///
/// After an error there are no further batches. Dropping it stops the threads that read and
/// waits until each has finished the sample it is at.
#[derive(Debug)]
pub struct Batches {
    queue: Arc<Queue>,
    workers: Vec<JoinHandle<()>>,
    n_skipped: usize,
    n_left: usize,
}

impl Batches {
    /// Samples left out so far because they could not be read.
    #[must_use]
    pub fn n_skipped(&self) -> usize {
        self.n_skipped
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let outcome = self.queue.deliver()?;
            self.n_left -= 1;
            match outcome {
                Ok(batch) => {
                    self.n_skipped += batch.skipped.len();
                    // A model cannot do anything with a batch of which nothing could be read.
                    if !batch.indices.is_empty() {
                        return Some(Ok(batch));
                    }
                }
                Err(error) => {
                    self.queue.stop();
                    return Some(Err(error));
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.n_left))
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        self.queue.stop();
        for worker in self.workers.drain(..) {
            // A worker catches the panics of the dataset, and its own would have nothing to say.
            let _ = worker.join();
        }
    }
}
