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
use novelty_examples::mnist_outliers::{Digits, Measured, Method, Redrawn, write_report};
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
    let (seed, run) = (common.seed, common.start()?);
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

    let (all, labels) = (digits.images(), &digits.labels);
    let measured = Measured {
        autoencoder: Method::new(ReconstructionError::mse(&model).score(all)?.to_vec(), labels)?,
        pca: Method::new(ReconstructionError::mse(&pca).score(all)?.to_vec(), labels)?,
        nearest_neighbours: Method::new(digits.neighbour_scores()?, labels)?,
        history: trained.history,
    };
    let Method { scores, threshold, .. } = &measured.autoencoder;
    model.threshold = Some(threshold.clone());
    model.save(output.folder())?;
    let metrics = measured.metrics(labels, model.n_parameters(), run);
    output.write_scores(scores, labels, |score| threshold.is_anomalous(score))?;
    output.write_metrics(&metrics)?;

    let redrawn = Redrawn {
        first: model.reconstruct(all.slice_axis(Axis(0), Slice::from(..12)))?,
        flagged: model.reconstruct(digits.at(&measured.autoencoder.flagged()).view())?,
    };
    write_report(&output, &digits, &measured, &metrics, &redrawn)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
