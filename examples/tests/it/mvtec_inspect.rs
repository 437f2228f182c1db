use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ndarray::{Array3, Array4, Axis, Zip};
use novelty_core::Score;
use novelty_data::{InspectionCategory, InspectionConfig, Split};
use novelty_examples::mvtec_inspect::{Detector, DrawnDefect, Method, Training, draw_defect};
use novelty_models::Device;
use novelty_scoring::PatchMemoryConfig;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::example;

const FILES: [&str; 7] = [
    "drawn_chip.png",
    "heat_chip.png",
    "histogram_chip.png",
    "methods.png",
    "metrics.json",
    "report.html",
    "roc_chip.png",
];

fn run(out: &Path) -> Value {
    let output = example("mvtec_inspect").arg("--out").arg(out).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    serde_json::from_str(&fs::read_to_string(out.join("metrics.json")).unwrap()).unwrap()
}

/// Every method is measured on every category, and the one named is the best of the rehearsal,
/// whatever the test images say.
#[test]
fn it_names_the_best_of_the_rehearsal_and_one_seed_gives_the_same_numbers() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (metrics, again) = (run(first.path()), run(second.path()));
    let files: BTreeSet<String> = fs::read_dir(first.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "inspection")
        .collect();
    assert_eq!(files, FILES.map(str::to_owned).into());

    let of = |table: &str, method: &str| metrics[table][method]["chip"].as_f64().unwrap();
    for method in Method::ALL.map(Method::key) {
        for table in ["image_roc_auc", "pixel_roc_auc", "aupro", "rehearsal_roc_auc"] {
            assert!((0.0..=1.0).contains(&of(table, method)), "{table} of {method}");
            assert_eq!(metrics[table][method], again[table][method], "{table} of {method}");
        }
    }
    let named = metrics["named"]["chip"].as_str().unwrap();
    let rehearsed = Method::ALL.map(|method| of("rehearsal_roc_auc", method.key()));
    assert!(rehearsed.iter().all(|&area| area <= of("rehearsal_roc_auc", named)));
    assert_eq!(metrics["named_image_roc_auc"]["chip"], metrics["image_roc_auc"][named]["chip"]);
}

fn parts(split: Split, n: usize) -> Array4<f32> {
    let config = InspectionConfig::new().side(32);
    let mut images = Array4::zeros((n, 3, 32, 32));
    for (i, mut image) in images.outer_iter_mut().enumerate() {
        let sample = config.draw(InspectionCategory::Chip, split, None, i).unwrap();
        image.assign(&sample.image);
    }
    images
}

/// A detector pools its map as the library's scorer does.
#[test]
fn a_detector_scores_as_its_scorer() {
    let (train, test) = (parts(Split::Train, 14), parts(Split::Test, 5));
    let training = Training { epochs: 1, device: Device::Cpu, seed: 1 };
    let judged = Detector::fit(Method::Patches, train.view(), training).unwrap();
    let judged = judged.judge(test.view()).unwrap();
    let scores = PatchMemoryConfig::new();
    let scores = novelty_core::Fit::fit(&scores, train.view()).unwrap().score(test.view()).unwrap();
    for (ours, score) in judged.scores.iter().zip(&scores) {
        assert!((ours - score).abs() < 1e-5 * score, "{ours} and {score}");
    }
}

/// A drawn defect shows, stays within the image's range and changes a part of it only.
#[test]
fn drawn_defects_show_and_are_local() {
    let images = parts(Split::Train, 6);
    for kind in DrawnDefect::ALL {
        let drawn = |seed| -> Vec<Array3<f32>> {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            images.outer_iter().map(|image| draw_defect(image, kind, &mut rng)).collect()
        };
        assert_eq!(drawn(3), drawn(3));
        for (image, drawn) in images.outer_iter().zip(drawn(3)) {
            let mut largest = Array3::<f32>::zeros(image.dim()).sum_axis(Axis(0));
            for (a, b) in image.outer_iter().zip(drawn.outer_iter()) {
                Zip::from(&mut largest).and(&a).and(&b).for_each(|to, a, b| {
                    *to = to.max((a - b).abs());
                });
            }
            let n_changed = largest.iter().filter(|&&change| change > 0.05).count();
            assert!((1..512).contains(&n_changed), "{kind:?} changed {n_changed} of 1024 pixels");
            assert!(drawn.iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
}

#[test]
fn a_folder_without_categories_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = example("mvtec_inspect");
    let output = command.arg("--data").arg(folder.path()).arg("--out").arg(out).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(text.contains(&*folder.path().to_string_lossy()), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}
