//! Notices that letters arrive where digits are expected, and does not mind noise.
//!
//! Source: Domino Data Lab, *Image drift detection*, with the denoising autoencoder of F. Chollet,
//! *Building Autoencoders in Keras*, 2016. Data: MNIST, bundled; notMNIST's letters by
//! `--data FOLDER`, else digits on their side and drawn machine parts take their place. Time:
//! a minute and a half on two cores; `--n-train 58000` learns from all digits, as published.
//!
//!     cargo run --release -p novelty-examples --example mnist_drift -- --data notmnist

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use clap::Parser;
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Dataset, Fit};
use novelty_data::InMemoryDataset;
use novelty_examples::mnist_drift::{Evaluation, NOISE, Populations, Watch, write_report};
use novelty_examples::{CommonArguments, EpochBar, Output};
use novelty_models::{AdadeltaConfig, DenoisingAutoencoderConfig, Loss, TrainConfig, Trainer};

/// Trains an autoencoder to take noise out of digits, and raises alerts when its loss on what
/// arrives is above that on digits. `--data` is a folder with images never seen in training, such
/// as notMNIST's letters, in files named as MNIST's; it learns from the bundled digits.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    /// Digits to learn from, at most 58,000; the other 2,000 set the baseline
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    n_train: usize,

    /// What a redrawing is held against when it raises alerts; both are reported
    #[arg(long, value_enum, default_value_t = Evaluation::Corrected)]
    evaluation: Evaluation,

    /// An alert by margin comes this share above the baseline loss
    #[arg(long, default_value_t = 0.1, value_name = "SHARE")]
    margin: f64,

    /// An alert by p-value comes below this probability
    #[arg(long, default_value_t = 0.01, value_name = "P")]
    significance: f64,
}

fn main() -> anyhow::Result<()> {
    let Arguments { common, n_train, evaluation, margin, significance } = Arguments::parse();
    let run = common.start()?;
    let output = Output::create(common.out_or("mnist_drift"))?;
    let populations = Populations::read(common.data.as_deref(), n_train, run.seed, run.smoke)?;

    let config = TrainConfig::new()
        .epochs(common.epochs_or(10))
        .batch_size(128)
        .learning_rate(1.0)
        .optimizer(AdadeltaConfig::default())
        .seed(run.seed)
        .device(common.device);
    let network = DenoisingAutoencoderConfig::new(populations.train.image_shape());
    let trainer = Trainer::new(network, config).loss(Loss::BinaryCrossEntropy).noise(NOISE);
    let held_out = InMemoryDataset::new(populations.validation.clean.clone())?;
    let trained = trainer.fit_dataset(&populations.train, Some(&held_out), &mut EpochBar::new())?;
    let pca: ImagePca = PcaConfig::new(64).fit(populations.train.images())?;

    let watch = Watch { model: &trained.model, pca: &pca, evaluation, margin, significance };
    let measured = watch.measure(&populations, trained.history, run)?;
    trained.model.save(output.folder())?;
    output.write_metrics(&measured.metrics)?;
    write_report(&output, &populations, &watch, &measured)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
