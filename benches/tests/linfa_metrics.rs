//! What linfa 0.8.1 answers where it is wrong, beside what we answer: the evidence behind
//! docs/NUMERICS.md. A test that fails here says that linfa has changed.

#![allow(clippy::float_cmp, reason = "exactness is what is tested")]
#![allow(clippy::unwrap_used, reason = "test helpers outside #[test] functions fail loudly too")]

use std::panic::catch_unwind;

use linfa::DatasetBase;
use linfa::dataset::Pr;
use linfa::prelude::{BinaryClassification, SilhouetteScore};
use ndarray::{Array1, Array2};
use novelty_metrics::{roc_auc, silhouette_score};

fn linfa_silhouette(x: &[f32], labels: &[usize]) -> f64 {
    let x = Array2::from_shape_fn((x.len(), 1), |(i, _)| f64::from(x[i]));
    DatasetBase::new(x, Array1::from(labels.to_vec())).silhouette_score().unwrap()
}

fn our_silhouette(x: &[f32], labels: &[usize]) -> Option<f64> {
    silhouette_score(Array2::from_shape_fn((x.len(), 1), |(i, _)| x[i]).view(), labels).ok()
}

fn linfa_auc(scores: &[f32], labels: &[bool]) -> f32 {
    let scores: Vec<Pr> = scores.iter().map(|&score| Pr::new_unchecked(score)).collect();
    scores.as_slice().roc(labels).unwrap().area_under_curve()
}

#[test]
fn silhouette_of_a_singleton() {
    let (x, labels) = ([0.0, 1.0, 10.0], [0, 0, 1]);
    assert!((linfa_silhouette(&x, &labels) - 0.9296).abs() < 1e-4);
    assert!((our_silhouette(&x, &labels).unwrap() - 0.5963).abs() < 1e-4);
}

#[test]
fn silhouette_of_one_cluster_and_of_as_many_as_samples() {
    for labels in [[0, 0, 0], [0, 1, 2]] {
        assert_eq!(linfa_silhouette(&[0.0, 1.0, 10.0], &labels), 1.0);
        assert_eq!(our_silhouette(&[0.0, 1.0, 10.0], &labels), None);
    }
}

#[test]
fn silhouette_of_identical_points() {
    assert!(linfa_silhouette(&[0.1; 4], &[0, 0, 1, 1]).is_nan());
    assert_eq!(our_silhouette(&[0.1; 4], &[0, 0, 1, 1]), Some(0.0));
}

#[test]
fn silhouette_with_a_label_too_few() {
    assert!(catch_unwind(|| linfa_silhouette(&[0.0, 1.0, 10.0], &[0, 1])).is_err());
    assert_eq!(our_silhouette(&[0.0, 1.0, 10.0], &[0, 1]), None);
}

#[test]
fn roc_of_negative_scores_and_nan() {
    // Only the last pair is left of the four samples.
    let (scores, labels) = ([-2.0, -1.0, 0.25, 0.5], [true, false, false, true]);
    assert_eq!(linfa_auc(&scores, &labels), 1.0);
    assert_eq!(roc_auc(&scores, &labels), Ok(0.5));
    let (scores, labels) = ([f32::NAN, 0.25, 0.5], [true, false, true]);
    assert_eq!(linfa_auc(&scores, &labels), 1.0);
    assert!(roc_auc(&scores, &labels).is_err());
}

#[test]
fn roc_of_scores_that_are_close() {
    let (scores, labels) = ([0.0, 1e-11, 2e-11, 3e-11], [false, false, true, true]);
    assert_eq!(linfa_auc(&scores, &labels), 0.0);
    assert_eq!(roc_auc(&scores, &labels), Ok(1.0));
}

#[test]
fn roc_whose_lowest_score_is_zero() {
    let (scores, labels) = ([0.0, 0.0, 0.5, 1.0], [true, false, false, true]);
    assert_eq!(linfa_auc(&scores, &labels), 0.5);
    assert_eq!(roc_auc(&scores, &labels), Ok(0.625));
}

#[test]
fn roc_beyond_the_integers_of_f32() {
    // Of 33 million normal samples the upper half is counted as none.
    let n = 1 << 25;
    let labels: Vec<bool> = (0..=n).map(|i| i == n).collect();
    let scores: Vec<f32> =
        (0..=n).map(|i| if i == n { 0.5 } else { 0.25 + 0.5 * (i % 2) as f32 }).collect();
    assert_eq!(roc_auc(&scores, &labels), Ok(0.5));
    assert_ne!(linfa_auc(&scores, &labels), 0.5);
}
