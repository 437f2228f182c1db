use std::fs;

use novelty_models::{Device, load_any};
use novelty_report::{Scheme, check_page};
use serde_json::Value;

use crate::example;

#[test]
fn it_names_every_window_and_its_report_reads_well() {
    let folder = tempfile::tempdir().unwrap();
    let output = example("camera_problems").arg("--out").arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metrics = fs::read_to_string(folder.path().join("metrics.json")).unwrap();
    let metrics: Value = serde_json::from_str(&metrics).unwrap();
    assert_eq!(metrics["n_windows"], 30);
    let cameras = metrics["cameras"].as_array().unwrap();
    assert_eq!(cameras.len(), 7);
    for camera in cameras {
        for part in ["before", "rerendered", "after"] {
            let area = camera[part]["roc_auc"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&area), "{camera}");
        }
    }
    // Style features need no training: they name most problems in the shortest run, too.
    assert!(metrics["n_named_by_features"].as_u64().unwrap() >= 10, "{metrics}");
    assert_eq!(load_any(folder.path(), Device::Cpu).unwrap().kind(), "style_vae_gan");
    let html = fs::read_to_string(folder.path().join("report.html")).unwrap();
    for (width, scheme) in [(375, Scheme::Light), (1440, Scheme::Dark)] {
        match check_page(&html, width, scheme).unwrap() {
            Some(page) => assert!(page.problems().is_empty(), "{width}: {:?}", page.problems()),
            None => println!("skipped: no browser on this machine"),
        }
    }
}
