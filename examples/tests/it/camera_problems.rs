use std::fs;

use novelty_examples::camera_problems::PROBLEMS;
use novelty_models::{Device, load_any};
use serde_json::Value;

use crate::smoke;

#[test]
fn it_names_problems_and_looks_for_anomalies_through_every_camera() {
    let folder = smoke("camera_problems");
    let metrics = fs::read_to_string(folder.join("metrics.json")).unwrap();
    let metrics: Value = serde_json::from_str(&metrics).unwrap();
    let windows = metrics["windows"]["broken"].as_array().unwrap();
    assert_eq!((windows.len(), &metrics["n_windows"]), (30, &30.into()));
    for (i, window) in windows.iter().enumerate() {
        assert_eq!(window["problem"], PROBLEMS[i / 5].name());
        assert_eq!(window["severity"], 1 + i % 5);
    }
    let cameras = metrics["cameras"].as_array().unwrap();
    assert_eq!((cameras.len(), &cameras[0]["problem"]), (7, &"none".into()));
    for camera in cameras {
        for part in ["before", "rerendered", "after"] {
            for share in ["roc_auc", "false_alarms", "found"] {
                let share = camera[part][share].as_f64().unwrap();
                assert!((0.0..=1.0).contains(&share), "{camera}");
            }
        }
    }
    // Through a sound camera, components of 48 pictures tell threes from other digits.
    assert!(cameras[0]["before"]["roc_auc"].as_f64().unwrap() > 0.8, "{}", cameras[0]);
    // Style features need no training: they name most problems in the shortest run, too.
    let features = &metrics["by_features"];
    assert!(features["n_right"].as_u64().unwrap() >= 10, "{features}");
    assert!(features["severity_error"].as_f64().unwrap() <= 2.0, "{features}");
    assert_eq!(load_any(&folder, Device::Cpu).unwrap().kind(), "style_vae_gan");
}
