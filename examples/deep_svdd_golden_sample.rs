//! Draws a sphere around a few golden samples: inside is good.
//!
//! Source: Gabriel Dornelles, *deep-anomaly-classification*, 2022. Data: the synthetic
//! inspection set, drawn on the spot, or a folder with `train/good` and `test/<kind>`. Time:
//! 134 s of one core (AMD EPYC).
//!
//!     cargo run --release -p novelty-examples --example deep_svdd_golden_sample
//!     cargo run --release -p novelty-examples --example deep_svdd_golden_sample -- --data mvtec/bottle

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use clap::Parser;
use ndarray::Axis;
use novelty_core::{Dataset, Threshold};
use novelty_examples::deep_svdd_golden_sample::{
    Baseline, Metrics, Parts, compare, judge, settings, write_report,
};
use novelty_examples::{CommonArguments, EpochBar, Output};
use novelty_models::TrainConfig;

/// Learns a few golden samples of a part, changed many times as a line changes good parts, by
/// Deep SVDD with a soft boundary, and judges good and bad parts: negative inside, positive
/// outside.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    /// Golden samples to learn from
    #[arg(long, value_name = "N", default_value_t = 8)]
    golden: usize,

    /// Changed copies of each
    #[arg(long, value_name = "N", default_value_t = 20)]
    copies: usize,
}

fn main() -> anyhow::Result<()> {
    let Arguments { common, golden, copies } = Arguments::parse();
    let (run, seed) = (common.start()?, common.seed);
    let output = Output::create(common.out_or("deep_svdd_golden_sample"))?;
    let (golden, copies, n_each) = if common.smoke { (2, 3, 2) } else { (golden, copies, 16) };
    let parts = match &common.data {
        Some(folder) => Parts::read(folder, golden)?,
        None => Parts::synthetic(seed, golden, n_each)?,
    };
    let train = parts.augmented(copies, seed)?;

    let epochs = common.epochs_or(10);
    let before = run.seconds();
    let config = settings(epochs, &TrainConfig::new().seed(seed).device(common.device));
    let trained = config.fit_dataset(&train, &mut EpochBar::new())?;
    let seconds_train = run.seconds() - before;
    let mut model = trained.model;
    let kinds = judge(&parts, &model, &Baseline::fit(&train)?)?;
    let metrics = Metrics {
        run,
        n_golden: parts.golden.len_of(Axis(0)),
        n_train: train.len(),
        n_parameters: model.n_parameters(),
        epochs,
        radius: model.radius().unwrap_or(0.0),
        comparison: compare(&kinds),
        kinds,
        seconds_train,
        seconds: run.seconds(),
    };
    // The boundary is the threshold: a score above 0 is outside.
    model.threshold = Some(Threshold::manual(0.0));
    model.save(output.folder())?;
    output.write_metrics(&metrics)?;
    write_report(&output, &parts, &metrics, trained.pretraining.as_ref(), &trained.history)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
