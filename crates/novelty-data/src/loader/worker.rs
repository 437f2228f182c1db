use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use novelty_core::Dataset;

use super::batch::read_batch;
use super::queue::Queue;
use crate::{BadImages, DataError};

/// Reads batches until there is none left or the queue is stopped.
pub(super) fn work<D: Dataset>(
    dataset: &D,
    batches: &[Vec<usize>],
    bad_images: BadImages,
    queue: &Queue,
) where
    D::Error: Into<DataError>,
{
    while let Some(number) = queue.begin() {
        // A dataset from outside may panic; who waits for the batch has to learn of it.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            read_batch(dataset, batches[number].clone(), bad_images, || queue.is_stopped())
        }));
        match outcome {
            Ok(None) => return,
            Ok(Some(outcome)) => queue.finish(number, outcome),
            Err(panic) => queue.finish(number, Err(worker_error(panic.as_ref()))),
        }
    }
}

fn worker_error(panic: &(dyn Any + Send)) -> DataError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    DataError::Worker { message: text.unwrap_or_else(|| "no message".to_owned()) }
}
