//! Parity with scikit-learn; `tests/golden/make_scores.py` made the values.

use std::collections::BTreeMap;

use novelty_metrics::{
    average_precision, confusion, f1_max, fpr_at_tpr, precision_recall_curve, roc_auc,
    roc_auc_partial, roc_curve, tpr_at_fpr,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    cases: Vec<Case>,
    large: Vec<Large>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    scores: Vec<f32>,
    labels: Vec<bool>,
    fpr: Vec<f64>,
    tpr: Vec<f64>,
    thresholds: Vec<f32>,
    dropped_thresholds: Vec<f32>,
    precision: Vec<f64>,
    recall: Vec<f64>,
    pr_thresholds: Vec<f32>,
    roc_auc: f64,
    partial: BTreeMap<String, f64>,
    average_precision: f64,
    f1_max: f64,
    tpr_at_fpr: BTreeMap<String, (f64, f64)>,
    fpr_at_tpr: BTreeMap<String, (f64, f64)>,
}

#[derive(Deserialize)]
struct Large {
    n: usize,
    levels: u64,
    roc_auc: f64,
    #[serde(rename = "partial_0.1")]
    partial: f64,
    average_precision: f64,
    f1_max: f64,
}

fn document() -> Document {
    serde_json::from_str(include_str!("../golden/scores.json")).unwrap()
}

#[track_caller]
fn assert_close(got: &[f64], expected: &[f64], case: &str) {
    assert_eq!(got.len(), expected.len(), "{case}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-12, "{case}: {got}, expected {expected}");
    }
}

#[test]
fn curves() {
    for case in document().cases {
        let curve = roc_curve(&case.scores, &case.labels).unwrap();
        assert_close(&curve.fpr, &case.fpr, &case.name);
        assert_close(&curve.tpr, &case.tpr, &case.name);
        assert_eq!(curve.thresholds[1..], case.thresholds, "{}", case.name);
        assert_close(&[curve.area()], &[case.roc_auc], &case.name);
        let dropped = curve.drop_intermediate();
        assert_eq!(dropped.thresholds[1..], case.dropped_thresholds, "{}", case.name);
        assert_close(&[dropped.area()], &[case.roc_auc], &case.name);

        let curve = precision_recall_curve(&case.scores, &case.labels).unwrap();
        assert_close(&curve.precision, &case.precision, &case.name);
        assert_close(&curve.recall, &case.recall, &case.name);
        assert_eq!(curve.thresholds, case.pr_thresholds, "{}", case.name);
    }
}

#[test]
fn areas() {
    for Case { name, scores, labels, roc_auc: area, partial, average_precision: ap, .. } in
        document().cases
    {
        assert_close(&[roc_auc(&scores, &labels).unwrap()], &[area], &name);
        assert_close(&[average_precision(&scores, &labels).unwrap()], &[ap], &name);
        for (max_fpr, expected) in partial {
            let max_fpr = max_fpr.parse().unwrap();
            let got = roc_auc_partial(&scores, &labels, max_fpr).unwrap();
            assert_close(&[got.standardised], &[expected], &name);
        }
    }
}

#[test]
fn operating_points() {
    for case in document().cases {
        let (scores, labels) = (&case.scores, &case.labels);
        for (limit, &(tpr, fpr)) in &case.tpr_at_fpr {
            let point = tpr_at_fpr(scores, labels, limit.parse().unwrap()).unwrap();
            assert_close(&[point.tpr, point.fpr], &[tpr, fpr], &case.name);
            let counts = confusion(scores, labels, point.threshold).unwrap();
            assert_eq!((counts.recall(), counts.fpr()), (Some(point.tpr), Some(point.fpr)));
        }
        for (limit, &(tpr, fpr)) in &case.fpr_at_tpr {
            let point = fpr_at_tpr(scores, labels, limit.parse().unwrap()).unwrap();
            assert_close(&[point.tpr, point.fpr], &[tpr, fpr], &case.name);
            let counts = confusion(scores, labels, point.threshold).unwrap();
            assert_eq!((counts.recall(), counts.fpr()), (Some(point.tpr), Some(point.fpr)));
        }
        let best = f1_max(scores, labels).unwrap();
        assert_close(&[best.f1], &[case.f1_max], &case.name);
        let counts = confusion(scores, labels, best.threshold).unwrap();
        assert_close(&[counts.f1().unwrap()], &[case.f1_max], &case.name);
        assert_eq!(counts.precision(), Some(best.precision), "{}", case.name);
        assert_eq!(counts.recall(), Some(best.recall), "{}", case.name);
    }
}

/// The generator of `make_scores.py`.
fn generated(n: usize, levels: u64) -> (Vec<f32>, Vec<bool>) {
    let mut state = 1_u64;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (((state >> 33) % levels) as f32, state >> 60 == 0)
        })
        .unzip()
}

#[test]
fn sets_of_many_chunks() {
    for Large { n, levels, roc_auc: area, partial, average_precision: ap, f1_max: f1 } in
        document().large
    {
        let (scores, labels) = generated(n, levels);
        assert_close(&[roc_auc(&scores, &labels).unwrap()], &[area], "area");
        assert_close(&[roc_curve(&scores, &labels).unwrap().area()], &[area], "curve");
        let got = roc_auc_partial(&scores, &labels, 0.1).unwrap();
        assert_close(&[got.standardised], &[partial], "partial");
        assert_close(&[average_precision(&scores, &labels).unwrap()], &[ap], "precision");
        assert_close(&[f1_max(&scores, &labels).unwrap().f1], &[f1], "f1");
    }
}
