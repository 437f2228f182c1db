use std::fs;
use std::path::Path;

use novelty_report::{Scheme, check_page};
use serde_json::Value;

use crate::example;

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
fn it_scores_by_every_tier_and_its_report_reads_well() {
    let folder = tempfile::tempdir().unwrap();
    let output = example("faces_roc_auc").arg("--out").arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metrics = metrics(folder.path());
    let methods = metrics["methods"].as_array().unwrap();
    let counts: Vec<_> = methods.iter().filter_map(|m| m["n_parameters"].as_u64()).collect();
    assert!(counts.ends_with(&[3_176_419, 47_355, 47_595, 234_052, 234_052, 234_052]));
    for method in methods {
        let area = method["roc_auc"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&area), "{method}");
    }
    let submission = fs::read_to_string(folder.path().join("submission.csv")).unwrap();
    assert_eq!(submission.lines().count(), 1 + metrics["n_test"].as_u64().unwrap() as usize);
    let html = fs::read_to_string(folder.path().join("report.html")).unwrap();
    for (width, scheme) in [(375, Scheme::Light), (1440, Scheme::Dark)] {
        match check_page(&html, width, scheme).unwrap() {
            Some(page) => assert!(page.problems().is_empty(), "{width}: {:?}", page.problems()),
            None => println!("skipped: no browser on this machine"),
        }
    }
}

/// Arrays of one's own, whose labels are not known.
#[test]
fn arrays_are_scored_without_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let values: Vec<u8> = (0..20 * 16 * 16 * 3).map(|i| (i * i / 7 % 251) as u8).collect();
    write_npy(&path("a.npy"), "(20, 16, 16, 3)", &values);
    write_npy(&path("b.npy"), "(6, 16, 16, 3)", &values[..6 * 16 * 16 * 3]);
    let mut command = example("faces_roc_auc");
    command.arg("--out").arg(path("out")).arg("--train").arg(path("a.npy"));
    let output = command.arg("--test").arg(path("b.npy")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metrics = metrics(&path("out"));
    assert_eq!((&metrics["n_train"], &metrics["n_test"]), (&20.into(), &6.into()));
    assert!(metrics["methods"][0]["roc_auc"].is_null());
    assert!(!path("out").join("roc.png").exists());
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = example("faces_roc_auc");
    command.arg("--out").arg(folder.path()).arg("--lfw").arg("no-such-faces.npy");
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("no-such-faces.npy"), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}
