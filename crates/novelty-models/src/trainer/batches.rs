use std::ops::ControlFlow;
use std::sync::mpsc;

use ndarray::{Array4, Axis, s};
use novelty_core::{Dataset, ImageShape, Images, InputError, ensure_finite};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::ModelError;

/// Batches read ahead of the one computed: enough that neither waits for the other's unevenness.
const AHEAD: usize = 2;

/// The order of an epoch: a function of the seed and the epoch alone, so that any epoch can be
/// taken up without the ones before it.
pub(super) fn shuffled(len: usize, seed: u64, epoch: usize) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Stream 0 draws the weights.
    rng.set_stream(epoch as u64);
    let mut order: Vec<usize> = (0..len).collect();
    order.shuffle(&mut rng);
    order
}

/// Computes on the samples at `order`, `size` at a time, while a thread reads ahead.
///
/// Memory is bounded by a few batches. `compute` gets the batches in order, and ends the reading
/// by an error or a `Break`.
pub(crate) fn for_each_batch<D: Dataset + Sync + ?Sized>(
    dataset: &D,
    order: &[usize],
    size: usize,
    mut compute: impl FnMut(&BatchBuffer) -> Result<ControlFlow<()>, ModelError>,
) -> Result<(), ModelError> {
    let rows = size.min(order.len());
    let n_batches = order.len().div_ceil(size.max(1));
    std::thread::scope(|scope| {
        let (filled, read) = mpsc::sync_channel(AHEAD);
        let (used, empty) = mpsc::channel();
        for _ in 0..n_batches.min(AHEAD + 1) {
            // It cannot fail: the other end is still here.
            let _ = used.send(BatchBuffer::new(rows, dataset.image_shape()));
        }
        // Ends when there is nothing to read, or the other side is gone.
        scope.spawn(move || {
            for indices in order.chunks(size.max(1)) {
                let Ok(mut buffer) = empty.recv() else { return };
                let result = buffer.read(dataset, indices).map(|()| buffer);
                let is_over = result.is_err();
                if filled.send(result).is_err() || is_over {
                    return;
                }
            }
        });
        for batch in read {
            let batch = batch?;
            if compute(&batch)?.is_break() {
                break;
            }
            // The reader may have read everything and gone.
            let _ = used.send(batch);
        }
        Ok(())
    })
}

/// A buffer for one batch, filled again and again.
pub(crate) struct BatchBuffer {
    images: Array4<f32>,
    shape: ImageShape,
    labels: Vec<Option<bool>>,
    classes: Vec<Option<usize>>,
}

impl BatchBuffer {
    fn new(batch_size: usize, shape: ImageShape) -> Self {
        let ImageShape { channels, height, width } = shape;
        let images = Array4::zeros((batch_size, channels, height, width));
        let (labels, classes) = (Vec::with_capacity(batch_size), Vec::with_capacity(batch_size));
        Self { images, shape, labels, classes }
    }

    /// The images read.
    pub(crate) fn images(&self) -> Images<'_> {
        self.images.slice(s![..self.labels.len(), .., .., ..])
    }

    /// Whether each is anomalous, where the dataset knows.
    pub(crate) fn labels(&self) -> &[Option<bool>] {
        &self.labels
    }

    /// The class of each, where the dataset knows.
    pub(crate) fn classes(&self) -> &[Option<usize>] {
        &self.classes
    }

    /// Reads the samples at `indices`, at most as many as the buffer holds.
    fn read<D: Dataset + ?Sized>(
        &mut self,
        dataset: &D,
        indices: &[usize],
    ) -> Result<(), ModelError> {
        self.labels.clear();
        self.classes.clear();
        for (row, &index) in indices.iter().enumerate() {
            let sample = dataset
                .get(index)
                .map_err(|source| ModelError::Dataset { index, source: source.into() })?;
            let is_sound = sample.image_shape() == self.shape;
            let problem = if is_sound {
                ensure_finite("image", &sample.image)
            } else {
                self.shape_error(&sample)
            };
            problem.map_err(|source| ModelError::Dataset { index, source: source.into() })?;
            self.images.index_axis_mut(Axis(0), row).assign(&sample.image);
            self.labels.push(sample.is_anomalous);
            self.classes.push(sample.class);
        }
        Ok(())
    }

    fn shape_error(&self, sample: &novelty_core::Sample) -> Result<(), InputError> {
        let ImageShape { channels, height, width } = self.shape;
        let expected = vec![channels, height, width];
        Err(InputError::Shape { place: "image", expected, got: sample.image.shape().to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use ndarray::Array3;
    use novelty_core::Sample;

    use super::*;

    /// Images of their own number; counts what was read, and fails at one.
    struct Numbers {
        n_read: AtomicUsize,
        broken: usize,
    }

    impl Dataset for Numbers {
        type Error = InputError;

        fn len(&self) -> usize {
            100
        }

        fn image_shape(&self) -> ImageShape {
            ImageShape::new(1, 1, 1)
        }

        fn get(&self, index: usize) -> Result<Sample, InputError> {
            self.n_read.fetch_add(1, Ordering::Relaxed);
            if index == self.broken {
                return Err(InputError::Empty { place: "this one" });
            }
            let sample = Sample::new(Array3::from_elem((1, 1, 1), index as f32));
            Ok(sample.is_anomalous(index.is_multiple_of(2)))
        }
    }

    fn numbers(broken: usize) -> Numbers {
        Numbers { n_read: AtomicUsize::new(0), broken }
    }

    #[test]
    fn every_epoch_is_another_permutation() {
        let (first, second) = (shuffled(100, 7, 1), shuffled(100, 7, 2));
        assert_ne!(first, second);
        assert_eq!(first, shuffled(100, 7, 1));
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn batches_come_in_order_whatever_their_size() {
        let order = shuffled(100, 3, 1);
        for size in [1, 7, 50, 100, 1000] {
            let (mut seen, mut sizes) = (Vec::new(), Vec::new());
            for_each_batch(&numbers(usize::MAX), &order, size, |batch| {
                seen.extend(batch.images().iter().map(|&x| x as usize));
                let expected: Vec<_> =
                    batch.images().iter().map(|&x| Some((x as usize).is_multiple_of(2))).collect();
                assert_eq!(batch.labels(), expected);
                sizes.push(batch.labels().len());
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
            assert_eq!(seen, order);
            assert!(sizes[..sizes.len() - 1].iter().all(|&n| n == size), "{sizes:?}");
        }
    }

    /// Images that say when they are read.
    struct Announced(mpsc::SyncSender<usize>);

    impl Dataset for Announced {
        type Error = InputError;

        fn len(&self) -> usize {
            20
        }

        fn image_shape(&self) -> ImageShape {
            ImageShape::new(1, 1, 1)
        }

        fn get(&self, index: usize) -> Result<Sample, InputError> {
            self.0.send(index).map_err(|_| InputError::Empty { place: "the other end" })?;
            Ok(Sample::new(Array3::zeros((1, 1, 1))))
        }
    }

    #[test]
    fn the_next_batch_is_read_while_one_is_computed() {
        let (announce, read) = mpsc::sync_channel(100);
        let order: Vec<_> = (0..20).collect();
        let mut seen = 0;
        for_each_batch(&Announced(announce), &order, 5, |batch| {
            seen += batch.labels().len();
            // It returns only when another thread reads on.
            while seen < 20 && read.recv_timeout(std::time::Duration::from_secs(60)).unwrap() < seen
            {
            }
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        assert_eq!(seen, 20);
    }

    #[test]
    fn a_break_ends_the_reading() {
        let (data, order) = (numbers(usize::MAX), (0..100).collect::<Vec<_>>());
        let mut n_batches = 0;
        for_each_batch(&data, &order, 5, |_| {
            n_batches += 1;
            Ok(ControlFlow::Break(()))
        })
        .unwrap();
        assert_eq!(n_batches, 1);
        assert!(data.n_read.into_inner() <= 5 * (AHEAD + 2));
    }

    #[test]
    fn an_error_comes_after_the_batches_before_it() {
        let (data, order) = (numbers(23), (0..100).collect::<Vec<_>>());
        let mut n_batches = 0;
        let error = for_each_batch(&data, &order, 10, |_| {
            n_batches += 1;
            Ok(ControlFlow::Continue(()))
        });
        assert!(matches!(error, Err(ModelError::Dataset { index: 23, .. })));
        assert_eq!(n_batches, 2);
        let error = for_each_batch(&numbers(99), &order, 10, |_| {
            Err(ModelError::UnknownDevice("stop".to_owned()))
        });
        assert!(matches!(error, Err(ModelError::UnknownDevice(_))));
    }
}
