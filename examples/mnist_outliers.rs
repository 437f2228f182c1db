//! Finds threes hidden among ones.
//!
//! Source: Adrian Rosebrock, *Anomaly detection with Keras, TensorFlow, and Deep Learning*,
//! PyImageSearch 2020. Data: MNIST, bundled. Time: about a minute on two cores.
//!
//!     cargo run --release -p novelty-examples --example mnist_outliers

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use clap::Parser;
use ndarray::{Axis, Slice};
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Dataset, Fit, Reconstruct, Score};
use novelty_examples::mnist_outliers::{Digits, Measured, Run, write_report};
use novelty_examples::{CommonArguments, EpochBar, Output, bundled_mnist};
use novelty_models::{ConvAutoencoderConfig, Schedule, TrainConfig, Trainer};
use novelty_scoring::ReconstructionError;

/// Trains an autoencoder on handwritten ones with 1 % of threes among them, unlabelled, and
/// flags what it redraws worst.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,
}

fn main() -> anyhow::Result<()> {
    let Arguments { common } = Arguments::parse();
    let (seed, threads) = (common.seed, common.apply_threads()?);
    let output = Output::create(common.out_or("mnist_outliers"))?;
    let folder = common.data.clone().unwrap_or_else(bundled_mnist);
    let digits = Digits::read(&folder, seed, common.smoke)?;

    let epochs = common.epochs_or(20);
    let config = TrainConfig::new()
        .epochs(epochs)
        .batch_size(32)
        .learning_rate(1e-3)
        .schedule(Schedule::TimeBased { decay: 1e-3 / epochs as f64 })
        .seed(seed)
        .device(common.device);
    let network = ConvAutoencoderConfig::new(digits.train()?.image_shape());
    let n_features = network.n_features;
    let trainer = Trainer::new(network, config);
    let trained =
        trainer.fit_dataset(&digits.train()?, Some(&digits.validation()?), &mut EpochBar::new())?;
    let mut model = trained.model;
    let pca: ImagePca =
        PcaConfig::new(n_features).fit(digits.at(digits.train()?.indices()).view())?;

    let all = digits.images();
    let scores = ReconstructionError::mse(&model).score(all)?.to_vec();
    let scores_pca = ReconstructionError::mse(&pca).score(all)?.to_vec();
    let run = Run { seed, threads, n_parameters: model.n_parameters() };
    let measured = Measured::new(scores, &scores_pca, &digits.labels, trained.history, run)?;

    model.threshold = Some(measured.threshold.clone());
    model.save(output.folder())?;
    output
        .write_scores(&measured.scores, &digits.labels, |s| measured.threshold.is_anomalous(s))?;
    output.write_metrics(&measured.metrics)?;
    let mut flagged = measured.threshold.flagged(&measured.scores);
    flagged.sort_by(|&a, &b| measured.scores[b].total_cmp(&measured.scores[a]));
    let redrawn_first = model.reconstruct(all.slice_axis(Axis(0), Slice::from(..12)))?;
    let redrawn_flagged = model.reconstruct(digits.at(&flagged).view())?;
    write_report(&output, &digits, &measured, &flagged, &redrawn_first, &redrawn_flagged)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
