//! How much memory training takes on more images than fit in it. A process of its own, because
//! the system counts by process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failing fixture fails its test")]

use std::fs;

use ndarray::Array3;
use novelty_core::{Dataset, ImageShape, InputError, Sample};
use novelty_models::{Device, MlpAutoencoderConfig, TrainConfig, Trainer, set_threads};

const SIDE: usize = 64;
/// 2.5 GB as arrays.
const N_IMAGES: usize = 50_000;
/// A tenth of them: the allocator's gaps between blocks of different sizes come to more than 100
/// MB in some runs, and then no further.
const LIMIT_MB: f64 = 250.0;

/// The most memory this process ever held.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}

/// Images that are made when they are asked for.
struct Made(usize);

impl Dataset for Made {
    type Error = InputError;

    fn len(&self) -> usize {
        self.0
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(3, SIDE, SIDE)
    }

    fn get(&self, index: usize) -> Result<Sample, InputError> {
        Ok(Sample::new(Array3::from_elem((3, SIDE, SIDE), (index % 7) as f32 / 7.0)))
    }
}

/// The peak after training on a fifth is not far below that after training on all of 2.5 GB,
/// with validation after it.
#[test]
fn memory_is_bounded_by_the_batch() {
    set_threads(1).unwrap();
    let network = MlpAutoencoderConfig::new(ImageShape::new(3, SIDE, SIDE)).hidden([2]);
    let config = TrainConfig::new().epochs(1).batch_size(64).device(Device::Cpu);
    let trainer = Trainer::new(network, config);
    let train = |n| {
        let history = trainer.fit_dataset(&Made(n), Some(&Made(n)), &mut ()).unwrap().history;
        assert!(history.final_train_loss().unwrap() < 0.2);
    };
    train(N_IMAGES / 5);
    let before = peak_mb();
    train(N_IMAGES);
    let grown = peak_mb() - before;
    assert!(grown < LIMIT_MB, "{before} MB, and {grown} MB more for the large set");
}
