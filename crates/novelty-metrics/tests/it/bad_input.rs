use novelty_core::InputError;
use novelty_metrics::{
    MetricsError, average_precision, confusion, f1_max, fpr_at_tpr, precision_recall_curve,
    roc_auc, roc_auc_partial, roc_curve, tpr_at_fpr,
};

type Metric = fn(&[f32], &[bool]) -> Result<(), MetricsError>;

const METRICS: [(&str, Metric); 9] = [
    ("roc_curve", |s, l| roc_curve(s, l).map(drop)),
    ("roc_auc", |s, l| roc_auc(s, l).map(drop)),
    ("roc_auc_partial", |s, l| roc_auc_partial(s, l, 0.3).map(drop)),
    ("tpr_at_fpr", |s, l| tpr_at_fpr(s, l, 0.3).map(drop)),
    ("fpr_at_tpr", |s, l| fpr_at_tpr(s, l, 0.3).map(drop)),
    ("precision_recall_curve", |s, l| precision_recall_curve(s, l).map(drop)),
    ("average_precision", |s, l| average_precision(s, l).map(drop)),
    ("f1_max", |s, l| f1_max(s, l).map(drop)),
    ("confusion", |s, l| confusion(s, l, 0.3).map(drop)),
];

#[test]
fn a_score_that_is_not_finite_is_named() {
    for (name, metric) in METRICS {
        for n in [3, 33, 200_000] {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let labels: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
                let mut scores = vec![0.5; n];
                scores[n - 2] = bad;
                match metric(&scores, &labels) {
                    Err(MetricsError::Input(InputError::NotFinite { place, index, value })) => {
                        assert_eq!((place, index), ("scores", n - 2), "{name}");
                        assert_eq!(value.to_bits(), bad.to_bits(), "{name}");
                    }
                    other => panic!("{name}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn unequal_lengths_and_emptiness_are_errors() {
    for (name, metric) in METRICS {
        let error = metric(&[0.1, 0.2], &[true, false, true]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "scores has 2 entries, labels has 3; they must be equal",
            "{name}"
        );
        let empty = MetricsError::Input(InputError::Empty { place: "scores" });
        assert_eq!(metric(&[], &[]), Err(empty), "{name}");
    }
}

#[test]
fn a_missing_class_is_an_error() {
    for (name, metric) in METRICS.iter().filter(|(name, _)| *name != "confusion") {
        let normal = MetricsError::OneClass { label: false, n: 3 };
        assert_eq!(metric(&[0.1, 0.2, 0.3], &[false; 3]), Err(normal), "{name}");
    }
    for (name, metric) in &METRICS[..5] {
        let anomalous = MetricsError::OneClass { label: true, n: 3 };
        assert_eq!(metric(&[0.1, 0.2, 0.3], &[true; 3]), Err(anomalous), "{name}");
    }
    let error = roc_auc(&[0.1], &[true]).unwrap_err();
    assert_eq!(error.to_string(), "all 1 labels are true; the metric needs false ones too");
}

#[test]
fn precision_needs_no_normal_sample() {
    assert_eq!(average_precision(&[0.1, 0.2], &[true; 2]), Ok(1.0));
    assert_eq!(f1_max(&[0.1, 0.2], &[true; 2]).unwrap().f1, 1.0);
}

#[test]
fn settings_out_of_range_are_errors() {
    let (scores, labels) = ([0.1, 0.2], [false, true]);
    for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(roc_auc_partial(&scores, &labels, bad).is_err());
        assert!(tpr_at_fpr(&scores, &labels, bad).is_err());
        assert!(fpr_at_tpr(&scores, &labels, bad).is_err());
    }
    let error = roc_auc_partial(&scores, &labels, 0.0).unwrap_err();
    assert_eq!(error.to_string(), "max_fpr is 0; it must be above 0 and at most 1");
    assert!(confusion(&scores, &labels, f32::NAN).is_err());
}

#[test]
fn a_threshold_beyond_all_scores_leaves_rates_undefined() {
    let counts = confusion(&[0.1, 0.2], &[false, true], f32::INFINITY).unwrap();
    assert_eq!((counts.precision(), counts.recall(), counts.f1()), (None, Some(0.0), Some(0.0)));
    assert_eq!(counts.accuracy(), Some(0.5));
}
