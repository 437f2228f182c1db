use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::example;

const FILES: [&str; 5] =
    ["classes.png", "means.png", "metrics.json", "most_normal.png", "report.html"];

fn run(out: &Path, flags: &[&str]) -> Result<Value, String> {
    let output = example("one_vs_rest").args(flags).arg("--out").arg(out).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metrics = fs::read_to_string(out.join("metrics.json")).unwrap();
    Ok(serde_json::from_str(&metrics).unwrap())
}

fn areas(metrics: &Value, method: &str, class: &str) -> Vec<f64> {
    let areas = metrics["methods"][method]["classes"][class].as_array().unwrap();
    areas.iter().map(|area| area.as_f64().unwrap()).collect()
}

#[test]
fn every_method_runs_on_every_class_with_every_seed() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = run(folder.path(), &["--classes", "1,4", "--seeds", "2"]).unwrap();
    for name in FILES {
        assert!(folder.path().join(name).exists(), "{name} is missing");
    }
    assert_eq!(metrics["dataset"], "MNIST");
    assert_eq!(metrics["methods"].as_object().unwrap().len(), 9);
    for (method, n_seeds) in [("pca", 1), ("combination", 1), ("svdd", 2), ("vae", 2)] {
        for class in ["1", "4"] {
            let areas = areas(&metrics, method, class);
            assert_eq!(areas.len(), n_seeds, "{method}");
            assert!(areas.iter().all(|area| (0.0..=1.0).contains(area)));
        }
    }
    // Even 48 ones are enough for the simple methods.
    assert!(areas(&metrics, "edges", "1")[0] > 0.95);
    assert!(areas(&metrics, "neighbor", "1")[0] > 0.9);
    let measures = &metrics["methods"]["svdd"]["measures"];
    assert!(measures["distinct_scores"]["4"][0].as_f64().unwrap() > 0.9);
    assert!(measures["center_smallest"]["4"][1].as_f64().unwrap() >= 0.099);
}

#[test]
fn one_seed_gives_the_same_figures() {
    let figures = || {
        let folder = tempfile::tempdir().unwrap();
        let flags = ["--classes", "3", "--methods", "edges,combination,svdd-soft"];
        let metrics = run(folder.path(), &flags).unwrap();
        ["edges", "combination", "svdd-soft"].map(|method| areas(&metrics, method, "3"))
    };
    assert_eq!(figures(), figures());
}

#[test]
fn what_cannot_be_done_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let place = empty.to_string_lossy().into_owned();
    let out = folder.path().join("out");
    for (flags, says) in [
        (&["--dataset-dir", &place][..], place.as_str()),
        (&["--classes", "10"], "class 10"),
        (&["--seeds", "0"], "--seeds"),
        (&["--methods", "none"], "--methods"),
    ] {
        let error = run(&out, flags).unwrap_err();
        assert!(error.contains(says) && !error.contains("panicked"), "{error}");
    }
}
