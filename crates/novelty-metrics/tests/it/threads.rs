//! No result depends on the number of threads, by as much as a bit.

use std::fmt::Debug;

use ndarray::{Array2, Array3};
use novelty_metrics::{
    BootstrapConfig, ScoreAccumulator, ScoreHistogram, adjusted_mutual_information, aupro,
    average_precision, bootstrap, bootstrap_difference, calinski_harabasz_score, compare_roc_auc,
    confusion, davies_bouldin_score, f1_max, fpr_at_tpr, pixel_roc_auc, precision_recall_curve,
    roc_auc, roc_auc_interval, roc_auc_partial, roc_curve, silhouette_samples, silhouette_score,
    silhouette_score_sampled, tpr_at_fpr,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The debug form of a float is the shortest that reads back to the same bits.
#[track_caller]
fn assert_same<R: Debug + Send>(result: impl Fn() -> R + Sync) {
    let on = |n_threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        format!("{:?}", pool.install(&result))
    };
    let one = on(1);
    for n_threads in [2, 3, 7] {
        assert!(on(n_threads) == one, "{n_threads} threads");
    }
}

fn samples(n: usize, seed: u64) -> (Vec<f32>, Vec<bool>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let sample = |_| {
        let label = random.gen_bool(0.1);
        let noise: f32 = (0..4).map(|_| random.gen_range(-1.0_f32..1.0)).sum();
        (noise + f32::from(u8::from(label)), label)
    };
    (0..n).map(sample).unzip()
}

#[test]
fn metrics_of_scores() {
    let (scores, labels) = samples(300_000, 1);
    assert_same(|| roc_curve(&scores, &labels));
    assert_same(|| roc_auc(&scores, &labels));
    assert_same(|| roc_auc_partial(&scores, &labels, 0.123));
    assert_same(|| tpr_at_fpr(&scores, &labels, 0.05));
    assert_same(|| fpr_at_tpr(&scores, &labels, 0.95));
    assert_same(|| precision_recall_curve(&scores, &labels));
    assert_same(|| average_precision(&scores, &labels));
    assert_same(|| f1_max(&scores, &labels));
    assert_same(|| confusion(&scores, &labels, 0.5));
}

#[test]
fn accumulators() {
    let (scores, labels) = samples(200_000, 2);
    assert_same(|| {
        let (mut exact, mut histogram) = (ScoreAccumulator::new(), ScoreHistogram::new());
        for (scores, labels) in scores.chunks(70_000).zip(labels.chunks(70_000)) {
            exact.update(scores, labels).unwrap();
            histogram.update(scores, labels).unwrap();
        }
        (
            (exact.roc_auc(), exact.average_precision(), exact.f1_max()),
            (histogram.roc_auc(), histogram.average_precision(), histogram.f1_max()),
        )
    });
}

#[test]
fn uncertainty() {
    let ((a, labels), (b, _)) = (samples(500, 3), samples(500, 4));
    let config = BootstrapConfig::new().n_resamples(100).seed(7);
    assert_same(|| roc_auc_interval(&a, &labels, 0.95));
    assert_same(|| compare_roc_auc(&a, &b, &labels));
    assert_same(|| bootstrap(&a, &labels, &config, average_precision));
    assert_same(|| bootstrap_difference((&a, &b), &labels, &config, roc_auc));
}

#[test]
fn pixels() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let masks = Array3::from_shape_fn((4, 150, 200), |_| random.gen_bool(0.03));
    let maps = masks.map(|&mask| random.gen_range(0.0..1.0) + 0.3 * f32::from(u8::from(mask)));
    assert_same(|| aupro(maps.view(), masks.view(), 0.3));
    assert_same(|| pixel_roc_auc(maps.view(), masks.view()));
}

#[test]
fn clusterings() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let labels: Vec<usize> = (0..3000).map(|_| random.gen_range(0..4)).collect();
    let x = Array2::from_shape_fn((3000, 6), |(i, _)| {
        random.gen_range(-2.0_f32..2.0) + labels[i] as f32
    });
    assert_same(|| silhouette_samples(x.view(), &labels));
    assert_same(|| silhouette_score(x.view(), &labels));
    assert_same(|| silhouette_score_sampled(x.view(), &labels, 200, 3));
    assert_same(|| davies_bouldin_score(x.view(), &labels));
    assert_same(|| calinski_harabasz_score(x.view(), &labels));
    let others: Vec<usize> = (0..3000).map(|_| random.gen_range(0..40)).collect();
    assert_same(|| adjusted_mutual_information(&labels, &others));
}
