use std::fs;
use std::path::Path;

use ndarray::Array4;
use novelty_core::Reconstruct;
use novelty_examples::bundled_mnist;
use novelty_examples::mnist_drift::{
    AlertRules, Arriving, Evaluation, Populations, Streams, cross_entropies, mean,
};
use novelty_models::ModelError;
use serde_json::Value;

use crate::{example, smoke};

fn metrics(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("metrics.json")).unwrap()).unwrap()
}

#[test]
fn it_measures_every_population_by_both_evaluations() {
    let metrics = metrics(&smoke("mnist_drift"));
    assert_eq!(metrics["n_parameters"], 28_353);
    let populations = metrics["populations"].as_array().unwrap();
    let names: Vec<_> = populations.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["digits", "digits on their side", "drawn machine parts"]);
    let baseline = metrics["baseline_loss"].as_f64().unwrap();
    for population in populations {
        for loss in ["corrected", "faithful"] {
            let part = &population[loss];
            let (value, increase) = (&part["loss"], &part["increase"]);
            let expected = value.as_f64().unwrap() / baseline - 1.0;
            assert!((increase.as_f64().unwrap() - expected).abs() < 1e-9, "{population}");
        }
    }
    // Two windows by two shares, and both rules in each.
    assert_eq!(metrics["alerts"].as_array().unwrap().len(), 4);
}

/// The folder of letters is read, and comes first; here the bundled digits pose as letters.
#[test]
fn another_alphabet_is_what_the_streams_change_to() {
    let folder = tempfile::tempdir().unwrap();
    let run = example("mnist_drift")
        .arg("--data")
        .arg(bundled_mnist())
        .args(["--evaluation", "faithful", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let metrics = metrics(folder.path());
    assert_eq!(metrics["streams_change_to"], "letters");
    assert_eq!(metrics["evaluation"], "faithful");
    assert_eq!(metrics["populations"].as_array().unwrap().len(), 4);
}

/// Redraws every image in gray.
struct Gray;

impl Reconstruct for Gray {
    type Error = ModelError;

    fn reconstruct(&self, images: novelty_core::Images<'_>) -> Result<Array4<f32>, ModelError> {
        Ok(Array4::from_elem(images.dim(), 0.5))
    }
}

/// The trap of the published code: its loss does not ask what the image was.
#[test]
fn the_faithful_evaluation_is_the_entropy_of_what_was_drawn() {
    let populations = Populations::read(None, 64, 7, true).unwrap();
    for population in [&populations.digits, &populations.unseen[1]] {
        let losses = cross_entropies(&Gray, population, Evaluation::Faithful).unwrap();
        assert!(losses.iter().all(|loss| (f64::from(*loss) - 2f64.ln()).abs() < 1e-6));
    }
    assert!(populations.digits.noisy.iter().all(|x| (0.0..=1.0).contains(x)));
    assert_ne!(populations.digits.noisy, populations.digits.clean);
}

/// On losses of known distributions, the p-value keeps its share of false alarms and a margin
/// does not; a change of everything is found within a window.
#[test]
fn rules_do_what_they_say() {
    let normal = |i: usize| 0.1 + 0.03 * ((i * 7919 % 1000) as f32 / 1000.0 - 0.5);
    let digits: Vec<f32> = (0..1000).map(normal).collect();
    let unseen: Vec<f32> = digits.iter().map(|loss| loss + 0.05).collect();
    let reference = digits.clone();
    let rules = AlertRules {
        baseline: mean(&digits),
        margin: 0.02,
        significance: 0.05,
        reference,
        seed: 3,
    };
    let mut streams = Streams::new(true);
    (streams.n_quiet_windows, streams.n_streams, streams.shares) = (400, 10, vec![1.0]);
    let arriving = Arriving { digits: &digits, unseen: &unseen };
    let reports = streams.run(&rules, arriving).unwrap();
    for report in &reports {
        let deviation = (0.05f64 * 0.95 / 400.0).sqrt();
        assert!((report.p_value.false_alarms - 0.05).abs() < 3.0 * deviation, "{report:?}");
        assert!(report.p_value.found > 0.99 && report.p_value.delay <= report.window as f64);
        assert!(report.margin.found > 0.99 && report.margin.delay <= report.window as f64);
    }
    // The mean of 8 such losses has a deviation of 3 % of it, that of 32 half as much.
    assert!(reports[0].margin.false_alarms > 0.2 && reports[1].margin.false_alarms < 0.15);
}

#[test]
fn a_folder_without_images_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = example("mnist_drift").arg("--data").arg(folder.path()).output().unwrap();
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success());
    assert!(
        text.contains(&*folder.path().to_string_lossy()) && !text.contains("panicked"),
        "{text}"
    );
}
