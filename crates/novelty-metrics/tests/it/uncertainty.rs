use novelty_core::InputError;
use novelty_metrics::{
    BootstrapConfig, MetricsError, average_precision, bootstrap, bootstrap_difference,
    compare_roc_auc, roc_auc, roc_auc_interval,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    labels: Vec<bool>,
    a: Vec<f32>,
    b: Vec<f32>,
    auc: (f64, f64),
    intervals: [(f64, f64); 2],
    z: f64,
    p_value: f64,
}

#[test]
fn delong_matches_mlstatkit() {
    let document: Document = serde_json::from_str(include_str!("../golden/delong.json")).unwrap();
    for Case { labels, a, b, auc, intervals, z, p_value } in document.cases {
        let comparison = compare_roc_auc(&a, &b, &labels).unwrap();
        let first = roc_auc_interval(&a, &labels, 0.95).unwrap();
        let second = roc_auc_interval(&b, &labels, 0.95).unwrap();
        for (got, expected) in [
            (comparison.auc_a, auc.0),
            (comparison.auc_b, auc.1),
            (comparison.z, z),
            (comparison.p_value, p_value),
            (first.lower, intervals[0].0),
            (first.upper, intervals[0].1),
            (second.lower, intervals[1].0),
            (second.upper, intervals[1].1),
        ] {
            assert!((got - expected).abs() < 1e-10, "{got}, expected {expected}");
        }
        assert_eq!(roc_auc(&a, &labels), Ok(comparison.auc_a));
        assert_eq!(first.value, comparison.auc_a);
        let swapped = compare_roc_auc(&b, &a, &labels).unwrap();
        assert_eq!((swapped.z, swapped.p_value), (-comparison.z, comparison.p_value));
    }
}

/// Scores of two detectors that share part of their noise.
fn detectors(n: usize, shift: (f32, f32), seed: u64) -> (Vec<f32>, Vec<f32>, Vec<bool>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let labels: Vec<bool> = (0..n).map(|i| i % 4 == 0).collect();
    let mut noise = || (0..6).map(|_| random.gen_range(-1.0_f32..1.0)).sum::<f32>();
    let (a, b) = labels
        .iter()
        .map(|&label| {
            let (common, anomalous) = (noise(), f32::from(u8::from(label)));
            (common + noise() + shift.0 * anomalous, common + noise() + shift.1 * anomalous)
        })
        .unzip();
    (a, b, labels)
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let (a, _, labels) = detectors(400_000, (1.5, 1.5), 0);
    let truth = roc_auc(&a, &labels).unwrap();
    let held = (1..=400).filter(|&seed| {
        let (a, _, labels) = detectors(120, (1.5, 1.5), seed);
        let interval = roc_auc_interval(&a, &labels, 0.9).unwrap();
        interval.lower <= truth && truth <= interval.upper
    });
    // 360 expected, standard deviation 6.
    let held = held.count();
    assert!((340..=380).contains(&held), "{held}");
}

#[test]
fn equal_detectors_differ_as_often_as_the_significance_says() {
    let rejected = (0..400).filter(|&seed| {
        let (a, b, labels) = detectors(120, (1.0, 1.0), seed);
        compare_roc_auc(&a, &b, &labels).unwrap().p_value < 0.1
    });
    // 40 expected, standard deviation 6.
    let rejected = rejected.count();
    assert!((20..=60).contains(&rejected), "{rejected}");
    let (a, b, labels) = detectors(2000, (2.0, 1.0), 1);
    assert!(compare_roc_auc(&a, &b, &labels).unwrap().p_value < 1e-6);
}

#[test]
fn a_detector_does_not_differ_from_itself() {
    let (a, _, labels) = detectors(100, (1.0, 1.0), 1);
    let comparison = compare_roc_auc(&a, &a, &labels).unwrap();
    assert_eq!((comparison.z, comparison.p_value), (0.0, 1.0));
    let (low, high) = ([0.1, 0.2, 0.8, 0.9], [0.9, 0.8, 0.2, 0.1]);
    let comparison = compare_roc_auc(&low, &high, &[false, false, true, true]).unwrap();
    assert_eq!((comparison.difference, comparison.p_value), (1.0, 0.0));
}

#[test]
fn bootstrap_and_delong_agree() {
    let (a, b, labels) = detectors(400, (1.5, 1.2), 5);
    let config = BootstrapConfig::new().n_resamples(2000).seed(1);
    let drawn = bootstrap(&a, &labels, &config, roc_auc).unwrap();
    let exact = roc_auc_interval(&a, &labels, 0.95).unwrap();
    assert_eq!(drawn.value, exact.value);
    assert!((drawn.standard_error / exact.standard_error - 1.0).abs() < 0.08);
    assert!((drawn.lower - exact.lower).abs() < 0.01 && (drawn.upper - exact.upper).abs() < 0.01);
    let drawn = bootstrap_difference((&a, &b), &labels, &config, roc_auc).unwrap();
    let exact = compare_roc_auc(&a, &b, &labels).unwrap();
    assert!((drawn.value - exact.difference).abs() < 1e-15);
    assert!((drawn.standard_error / exact.standard_error - 1.0).abs() < 0.08);
}

#[test]
fn a_bootstrap_depends_on_the_seed() {
    let (a, _, labels) = detectors(200, (1.0, 1.0), 2);
    let draw = |seed| {
        let config = BootstrapConfig::new().n_resamples(100).seed(seed);
        bootstrap(&a, &labels, &config, average_precision).unwrap()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(8), draw(7));
}

#[test]
fn bad_input_is_an_error() {
    let (scores, labels) = ([0.1, 0.2, 0.3], [false, true, false]);
    let error = MetricsError::TooFew { label: true, n: 1, needed: 2 };
    assert_eq!(roc_auc_interval(&scores, &labels, 0.95), Err(error.clone()));
    assert_eq!(compare_roc_auc(&scores, &scores, &labels), Err(error));
    let one_class = MetricsError::OneClass { label: false, n: 3 };
    assert_eq!(roc_auc_interval(&scores, &[false; 3], 0.95), Err(one_class.clone()));
    let config = BootstrapConfig::new();
    assert_eq!(bootstrap(&scores, &[false; 3], &config, roc_auc), Err(one_class));
    assert!(compare_roc_auc(&scores, &scores[..2], &labels).is_err());
    assert!(bootstrap_difference((&scores, &scores[..2]), &labels, &config, roc_auc).is_err());
    for confidence in [0.0, 1.0, -1.0, f64::NAN] {
        assert!(roc_auc_interval(&scores, &labels, confidence).is_err());
        let config = BootstrapConfig::new().confidence(confidence);
        assert!(bootstrap(&scores, &labels, &config, roc_auc).is_err());
    }
    let few = BootstrapConfig::new().n_resamples(1);
    assert_eq!(few.validate(), Err(InputError::setting("n_resamples", 1, "at least 2")));
    assert!(bootstrap(&[f32::NAN; 3], &labels, &config, roc_auc).is_err());
}
