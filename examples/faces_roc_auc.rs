//! Four tiers of autoencoders for faces, and one ROC curve each.
//!
//! Source: National Taiwan University, *Machine Learning 2021*, homework 8, anomaly detection.
//! Data: by default washers drawn with and without defects at 64x64 in colour, which stand in for
//! the faces, since nothing of those is bundled: the published figures are of other images. The
//! homework's own arrays by `--train` and `--test`, which are streamed and may be larger than
//! memory; scikit-image's small set of faces by `--lfw`. Time: about five minutes on two cores.
//!
//!     cargo run --release -p novelty-examples --example faces_roc_auc
//!     cargo run --release -p novelty-examples --example faces_roc_auc -- --lfw lfw_subset.npy

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use std::path::PathBuf;

use clap::Parser;
use novelty_examples::faces_roc_auc::{Settings, Task, judge, write_results};
use novelty_examples::{CommonArguments, Output};

/// Trains the three published tiers of face autoencoders and a stronger one on normal images,
/// and compares their ROC curves with principal components'.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    /// Normal images to train on: an array of n x 64 x 64 x 3, or another size
    #[arg(long, value_name = "A.npy", requires = "test")]
    train: Option<PathBuf>,

    /// Images to score
    #[arg(long, value_name = "B.npy", requires = "train")]
    test: Option<PathBuf>,

    /// What the images to score are: 1 an anomaly, 0 not
    #[arg(long, value_name = "C.npy", requires = "test")]
    labels: Option<PathBuf>,

    /// scikit-image's 100 faces and 100 other images: trains on 70 faces, tests on the rest
    #[arg(long, value_name = "lfw_subset.npy", conflicts_with = "train")]
    lfw: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { common, train, test, labels, lfw } = Arguments::parse();
    let threads = common.apply_threads()?;
    let output = Output::create(common.out_or("faces_roc_auc"))?;
    let task = match (lfw, train.zip(test)) {
        (Some(path), _) => Task::small_faces(&path)?,
        (None, Some((train, test))) => Task::arrays(&train, &test, labels.as_deref())?,
        (None, None) => Task::washers(common.seed, common.smoke)?,
    };
    let settings = Settings::new(&common, &task, threads);
    let methods = judge(&task, &settings)?;
    write_results(&output, &task, &settings, &methods)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
