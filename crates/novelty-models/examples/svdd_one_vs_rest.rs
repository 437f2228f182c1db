//! Deep SVDD on MNIST, one class against the rest: the ROC-AUC of each class at the last epoch.
//!
//! ```text
//! cargo run --release -p novelty-models --example svdd_one_vs_rest -- [SCHEDULE] [OBJECTIVE] [CLASSES] [SEEDS] [THREADS]
//! ```
//!
//! SCHEDULE is `cut` (5 epochs of pretraining, 12 of Deep SVDD; the default), `full` (150 and
//! 150), or `short`: the cut schedule with the published learning rate as it is. The others take
//! a tenth of the rate after a third of the epochs, as published, and start at a rate of which
//! the sum over epochs is the published one: fewer epochs go as far. OBJECTIVE `one-class` (the default) or `soft`; CLASSES digits such as `0,1,8` or `all`; SEEDS
//! how many, counted from 1, by default 2; THREADS by default 2.
//!
//! The protocol is that of Ruff et al., ICML 2018: trained on the training images of one digit,
//! tested on all 10,000 test images. No figure is chosen by test data.

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::error::Error;
use std::time::Instant;

use novelty_core::{Fit, score_dataset};
use novelty_data::{Cached, ContrastNormaliseConfig, IdxDataset, Map, OneVsRestConfig, Split};
use novelty_metrics::roc_auc;
use novelty_models::{
    DeepSvddConfig, LeNet, LeNetAutoencoderConfig, RadiusRule, Schedule, SvddObjective,
    TrainConfig, set_threads,
};

/// Enough for all images of one digit, prepared.
const CACHE_BYTES: usize = 64 << 20;

struct Settings {
    epochs: (usize, usize),
    keeps_rate: bool,
    objective: SvddObjective,
    classes: Vec<usize>,
    n_seeds: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |i: usize| arguments.get(i).map(String::as_str);
    set_threads(argument(4).unwrap_or("2").parse()?)?;
    let settings = Settings {
        epochs: match argument(0).unwrap_or("cut") {
            "cut" | "short" => (5, 12),
            "full" => (150, 150),
            other => return Err(format!("unknown schedule `{other}`").into()),
        },
        keeps_rate: argument(0) == Some("short"),
        objective: match argument(1).unwrap_or("one-class") {
            "one-class" => SvddObjective::OneClass,
            "soft" => {
                let radius = RadiusRule::AllData;
                SvddObjective::SoftBoundary { nu: 0.1, warm_up: 10, radius }
            }
            other => return Err(format!("unknown objective `{other}`").into()),
        },
        classes: match argument(2).unwrap_or("all") {
            "all" => (0..10).collect(),
            list => list.split(',').map(str::parse).collect::<Result<_, _>>()?,
        },
        n_seeds: argument(3).unwrap_or("2").parse()?,
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/mnist");
    let train = IdxDataset::open_dir(folder, Split::Train)?;
    let test = IdxDataset::open_dir(folder, Split::Test)?;
    let mut means = Vec::new();
    for seed in 1..=settings.n_seeds {
        let mut areas = Vec::new();
        for &class in &settings.classes {
            let started = Instant::now();
            let area = one_vs_rest(&settings, class, seed, &train, &test)?;
            let seconds = started.elapsed().as_secs_f64();
            println!("seed {seed}, class {class}: ROC-AUC {:.2} % ({seconds:.0} s)", 100.0 * area);
            areas.push(area);
        }
        means.push(areas.iter().sum::<f64>() / areas.len() as f64);
    }
    for (seed, mean) in (1..).zip(&means) {
        println!("seed {seed}: mean ROC-AUC {:.2} %", 100.0 * mean);
    }
    println!("mean of means: {:.2} %", 100.0 * means.iter().sum::<f64>() / means.len() as f64);
    Ok(())
}

fn one_vs_rest(
    settings: &Settings,
    class: usize,
    seed: u64,
    train: &IdxDataset,
    test: &IdxDataset,
) -> Result<f64, Box<dyn Error>> {
    let protocol = OneVsRestConfig::new(class).max_shared(1.0).apply(train, test)?;
    let normalise = ContrastNormaliseConfig::new().fit(&protocol.train)?;
    let train = Cached::new(Map::new(protocol.train, normalise)?, CACHE_BYTES);
    let test = Map::new(protocol.test, normalise)?;

    let mut config = DeepSvddConfig::new(LeNetAutoencoderConfig::new(LeNet::Mnist));
    config.objective = settings.objective;
    let (pretraining, second) = settings.epochs;
    let stage = |stage: TrainConfig, epochs| {
        let stage = stage.epochs(epochs).seed(seed);
        if settings.keeps_rate { stage } else { cut(stage, epochs) }
    };
    config.train = stage(config.train, second);
    config.pretraining = config.pretraining.map(|first| stage(first, pretraining));
    let trained = config.fit_dataset(&train, &mut ())?;

    let scored = score_dataset(&trained.model, &test, 500, &mut ())?;
    let labels: Vec<bool> = scored.labels.iter().map(|label| *label == Some(true)).collect();
    Ok(roc_auc(&scored.scores.to_vec(), &labels)?)
}

/// The published 50 epochs at 1e-4 and 100 at 1e-5 in fewer epochs: the same sum of rates, and
/// the same share of epochs at the first.
fn cut(stage: TrainConfig, epochs: usize) -> TrainConfig {
    let first = (epochs + 1) / 3;
    let rate = 60.0 * 1e-4 / (first as f64 + 0.1 * (epochs - first) as f64);
    let schedule = Schedule::MultiStep { milestones: vec![first], factor: 0.1 };
    stage.learning_rate(rate).schedule(schedule)
}
