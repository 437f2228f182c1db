//! Inputs on which other libraries are known to be wrong, one by one.
//!
//! linfa 0.8.1 is what the comments speak of: its `silhouette_score` and its `roc`.

use ndarray::{Array2, array};
use novelty_core::InputError;
use novelty_metrics::{MetricsError, roc_auc, roc_curve, silhouette_samples, silhouette_score};

#[test]
fn a_singleton_has_silhouette_zero() {
    // linfa counts it as 1, which gives 0.9296.
    let x = array![[0.0], [1.0], [10.0]];
    assert_eq!(silhouette_samples(x.view(), &[0, 0, 1]), Ok(vec![0.9, 8.0 / 9.0, 0.0]));
    let score = silhouette_score(x.view(), &[0, 0, 1]).unwrap();
    assert!((score - 0.596_296_296_296_296_2).abs() < 1e-15, "{score}");
}

#[test]
fn as_many_clusters_as_samples_have_no_silhouette() {
    // linfa gives 1, the best there is, so that a search over the number of clusters ends here.
    let x = array![[0.0], [1.0], [10.0]];
    let error = MetricsError::ClusterCount { n_clusters: 3, n_samples: 3 };
    assert_eq!(silhouette_score(x.view(), &[0, 1, 2]), Err(error));
}

#[test]
fn one_cluster_has_no_silhouette() {
    // linfa gives 1.
    let x = array![[0.0], [1.0], [10.0]];
    let error = MetricsError::ClusterCount { n_clusters: 1, n_samples: 3 };
    assert_eq!(silhouette_score(x.view(), &[0, 0, 0]), Err(error));
}

#[test]
fn identical_points_have_silhouette_zero() {
    // linfa gives NaN.
    let x = Array2::from_elem((4, 2), 0.1);
    assert_eq!(silhouette_score(x.view(), &[0, 0, 1, 1]), Ok(0.0));
}

#[test]
fn a_label_too_few_is_an_error() {
    // linfa panics.
    let x = array![[0.0], [1.0], [10.0]];
    let error = InputError::Length { left: "x", left_len: 3, right: "labels", right_len: 2 };
    assert_eq!(silhouette_score(x.view(), &[0, 1]), Err(error.into()));
}

#[test]
fn negative_scores_count() {
    // linfa drops them.
    assert_eq!(roc_auc(&[-2.0, -1.0, -3.0, 0.5], &[false, true, true, false]), Ok(0.25));
    assert_eq!(roc_auc(&[-1.0, -2.0], &[true, false]), Ok(1.0));
}

#[test]
fn a_score_of_nan_is_an_error() {
    // linfa drops it.
    let result = roc_auc(&[0.1, f32::NAN, 0.9], &[false, true, true]);
    match result {
        Err(MetricsError::Input(InputError::NotFinite { place: "scores", index: 1, .. })) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn ties_are_equal_scores_and_not_close_ones() {
    // linfa ties what is within 1e-10.
    assert_eq!(roc_auc(&[1e-11, 2e-11], &[false, true]), Ok(1.0));
    assert_eq!(roc_auc(&[2e-11, 2e-11], &[false, true]), Ok(0.5));
}

#[test]
fn the_curve_begins_at_zero_even_if_the_lowest_score_is_zero() {
    // linfa leaves out (0, 0), and gives 0.5.
    let (scores, labels) = ([0.0, 0.0, 0.5, 1.0], [true, false, false, true]);
    assert_eq!(roc_auc(&scores, &labels), Ok(0.625));
    let curve = roc_curve(&scores, &labels).unwrap();
    assert_eq!((curve.fpr[0], curve.tpr[0]), (0.0, 0.0));
    assert_eq!(curve.area(), 0.625);
}

#[test]
fn samples_beyond_the_integers_of_f32_are_counted() {
    // linfa counts in f32, which sticks at 16,777,216.
    let n = 16_777_216 + 3;
    let labels: Vec<bool> = (0..n).map(|i| i == n - 1).collect();
    let scores: Vec<f32> = (0..n).map(|i| if i < 2 { 2.0 } else { 1.0 }).collect();
    // The one positive loses to two normal samples and ties with the rest.
    let negatives = (n - 1) as f64;
    assert_eq!(roc_auc(&scores, &labels), Ok((negatives - 2.0) / 2.0 / negatives));
    assert_eq!(roc_curve(&scores, &labels).unwrap().n_negatives, n as u64 - 1);
}
