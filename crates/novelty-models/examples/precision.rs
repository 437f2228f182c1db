//! What bfloat16 does to speed and to ROC-AUC: MNIST, one digit against the rest.
//!
//! ```text
//! cargo run --release -p novelty-models --example precision -- [DIGITS] [SEEDS] [EPOCHS] [THREADS]
//! ```
//!
//! DIGITS such as `1,8` (by default `8`); SEEDS how many, counted from 1, by default 3; EPOCHS by
//! default 5; THREADS by default 1. The 28x28 autoencoder is trained on the training images of one
//! digit in each precision, and both models score all 10,000 test images by mean squared error in
//! each. Printed are ROC-AUC and seconds; no figure is chosen by test data.

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::error::Error;
use std::time::Instant;

use ndarray::Array4;
use novelty_core::{ImageShape, Score};
use novelty_data::{IdxDataset, InMemoryDataset, Split};
use novelty_metrics::roc_auc;
use novelty_models::{ConvAutoencoderConfig, Device, Precision, TrainConfig, Trainer, set_threads};
use novelty_scoring::ReconstructionError;

const PRECISIONS: [Precision; 2] = [Precision::Single, Precision::Bfloat16];

struct Digits {
    images: Array4<f32>,
    is_other: Vec<bool>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |i: usize, default| arguments.get(i).map_or(default, String::as_str);
    set_threads(argument(3, "1").parse()?)?;
    let (n_seeds, epochs) = (argument(1, "3").parse::<u64>()?, argument(2, "5").parse()?);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/mnist");
    let train = IdxDataset::open_dir(folder, Split::Train)?;
    let test = IdxDataset::open_dir(folder, Split::Test)?;
    for digit in argument(0, "8").split(',') {
        let digit: usize = digit.parse()?;
        let classes = train.classes().iter().enumerate();
        let own: Vec<_> = classes.filter(|&(_, class)| *class == digit).map(|(i, _)| i).collect();
        let own = InMemoryDataset::new(train.to_images(&own)?)?;
        let digits = Digits {
            images: test.to_images(&(0..test.classes().len()).collect::<Vec<_>>())?,
            is_other: test.classes().iter().map(|&class| class != digit).collect(),
        };
        for seed in 1..=n_seeds {
            for precision in PRECISIONS {
                let config = TrainConfig::new().epochs(epochs).seed(seed).device(Device::Cpu);
                compare(digit, &own, &digits, config.precision(precision))?;
            }
        }
    }
    Ok(())
}

/// Trains in one precision and scores in both.
fn compare(
    digit: usize,
    own: &InMemoryDataset,
    digits: &Digits,
    config: TrainConfig,
) -> Result<(), Box<dyn Error>> {
    let (seed, trained_in) = (config.seed, config.precision);
    let started = Instant::now();
    let network = ConvAutoencoderConfig::new(ImageShape::new(1, 28, 28));
    let trainer = Trainer::new(network, config);
    let mut model = trainer.fit_dataset(own, None::<&InMemoryDataset>, &mut ())?.model;
    let seconds = started.elapsed().as_secs_f64();
    println!("digit {digit}, seed {seed}: trained in {trained_in:?} in {seconds:.1} s");
    for precision in PRECISIONS {
        model.set_precision(precision);
        let scorer = ReconstructionError::mse(&model);
        scorer.score(digits.images.slice(ndarray::s![..64, .., .., ..]))?;
        let started = Instant::now();
        let scores = scorer.score(digits.images.view())?.to_vec();
        let seconds = started.elapsed().as_secs_f64();
        let area = 100.0 * roc_auc(&scores, &digits.is_other)?;
        println!("  scored in {precision:?}: ROC-AUC {area:.3} % ({seconds:.2} s)");
    }
    Ok(())
}
