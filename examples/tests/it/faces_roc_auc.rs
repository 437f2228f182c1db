use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{example, smoke};

fn metrics(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("metrics.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A `.npy` file of bytes.
fn write_npy(path: &Path, shape: &str, values: &[u8]) {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(header.into_bytes());
    bytes.extend(values);
    fs::write(path, bytes).unwrap();
}

#[test]
fn it_scores_by_every_tier() {
    let folder = smoke("faces_roc_auc");
    let metrics = metrics(&folder);
    let methods = metrics["methods"].as_array().unwrap();
    let counts: Vec<_> = methods.iter().filter_map(|m| m["n_parameters"].as_u64()).collect();
    assert!(counts.ends_with(&[3_176_419, 47_355, 47_595, 234_052, 234_052, 234_052]));
    for method in methods {
        let area = method["roc_auc"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&area), "{method}");
        assert!(method["seconds_train"].as_f64().unwrap() > 0.0, "{method}");
    }
    // Each network stands beside the best number of components.
    let cheap = methods.iter().filter(|m| m["is_baseline"] == true);
    let best = cheap.map(|m| m["roc_auc"].as_f64().unwrap()).fold(0.0, f64::max);
    let rows = metrics["comparison"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row["baselines"][0] == format!("{best:.4}")), "{rows:?}");
    let submission = fs::read_to_string(folder.join("submission.csv")).unwrap();
    assert_eq!(submission.lines().count(), 1 + metrics["n_test"].as_u64().unwrap() as usize);
}

/// Arrays of one's own, whose labels are not known.
#[test]
fn arrays_are_scored_with_and_without_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let values: Vec<u8> = (0..20 * 16 * 16 * 3).map(|i| (i * i / 7 % 251) as u8).collect();
    write_npy(&path("trainingset.npy"), "(20, 16, 16, 3)", &values);
    write_npy(&path("testingset.npy"), "(6, 16, 16, 3)", &values[..6 * 16 * 16 * 3]);
    write_npy(&path("labels.npy"), "(6,)", &[0, 1, 0, 0, 1, 0]);
    let run = |arguments: &mut dyn FnMut(&mut Command)| {
        let mut command = example("faces_roc_auc");
        arguments(command.arg("--out").arg(path("out")));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        metrics(&path("out"))
    };
    let metrics = run(&mut |command| {
        command.arg("--data").arg(folder.path());
    });
    assert_eq!((&metrics["n_train"], &metrics["n_test"]), (&20.into(), &6.into()));
    assert!(metrics["methods"][0]["roc_auc"].is_null() && metrics["n_anomalous"].is_null());
    assert!(!path("out").join("roc.png").exists());
    let metrics = run(&mut |command| {
        let files = [("--train", "trainingset"), ("--test", "testingset"), ("--labels", "labels")];
        for (flag, name) in files {
            command.arg(flag).arg(path(&format!("{name}.npy")));
        }
    });
    assert_eq!(metrics["n_anomalous"], 2);
    assert!(metrics["methods"][0]["roc_auc"].is_f64() && path("out").join("roc.png").exists());
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, value, expected) in [
        ("--lfw", Path::new("no-such-faces.npy"), "no-such-faces.npy"),
        ("--data", folder.path(), "testingset.npy"),
    ] {
        let mut command = example("faces_roc_auc");
        let output = command.arg("--out").arg(folder.path()).arg(flag).arg(value).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(expected), "{text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}
