use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array3;
use novelty_core::{Dataset, ImageShape, InputError, Sample};
use novelty_data::{BadImages, BatchConfig, Cached, Concat, DataError, Loader, LoaderConfig};

/// Counts what is read, fails at multiples of a number, and panics at one position.
struct Counting {
    len: usize,
    n_read: AtomicUsize,
    bad_every: usize,
    panic_at: usize,
}

impl Counting {
    fn new(len: usize) -> Self {
        Self { len, n_read: AtomicUsize::new(0), bad_every: usize::MAX, panic_at: usize::MAX }
    }

    fn n_read(&self) -> usize {
        self.n_read.load(Ordering::SeqCst)
    }
}

impl Dataset for Counting {
    type Error = DataError;

    fn len(&self) -> usize {
        self.len
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(1, 2, 2)
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        self.n_read.fetch_add(1, Ordering::SeqCst);
        assert_ne!(index, self.panic_at, "asked for the forbidden sample");
        if index % self.bad_every == self.bad_every - 1 {
            return Err(InputError::Empty { place: "the sample" }.into());
        }
        Ok(Sample::new(Array3::from_elem((1, 2, 2), index as f32)).class(index % 3))
    }
}

fn config(batch_size: usize) -> LoaderConfig {
    LoaderConfig::new(BatchConfig::new(batch_size).seed(5))
}

fn indices(dataset: Counting, config: &LoaderConfig, epoch: u64) -> Vec<Vec<usize>> {
    let loader = Loader::new(dataset, config).unwrap();
    let batches = loader.epoch(epoch).unwrap();
    batches.map(|batch| batch.unwrap().indices).collect()
}

#[test]
fn the_order_does_not_depend_on_the_number_of_threads() {
    let expected: Vec<Vec<usize>> =
        BatchConfig::new(7).seed(5).index_batches(100, 3).unwrap().collect();
    for n_workers in [1, 2, 5, 16] {
        for n_ahead in [1, 3, 40] {
            let config = config(7).n_workers(n_workers).n_ahead(n_ahead);
            assert_eq!(indices(Counting::new(100), &config, 3), expected);
        }
    }
}

#[test]
fn batches_hold_images_and_labels() {
    let loader = Loader::new(Counting::new(10), &config(4)).unwrap();
    for batch in loader.epoch(1).unwrap() {
        let batch = batch.unwrap();
        assert_eq!(batch.images.dim(), (batch.indices.len(), 1, 2, 2));
        for (row, &index) in batch.indices.iter().enumerate() {
            assert!(
                batch.images.index_axis(ndarray::Axis(0), row).iter().all(|&x| x == index as f32)
            );
            assert_eq!(batch.classes[row], Some(index % 3));
        }
    }
}

#[test]
fn no_more_is_read_ahead_than_allowed() {
    let dataset = Arc::new(Counting::new(1000));
    let config = config(10).n_workers(4).n_ahead(3);
    let loader = Loader::new(Arc::clone(&dataset), &config).unwrap();
    let mut batches = loader.epoch(0).unwrap();
    for taken in 1..=20 {
        batches.next().unwrap().unwrap();
        // Three ahead of those that were taken.
        assert!(dataset.n_read() <= 10 * (taken + 3), "{} after {taken}", dataset.n_read());
    }
}

#[test]
fn dropping_early_stops_the_workers() {
    let dataset = Arc::new(Counting::new(100_000));
    let loader = Loader::new(Arc::clone(&dataset), &config(10).n_workers(3)).unwrap();
    let mut batches = loader.epoch(0).unwrap();
    batches.next().unwrap().unwrap();
    drop(batches);
    // Only the loader and the test hold the dataset: the threads have ended.
    let after = dataset.n_read();
    drop(loader);
    assert_eq!(Arc::strong_count(&dataset), 1);
    assert!(after < 1000 && dataset.n_read() == after);
}

#[test]
fn a_bad_sample_ends_the_epoch_or_is_skipped_and_counted() {
    let bad = || Counting { bad_every: 10, ..Counting::new(100) };
    let loader = Loader::new(bad(), &config(10)).unwrap();
    let outcomes: Vec<_> = loader.epoch(0).unwrap().collect();
    assert!(matches!(outcomes.last(), Some(Err(DataError::Input(_)))));
    assert!(outcomes[..outcomes.len() - 1].iter().all(Result::is_ok));
    let loader = Loader::new(bad(), &config(10).bad_images(BadImages::Skip)).unwrap();
    let mut batches = loader.epoch(0).unwrap();
    let n: usize = batches.by_ref().map(|batch| batch.unwrap().images.dim().0).sum();
    assert_eq!((n, batches.n_skipped()), (90, 10));
    let nothing = Counting { bad_every: 1, ..Counting::new(20) };
    let loader = Loader::new(nothing, &config(10).bad_images(BadImages::Skip)).unwrap();
    let mut batches = loader.epoch(0).unwrap();
    assert!(batches.next().is_none());
    assert_eq!(batches.n_skipped(), 20);
}

#[test]
fn a_dataset_that_panics_is_an_error() {
    let dataset = Counting { panic_at: 50, ..Counting::new(100) };
    let loader = Loader::new(dataset, &config(10).n_workers(2)).unwrap();
    let error = loader.epoch(0).unwrap().find_map(Result::err).unwrap();
    assert!(error.to_string().contains("asked for the forbidden sample"), "{error}");
}

#[test]
fn settings_are_checked_and_nothing_is_nothing() {
    assert!(Loader::new(Counting::new(5), &config(0)).is_err());
    assert!(Loader::new(Counting::new(5), &config(1).n_workers(0)).is_err());
    assert!(Loader::new(Counting::new(5), &config(1).n_ahead(0)).is_err());
    assert!(indices(Counting::new(0), &config(3), 0).is_empty());
}

#[test]
fn a_cache_reads_once_what_fits() {
    let cached = Cached::new(Counting::new(10), 4 * 16);
    for _ in 0..3 {
        for index in 0..10 {
            assert_eq!(cached.get(index).unwrap().image[[0, 0, 0]], index as f32);
        }
    }
    assert_eq!((cached.used_bytes(), cached.inner().n_read()), (64, 4 + 3 * 6));
    let nothing = Cached::new(Counting::new(3), 0);
    assert!(nothing.get(1).is_ok() && nothing.used_bytes() == 0);
    assert!(matches!(nothing.get(3), Err(DataError::Index { index: 3, len: 3 })));
}

#[test]
fn datasets_follow_each_other() {
    let parts = vec![Counting::new(3), Counting::new(0), Counting::new(2)];
    let all = Concat::new(parts).unwrap();
    assert_eq!(all.len(), 5);
    let values: Vec<f32> = (0..5).map(|i| all.get(i).unwrap().image[[0, 0, 0]]).collect();
    assert_eq!(values, [0.0, 1.0, 2.0, 0.0, 1.0]);
    assert!(matches!(all.get(5), Err(DataError::Index { index: 5, len: 5 })));
    assert!(Concat::<Counting>::new(Vec::new()).is_err());
    let other = novelty_data::InMemoryDataset::new(ndarray::Array4::zeros((1, 1, 3, 3))).unwrap();
    let mixed: Vec<Arc<dyn Dataset<Error = DataError>>> =
        vec![Arc::new(Counting::new(1)), Arc::new(other)];
    let error = Concat::new(mixed).err().unwrap().to_string();
    assert_eq!(error, "datasets has shape [1, 3, 3], expected [1, 2, 2]");
}
