//! What both sides start from: images, their order, initial weights and noise, left in a folder.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use ndarray::{Array4, Axis};
use novelty_benches::compare::TaskError;
use novelty_core::{Dataset, ImageShape, Sample};
use novelty_data::{DataError, IdxDataset, InMemoryDataset, Split};
use novelty_models::{Autoencoder, Device, NetworkConfig};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// The seed of weights, orders and noise.
pub(super) const SEED: u64 = 42;

/// The first MNIST images, brought to a size by nearest neighbours and a digit a channel.
pub(super) fn images(shape: ImageShape, n: usize) -> Result<Array4<f32>, TaskError> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/mnist");
    let digits = IdxDataset::open_dir(folder, Split::Train)?;
    let ImageShape { channels, height, width } = shape;
    let digits = digits.to_images(&(0..n + channels - 1).collect::<Vec<_>>())?;
    let images = Array4::from_shape_fn((n, channels, height, width), |(i, c, y, x)| {
        digits[[i + c, 0, y * 28 / height, x * 28 / width]]
    });
    write("images.f32", floats(images.iter().copied()))?;
    Ok(images)
}

/// A network with its initial weights.
pub(super) fn initial<C: NetworkConfig>(network: &C) -> Result<Autoencoder<C>, TaskError> {
    let model = Autoencoder::untrained(network.clone(), SEED, Device::Cpu)?;
    model.save(folder())?;
    Ok(model)
}

/// What the noise of an epoch's batches is for; the numbers are those of the trainer's streams.
#[derive(Debug, Clone, Copy)]
pub(super) enum Noise {
    /// Noise on images.
    Images = 1,
    /// Draws of codes.
    Codes = 2,
    /// Draws from the prior of codes.
    Prior = 3,
}

/// Leaves the normal numbers that the trainer draws in the first epoch, `length` an image.
pub(super) fn noise(
    purpose: Noise,
    n: usize,
    batch_size: usize,
    length: usize,
) -> Result<(), TaskError> {
    let batches = (0..n).step_by(batch_size).enumerate();
    let values = batches.flat_map(|(index, first)| {
        let mut key = [0_u8; 32];
        let parts = [SEED, purpose as u64, 1, index as u64];
        for (bytes, part) in key.chunks_exact_mut(8).zip(parts) {
            bytes.copy_from_slice(&part.to_le_bytes());
        }
        let count = batch_size.min(n - first) * length;
        ChaCha8Rng::from_seed(key).sample_iter::<f32, _>(StandardNormal).take(count)
    });
    write(&format!("noise-{}.f32", purpose as u64), floats(values))
}

/// Notes the order in which a trainer asks for images.
pub(super) struct Recorder {
    images: InMemoryDataset,
    order: Mutex<Vec<usize>>,
}

impl Recorder {
    /// Leaves the order in which `train` reads `images` in its epoch, after `skipped` others.
    pub(super) fn leave_order(
        images: InMemoryDataset,
        skipped: usize,
        train: impl Fn(&Self) -> Result<(), TaskError>,
    ) -> Result<InMemoryDataset, TaskError> {
        let recorder = Self { images, order: Mutex::default() };
        train(&recorder)?;
        let order = recorder.order.into_inner().unwrap_or_else(PoisonError::into_inner);
        let n = recorder.images.len();
        let epoch: Vec<_> = order.into_iter().skip(skipped).take(n).collect();
        write("order.json", serde_json::to_vec(&epoch)?)?;
        Ok(recorder.images)
    }
}

impl Dataset for Recorder {
    type Error = DataError;

    fn len(&self) -> usize {
        self.images.images().len_of(Axis(0))
    }

    fn image_shape(&self) -> ImageShape {
        self.images.image_shape()
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).push(index);
        self.images.get(index)
    }
}

/// Where inputs are left for the peers.
pub(super) fn folder() -> PathBuf {
    env::var_os("NOVELTY_COMPARE_DIR").map_or_else(env::temp_dir, PathBuf::from)
}

fn floats(values: impl Iterator<Item = f32>) -> Vec<u8> {
    values.flat_map(f32::to_le_bytes).collect()
}

fn write(name: &str, bytes: impl AsRef<[u8]>) -> Result<(), TaskError> {
    Ok(fs::write(folder().join(name), bytes)?)
}
