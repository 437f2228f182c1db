//! Four tiers of autoencoders for faces, and one ROC curve each.
//!
//! Source: National Taiwan University, *Machine Learning 2021*, homework 8, anomaly detection.
//! Data: by default washers drawn with and without defects at 64x64 in colour, which stand in for
//! the faces, since nothing of those is bundled: the published figures are of other images. The
//! homework's own arrays by `--train` and `--test`, which are streamed and may be larger than
//! memory; scikit-image's small set of faces by `--lfw`. Time: three minutes of one core.
//!
//!     cargo run --release -p novelty-examples --example faces_roc_auc
//!     cargo run --release -p novelty-examples --example faces_roc_auc -- --lfw lfw_subset.npy

#![expect(clippy::print_stdout, reason = "the place of the report is the result")]

use std::path::PathBuf;

use clap::Parser;
use novelty_examples::faces_roc_auc::{Metrics, Settings, Task, judge, write_report};
use novelty_examples::{CommonArguments, Output};
use novelty_scoring::write_submission;

/// Trains the three published tiers of face autoencoders and a stronger one on normal images,
/// and compares their ROC curves with principal components'. `--data` is a folder with the
/// homework's `trainingset.npy` and `testingset.npy`, or with `lfw_subset.npy`.
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
    let run = common.start()?;
    let output = Output::create(common.out_or("faces_roc_auc"))?;
    let task = match (lfw, train.zip(test), &common.data) {
        (Some(path), ..) => Task::small_faces(&path)?,
        (None, Some((train, test)), _) => Task::arrays(&train, &test, labels.as_deref())?,
        (None, None, Some(folder)) => Task::folder(folder)?,
        (None, None, None) => Task::washers(run.seed, run.smoke)?,
    };

    let settings = Settings::new(&common, &task);
    let methods = judge(&task, &settings)?;
    let metrics = Metrics::new(&task, &settings, &methods, run);
    output.write_metrics(&metrics)?;
    let scores = methods.last().map_or(&[][..], |method| &method.scores);
    write_submission(output.path("submission.csv"), scores)?;
    write_report(&output, &task, &methods, &metrics)?;
    println!("report: {}", output.path("report.html").display());
    Ok(())
}
