use std::fs;
use std::path::Path;

use novelty_core::Score;
use novelty_examples::deep_svdd_golden_sample::Parts;
use novelty_models::{DeepSvdd, Device, GrayAutoencoderConfig};
use serde_json::Value;

use crate::example;

const FILES: [&str; 8] = [
    "metrics.json",
    "model.json",
    "model.safetensors",
    "outside.png",
    "parts.png",
    "pretraining.png",
    "radius.png",
    "report.html",
];

fn run(out: &Path, flags: &[&str]) -> Result<Value, String> {
    let mut command = example("deep_svdd_golden_sample");
    let output = command.args(flags).arg("--out").arg(out).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metrics = fs::read_to_string(out.join("metrics.json")).unwrap();
    Ok(serde_json::from_str(&metrics).unwrap())
}

#[test]
fn it_writes_what_it_says_and_the_checkpoint_scores_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = run(folder.path(), &[]).unwrap();
    for name in FILES {
        assert!(folder.path().join(name).exists(), "{name} is missing");
    }
    assert_eq!(metrics["n_parameters"], 308_000);
    assert_eq!((&metrics["n_golden"], &metrics["n_train"]), (&2.into(), &8.into()));
    let kinds = metrics["kinds"].as_array().unwrap();
    assert_eq!(kinds.len(), 6);

    novelty_models::set_threads(1).unwrap();
    let model = DeepSvdd::<GrayAutoencoderConfig>::load(folder.path(), Device::Cpu).unwrap();
    let parts = Parts::synthetic(42, 2, 2).unwrap();
    for (kind, judged) in parts.kinds.iter().zip(kinds) {
        let scores = model.score(kind.images.view()).unwrap();
        for (score, written) in scores.iter().zip(judged["svdd"]["scores"].as_array().unwrap()) {
            assert!((f64::from(*score) - written.as_f64().unwrap()).abs() < 1e-6, "{}", kind.name);
        }
    }
}

#[test]
fn a_folder_without_parts_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_string_lossy().into_owned();
    let error = run(&folder.path().join("out"), &["--data", &place]).unwrap_err();
    assert!(error.contains(&place) && !error.contains("panicked"), "{error}");
}
