//! `novelty-models` against PyTorch: the same network from the same weights, on the same images
//! in the same order.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use ndarray::{Array4, Axis};
use novelty_benches::compare::{Peer, Run, Task, TaskError, serve};
use novelty_core::{Dataset, ImageShape, Sample, Score};
use novelty_data::{DataError, IdxDataset, InMemoryDataset, Split};
use novelty_models::{
    Autoencoder, ConvAutoencoderConfig, Device, FaceAutoencoderConfig, LeNet,
    LeNetAutoencoderConfig, NetworkConfig, TrainConfig, Trainer,
};
use novelty_scoring::ReconstructionError;

const SEED: u64 = 42;

fn main() -> ExitCode {
    let train = |name, description, ours| Task {
        name,
        description,
        // Convolutions of another memory layout sum in another order.
        rtol: 2e-3,
        atol: 0.0,
        ours,
        peers: &[Peer::Python("torch eager"), Peer::Python("torch compile")],
    };
    let score = |name, description, ours| Task { rtol: 1e-4, ..train(name, description, ours) };
    serve(&[
        train("train_28x28_batch_32", "an epoch of 1,280 MNIST images, 28x28 autoencoder", || {
            prepare_training(digits(), 1280, 32)
        }),
        train("train_28x28_batch_128", "the same in batches of 128", || {
            prepare_training(digits(), 1280, 128)
        }),
        train("train_64x64x3_batch_128", "an epoch of 512 images, 64x64x3 with BatchNorm", || {
            prepare_training(faces(), 512, 128)
        }),
        train("train_32x32x3_batch_200", "an epoch of 400 images, CIFAR-10 LeNet", || {
            prepare_training(photographs(), 400, 200)
        }),
        score("score_28x28", "errors of 2,560 MNIST images by the 28x28 autoencoder", || {
            prepare_scoring(digits(), 2560)
        }),
        score("score_64x64x3", "errors of 1,024 images, 64x64x3 with BatchNorm", || {
            prepare_scoring(faces(), 1024)
        }),
        score("score_32x32x3", "errors of 512 images, CIFAR-10 LeNet", || {
            prepare_scoring(photographs(), 512)
        }),
    ])
}

fn digits() -> ConvAutoencoderConfig {
    ConvAutoencoderConfig::new(ImageShape::new(1, 28, 28))
}

fn faces() -> FaceAutoencoderConfig {
    FaceAutoencoderConfig::new(ImageShape::new(3, 64, 64))
}

fn photographs() -> LeNetAutoencoderConfig {
    LeNetAutoencoderConfig::new(LeNet::Cifar10)
}

fn prepare_training<C>(network: C, n: usize, batch_size: usize) -> Result<Run, TaskError>
where
    C: NetworkConfig + 'static,
    C::Network: 'static,
{
    let images = InMemoryDataset::new(shared_inputs(&network, n)?)?;
    let config = TrainConfig::new().epochs(1).batch_size(batch_size).seed(SEED).device(Device::Cpu);
    let trainer = Trainer::new(network, config);
    let recorder = Recorder { images, order: Mutex::default() };
    trainer.fit_dataset(&recorder, None::<&InMemoryDataset>, &mut ())?;
    let order = recorder.order.into_inner().unwrap_or_else(PoisonError::into_inner);
    write_shared("order.json", serde_json::to_vec(&order)?)?;
    let images = recorder.images;
    Ok(Box::new(move || {
        let trained = trainer.fit_dataset(&images, None::<&InMemoryDataset>, &mut ())?;
        Ok(trained.history.final_train_loss().into_iter().collect())
    }))
}

fn prepare_scoring<C>(network: C, n: usize) -> Result<Run, TaskError>
where
    C: NetworkConfig + 'static,
    C::Network: 'static,
{
    let images = shared_inputs(&network, n)?;
    let model = Autoencoder::untrained(network, SEED, Device::Cpu)?;
    Ok(Box::new(move || {
        let scores = ReconstructionError::mse(&model).score(images.view())?;
        Ok(scores.iter().map(|&score| f64::from(score)).collect())
    }))
}

/// The first MNIST images, brought to the network's size by nearest neighbours and a digit a
/// channel; they and the initial weights are left for the peers.
fn shared_inputs<C: NetworkConfig>(network: &C, n: usize) -> Result<Array4<f32>, TaskError> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/mnist");
    let digits = IdxDataset::open_dir(folder, Split::Train)?;
    let ImageShape { channels, height, width } = network.image_shape();
    let digits = digits.to_images(&(0..n + channels - 1).collect::<Vec<_>>())?;
    let images = Array4::from_shape_fn((n, channels, height, width), |(i, c, y, x)| {
        digits[[i + c, 0, y * 28 / height, x * 28 / width]]
    });
    let bytes: Vec<u8> = images.iter().flat_map(|x| x.to_le_bytes()).collect();
    write_shared("images.f32", bytes)?;
    Autoencoder::untrained(network.clone(), SEED, Device::Cpu)?.save(shared_folder())?;
    Ok(images)
}

fn shared_folder() -> PathBuf {
    env::var_os("NOVELTY_COMPARE_DIR").map_or_else(env::temp_dir, PathBuf::from)
}

fn write_shared(name: &str, bytes: impl AsRef<[u8]>) -> Result<(), TaskError> {
    Ok(fs::write(shared_folder().join(name), bytes)?)
}

/// Notes the order in which a trainer asks for images.
struct Recorder {
    images: InMemoryDataset,
    order: Mutex<Vec<usize>>,
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
