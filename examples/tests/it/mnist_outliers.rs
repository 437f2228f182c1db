use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::yield_now;

use novelty_core::Reconstruct;
use novelty_examples::mnist_outliers::Digits;
use novelty_models::{ConvAutoencoder, Device};
use novelty_scoring::mean_squared_error;
use serde_json::Value;

use crate::example;

const FILES: [&str; 10] = [
    "flagged.png",
    "histogram.png",
    "losses.png",
    "metrics.json",
    "model.json",
    "model.safetensors",
    "reconstructions.png",
    "report.html",
    "roc.png",
    "scores.csv",
];

const METRICS: [&str; 17] = [
    "/n_parameters",
    "/final_train_mse",
    "/final_val_mse",
    "/threshold_q999",
    "/n_flagged_q999",
    "/n_true_flagged_q999",
    "/recall_q999",
    "/n_flagged_q99",
    "/n_true_flagged_q99",
    "/recall_q99",
    "/roc_auc",
    "/pca/roc_auc",
    "/pca/recall_q99",
    "/nearest_neighbours/roc_auc",
    "/nearest_neighbours/recall_q99",
    "/seed",
    "/threads",
];

fn run(out: &Path) {
    let output = example("mnist_outliers").arg("--out").arg(out).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// The scores of the file, as they were written.
fn scores(folder: &Path) -> Vec<f32> {
    let text = fs::read_to_string(folder.join("scores.csv")).unwrap();
    let score = |line: &str| line.split(',').nth(1).unwrap().parse().unwrap();
    text.lines().skip(1).map(score).collect()
}

#[test]
fn it_writes_what_it_says_and_one_seed_gives_the_same_bits() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(first.path());
    run(second.path());
    assert_eq!(names(first.path()), FILES.map(str::to_owned).into());
    assert_eq!(scores(first.path()), scores(second.path()));
    let weights = |folder: &Path| fs::read(folder.join("model.safetensors")).unwrap();
    assert!(weights(first.path()) == weights(second.path()));

    let metrics = fs::read_to_string(first.path().join("metrics.json")).unwrap();
    let metrics: Value = serde_json::from_str(&metrics).unwrap();
    for name in METRICS {
        let value = metrics.pointer(name);
        assert!(value.is_some_and(Value::is_number), "{name} is {value:?}");
    }
    assert_eq!(metrics["n_parameters"], 178_385);
    assert_eq!(metrics["seed"], 42);
}

/// The checkpoint scores as the run that wrote it did, to the bit.
#[test]
fn the_checkpoint_gives_the_scores_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    novelty_models::set_threads(1).unwrap();
    let model = ConvAutoencoder::load(folder.path(), Device::Cpu).unwrap();
    let digits = Digits::read(&novelty_examples::bundled_mnist(), 42, true).unwrap();
    let redrawn = model.reconstruct(digits.images()).unwrap();
    let again = mean_squared_error(digits.images(), redrawn.view()).unwrap();
    assert_eq!(again.to_vec(), scores(folder.path()));
    let threshold = model.threshold.unwrap();
    assert_eq!((threshold.rule.as_str(), threshold.n_reference), ("quantile(0.999)", 640));
}

/// Killed at any moment, here as soon as so many files have begun to appear, it leaves whole
/// files or none.
#[test]
fn a_kill_leaves_no_half_written_file() {
    for n_files in 0..=FILES.len() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = example("mnist_outliers")
            .arg("--out")
            .arg(folder.path())
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while names(folder.path()).len() < n_files && child.try_wait().unwrap().is_none() {
            yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        names(folder.path()).iter().for_each(|name| assert_whole(folder.path(), name));
    }
}

/// A temporary file, whose name starts with a dot, may be left; it is nobody's result.
fn assert_whole(folder: &Path, name: &str) {
    let bytes = fs::read(folder.join(name)).unwrap();
    let is_whole = match name.rsplit('.').next().unwrap() {
        _ if name.starts_with('.') => true,
        "safetensors" => ConvAutoencoder::load(folder, Device::Cpu).is_ok(),
        "png" => bytes.ends_with(b"IEND\xae\x42\x60\x82"),
        "html" => bytes.trim_ascii_end().ends_with(b"</html>"),
        "json" => serde_json::from_slice::<Value>(&bytes).is_ok(),
        "csv" => bytes.iter().filter(|&&byte| byte == b'\n').count() == 641,
        other => panic!("a file of kind {other}"),
    };
    assert!(is_whole, "{name} is cut off");
}

#[test]
fn a_folder_without_digits_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = example("mnist_outliers")
        .arg("--data")
        .arg(folder.path())
        .arg("--out")
        .arg(folder.path().join("out"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(text.contains(&*folder.path().to_string_lossy()), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}
