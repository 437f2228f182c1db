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
use novelty_models::{ConvAutoencoder, ConvAutoencoderConfig, Device, TrainConfig, Trainer};
use novelty_scoring::ReconstructionError;

/// Images trained on in one run, an epoch.
const N_TRAINED: usize = 1280;
/// Images scored in one run.
const N_SCORED: usize = 2560;
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
    let score = Task {
        rtol: 1e-4,
        ..train(
            "score_28x28",
            "reconstruction error of 2,560 MNIST images by the 28x28 autoencoder",
            prepare_scoring,
        )
    };
    serve(&[
        train("train_28x28_batch_32", "an epoch of 1,280 MNIST images, 28x28 autoencoder", || {
            prepare_training(32)
        }),
        train("train_28x28_batch_128", "the same in batches of 128", || prepare_training(128)),
        score,
    ])
}

fn network() -> ConvAutoencoderConfig {
    ConvAutoencoderConfig::new(ImageShape::new(1, 28, 28))
}

fn prepare_training(batch_size: usize) -> Result<Run, TaskError> {
    let images = InMemoryDataset::new(shared_inputs(N_TRAINED)?)?;
    let config = TrainConfig::new().epochs(1).batch_size(batch_size).seed(SEED).device(Device::Cpu);
    let trainer = Trainer::new(network(), config);
    let recorder = Recorder { images, order: Mutex::default() };
    trainer.fit_dataset(&recorder, None::<&InMemoryDataset>, &mut ())?;
    write_shared(
        "order.json",
        serde_json::to_vec(&*recorder.order.lock().unwrap_or_else(PoisonError::into_inner))?,
    )?;
    Ok(Box::new(move || {
        let trained = trainer.fit_dataset(&recorder.images, None::<&InMemoryDataset>, &mut ())?;
        Ok(trained.history.final_train_loss().into_iter().collect())
    }))
}

fn prepare_scoring() -> Result<Run, TaskError> {
    let images = shared_inputs(N_SCORED)?;
    let model = ConvAutoencoder::untrained(network(), SEED, Device::Cpu)?;
    Ok(Box::new(move || {
        let scores = ReconstructionError::mse(&model).score(images.view())?;
        Ok(scores.iter().map(|&score| f64::from(score)).collect())
    }))
}

/// The first MNIST images; they and the initial weights are left for the peers.
fn shared_inputs(n: usize) -> Result<Array4<f32>, TaskError> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/mnist");
    let digits = IdxDataset::open_dir(folder, Split::Train)?;
    let images = digits.to_images(&(0..n).collect::<Vec<_>>())?;
    let bytes: Vec<u8> = images.iter().flat_map(|x| x.to_le_bytes()).collect();
    write_shared("images.f32", bytes)?;
    ConvAutoencoder::untrained(network(), SEED, Device::Cpu)?.save(shared_folder())?;
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
