use std::fs;
use std::process::Command;

use novelty_examples::encoder_capacity::knee;
use serde_json::Value;

use crate::smoke::binary;
use crate::{example, smoke};

#[test]
fn it_measures_the_whole_grid() {
    let folder = smoke("encoder_capacity");
    let metrics = fs::read_to_string(folder.join("metrics.json")).unwrap();
    let metrics: Value = serde_json::from_str(&metrics).unwrap();
    let points = metrics["points"].as_array().unwrap();
    let places: Vec<_> =
        points.iter().map(|p| [&p["n_classes"], &p["size"]].map(|n| n.as_u64().unwrap())).collect();
    assert_eq!(places, [[2, 2], [2, 8], [2, 32], [3, 2], [3, 8], [3, 32]]);
    for point in points {
        for method in ["encoder", "pca"] {
            let mean = &point[method]["mean"];
            let accuracy = mean["neighbour_accuracy"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&accuracy), "{point}");
            assert!(mean["silhouette"].as_f64().unwrap().abs() <= 1.0, "{point}");
        }
        // Two digits on two components are no riddle.
        let pca = point["pca"]["mean"]["neighbour_accuracy"].as_f64().unwrap();
        let chance = 1.0 / point["n_classes"].as_f64().unwrap();
        assert!(pca > 1.2 * chance, "{point}");
    }
}

/// The same cells whatever the number of threads, as each encoder computes on one.
#[test]
fn threads_do_not_change_a_bit() {
    let one = fs::read_to_string(smoke("encoder_capacity").join("metrics.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new(binary("encoder_capacity"))
        .args(["--smoke", "--device", "cpu", "--threads", "2", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let two = fs::read_to_string(folder.path().join("metrics.json")).unwrap();
    let points = |text: &str| serde_json::from_str::<Value>(text).unwrap()["points"].clone();
    assert_eq!(points(&one), points(&two));
}

#[test]
fn a_knee_is_where_a_curve_bends() {
    let saturating = |x: f64| (x, 1.0 - (-1.5 * x).exp());
    let curve: Vec<_> = (0..6).map(|i| saturating(f64::from(i))).collect();
    assert_eq!(knee(&curve), Some(1.0));
    let rising: Vec<_> = curve.iter().map(|(x, y)| (*x, 5.0 + 0.1 * y)).collect();
    assert_eq!(knee(&rising), Some(1.0), "the scale of the axes does not matter");
    for none in [&[][..], &[(1.0, 2.0)], &[(1.0, 2.0), (2.0, 1.0)], &[(1.0, 2.0), (2.0, 2.0)]] {
        assert_eq!(knee(none), None);
    }
}

#[test]
fn a_folder_without_digits_is_an_error_that_names_it() {
    let mut command = example("encoder_capacity");
    let run = command.args(["--data", "/nowhere"]).output().unwrap();
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && text.contains("/nowhere"), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}
