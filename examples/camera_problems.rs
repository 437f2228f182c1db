//! Which problem has the camera, how bad is it, and what is left when it is taken away?
//!
//! Source: uncleDecart, *data_drift*, 2021: its open research part, style against content by a
//! VAEGAN, of which no result was published. Data: handwritten digits, bundled; one digit is the
//! product, the others are anomalies; six camera problems are made of them. Time: under
//! two minutes of one core.
//!
//!     cargo run --release -p novelty-examples --example camera_problems

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use clap::Parser;
use novelty_examples::camera_problems::{
    Digits, Metrics, PROBLEMS, diagnose, sensitivities, styles, write_report,
};
use novelty_examples::{CommonArguments, EpochBar, Output, bundled_mnist};
use novelty_models::{StyleVaeGanConfig, StyleVaeGanTrainer, TrainConfig, VaeGanConfig};

/// Trains an adversarial autoencoder that tells what a picture shows from how the camera took
/// it, names camera problems, and draws pictures anew as a sound camera would have taken them.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    /// The digit that is the product
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=9))]
    digit: u8,

    /// Images to learn from
    #[arg(long, default_value_t = 800, value_parser = clap::value_parser!(u16).range(20..=4000))]
    images: u16,
}

fn main() -> anyhow::Result<()> {
    let Arguments { common, digit, images } = Arguments::parse();
    let run = common.start()?;
    let output = Output::create(common.out_or("camera_problems"))?;
    let folder = common.data.clone().unwrap_or_else(bundled_mnist);
    let digits = Digits::read(&folder, digit.into(), images.into(), common.smoke)?;

    let config = TrainConfig::new()
        .epochs(common.epochs_or(10))
        .batch_size(64)
        .seed(run.seed)
        .device(common.device);
    let shape = digits.shape();
    let network = StyleVaeGanConfig::new(shape, 1 + PROBLEMS.len())
        .base(VaeGanConfig::new(shape).n_features(16));
    let styles = styles(&digits.train, run.seed)?;
    let trainer = StyleVaeGanTrainer::new(network, config);
    let all: Vec<_> = styles.iter().collect();
    let trained = trainer.fit_styles(&all, &mut EpochBar::new())?;
    trained.model.save(output.folder())?;

    let windows = diagnose(&digits, &trained.model, run.seed)?;
    let cameras = sensitivities(&digits, &trained.model, run.seed)?;
    let metrics = Metrics::new(&digits, &trained, windows, cameras, run);
    output.write_metrics(&metrics)?;
    write_report(&output, &digits, &trained, &metrics)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
