use ndarray::{Array4, Axis, s};
use novelty_core::{Dataset, ImageShape, Images, InputError, ensure_finite};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::ModelError;

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

/// A buffer for one batch, filled again and again.
pub(super) struct BatchBuffer {
    images: Array4<f32>,
    shape: ImageShape,
}

impl BatchBuffer {
    pub(super) fn new(batch_size: usize, shape: ImageShape) -> Self {
        let ImageShape { channels, height, width } = shape;
        Self { images: Array4::zeros((batch_size, channels, height, width)), shape }
    }

    /// Reads the samples at `indices`, at most as many as the buffer holds.
    pub(super) fn read<D: Dataset + ?Sized>(
        &mut self,
        dataset: &D,
        indices: &[usize],
    ) -> Result<Images<'_>, ModelError> {
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
        }
        Ok(self.images.slice(s![..indices.len(), .., .., ..]))
    }

    fn shape_error(&self, sample: &novelty_core::Sample) -> Result<(), InputError> {
        let ImageShape { channels, height, width } = self.shape;
        let expected = vec![channels, height, width];
        Err(InputError::Shape { place: "image", expected, got: sample.image.shape().to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_another_permutation() {
        let (first, second) = (shuffled(100, 7, 1), shuffled(100, 7, 2));
        assert_ne!(first, second);
        assert_eq!(first, shuffled(100, 7, 1));
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    }
}
