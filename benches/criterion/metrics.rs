//! Metrics of scores and of clusterings, by size.

use std::hint::black_box;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group};
use criterion::{criterion_main, measurement::WallTime};
use ndarray::{Array2, Array3};
use novelty_metrics as metrics;
use novelty_metrics::{BootstrapConfig, MetricsError, ScoreAccumulator, ScoreHistogram};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn scores(n: usize) -> (Vec<f32>, Vec<bool>) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let sample = |_| {
        let label = random.gen_bool(0.1);
        let noise: f32 = (0..3).map(|_| random.gen_range(-1.0_f32..1.0)).sum();
        (noise + f32::from(u8::from(label)), label)
    };
    (0..n).map(sample).unzip()
}

type ScoreMetric = fn(&[f32], &[bool]) -> Result<f64, MetricsError>;

fn of_scores(c: &mut Criterion) {
    let all: [(&str, ScoreMetric); 10] = [
        ("roc_auc", metrics::roc_auc),
        ("roc_curve", |s, l| metrics::roc_curve(s, l).map(|curve| curve.fpr[0])),
        ("roc_auc_partial", |s, l| metrics::roc_auc_partial(s, l, 0.1).map(|area| area.raw)),
        ("tpr_at_fpr", |s, l| metrics::tpr_at_fpr(s, l, 0.05).map(|point| point.tpr)),
        ("fpr_at_tpr", |s, l| metrics::fpr_at_tpr(s, l, 0.95).map(|point| point.fpr)),
        ("precision_recall_curve", |s, l| {
            metrics::precision_recall_curve(s, l).map(|curve| curve.recall[0])
        }),
        ("average_precision", metrics::average_precision),
        ("f1_max", |s, l| metrics::f1_max(s, l).map(|best| best.f1)),
        ("confusion", |s, l| metrics::confusion(s, l, 0.5).map(|c| c.true_positives as f64)),
        ("roc_auc_interval", |s, l| metrics::roc_auc_interval(s, l, 0.95).map(|i| i.lower)),
    ];
    for (name, metric) in all {
        sweep(c, name, |group, n| {
            let (scores, labels) = scores(n);
            group.bench_function(BenchmarkId::from_parameter(n), |b| {
                b.iter(|| metric(black_box(&scores), &labels));
            });
        });
    }
}

fn sweep(
    c: &mut Criterion,
    name: &str,
    mut bench: impl FnMut(&mut BenchmarkGroup<'_, WallTime>, usize),
) {
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for n in [1_000, 10_000, 100_000, 1_000_000] {
        group.throughput(Throughput::Elements(n as u64));
        bench(&mut group, n);
    }
    group.finish();
}

fn comparisons(c: &mut Criterion) {
    sweep(c, "compare_roc_auc", |group, n| {
        let ((a, labels), (b_scores, _)) = (scores(n), scores(n));
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| metrics::compare_roc_auc(black_box(&a), &b_scores, &labels));
        });
    });
    let mut group = c.benchmark_group("100_resamples");
    group.sample_size(10);
    let config = BootstrapConfig::new().n_resamples(100);
    for n in [1_000, 10_000] {
        let ((a, labels), (other, _)) = (scores(n), scores(n));
        group.bench_function(BenchmarkId::new("bootstrap", n), |b| {
            b.iter(|| metrics::bootstrap(black_box(&a), &labels, &config, metrics::roc_auc));
        });
        group.bench_function(BenchmarkId::new("bootstrap_difference", n), |b| {
            let pair = (a.as_slice(), other.as_slice());
            b.iter(|| metrics::bootstrap_difference(pair, &labels, &config, metrics::roc_auc));
        });
    }
    group.finish();
}

fn accumulators(c: &mut Criterion) {
    sweep(c, "score_accumulator", |group, n| {
        let (scores, labels) = scores(n);
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| {
                let mut accumulator = ScoreAccumulator::new();
                for (scores, labels) in scores.chunks(4096).zip(labels.chunks(4096)) {
                    accumulator.update(black_box(scores), labels)?;
                }
                accumulator.roc_auc()
            });
        });
    });
    sweep(c, "score_histogram", |group, n| {
        let (scores, labels) = scores(n);
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| {
                let mut histogram = ScoreHistogram::new();
                histogram.update(black_box(&scores), &labels)?;
                histogram.roc_auc()
            });
        });
    });
}

fn pixels(c: &mut Criterion) {
    let mut group = c.benchmark_group("pixels_128x128");
    group.sample_size(10);
    for n in [1, 8, 64] {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let masks = Array3::from_shape_fn((n, 128, 128), |(i, y, x)| {
            y % 40 < 8 && x % 50 < 9 && i % 2 == 0
        });
        let maps = masks.map(|&mask| random.gen_range(0.0..1.0) + 0.3 * f32::from(u8::from(mask)));
        group.throughput(Throughput::Elements(maps.len() as u64));
        group.bench_function(BenchmarkId::new("aupro", n), |b| {
            b.iter(|| metrics::aupro(black_box(maps.view()), masks.view(), 0.3));
        });
        group.bench_function(BenchmarkId::new("pixel_roc_auc", n), |b| {
            b.iter(|| metrics::pixel_roc_auc(black_box(maps.view()), masks.view()));
        });
        group.bench_function(BenchmarkId::new("score_histogram", n), |b| {
            b.iter(|| {
                let mut histogram = ScoreHistogram::new();
                for (map, mask) in maps.outer_iter().zip(masks.outer_iter()) {
                    histogram.update_pixels(black_box(map), mask)?;
                }
                histogram.roc_auc()
            });
        });
        let flagged = maps.map(|&score| score > 0.9);
        let (flagged, truth) = (flagged.as_slice(), masks.as_slice());
        group.bench_function(BenchmarkId::new("iou", n), |b| {
            b.iter(|| flagged.zip(truth).map(|(flagged, truth)| metrics::iou(flagged, truth)));
        });
    }
    group.finish();
}

type ClusterMetric = fn(&Array2<f32>, &[usize]) -> Result<f64, MetricsError>;

fn of_clusterings(c: &mut Criterion) {
    let all: [(&str, ClusterMetric); 5] = [
        ("silhouette_samples", |x, l| metrics::silhouette_samples(x.view(), l).map(|s| s[0])),
        ("silhouette_score", |x, l| metrics::silhouette_score(x.view(), l)),
        ("silhouette_score_sampled_256", |x, l| {
            metrics::silhouette_score_sampled(x.view(), l, 256, 1).map(|estimate| estimate.value)
        }),
        ("davies_bouldin_score", |x, l| metrics::davies_bouldin_score(x.view(), l)),
        ("calinski_harabasz_score", |x, l| metrics::calinski_harabasz_score(x.view(), l)),
    ];
    for (name, metric) in all {
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        for (n, d) in [(1_000, 2), (1_000, 32), (4_000, 2), (4_000, 32)] {
            let mut random = ChaCha8Rng::seed_from_u64(3);
            let labels: Vec<usize> = (0..n).map(|_| random.gen_range(0..5)).collect();
            let x = Array2::from_shape_fn((n, d), |(i, _)| {
                random.gen_range(0.0..1.0) + labels[i] as f32
            });
            group.bench_function(BenchmarkId::new(format!("d{d}"), n), |b| {
                b.iter(|| metric(black_box(&x), &labels));
            });
        }
        group.finish();
    }
}

type AgreementMetric = fn(&[usize], &[usize]) -> Result<f64, MetricsError>;

fn agreements(c: &mut Criterion) {
    let all: [(&str, AgreementMetric); 3] = [
        ("adjusted_rand_index", metrics::adjusted_rand_index),
        ("adjusted_mutual_information", metrics::adjusted_mutual_information),
        ("v_measure", |a, b| metrics::v_measure(a, b).map(|measure| measure.v_measure)),
    ];
    for (name, metric) in all {
        sweep(c, name, |group, n| {
            let mut random = ChaCha8Rng::seed_from_u64(4);
            let pairs = (0..n).map(|_| (random.gen_range(0..20), random.gen_range(0..30)));
            let (truth, predicted): (Vec<usize>, Vec<usize>) = pairs.unzip();
            group.bench_function(BenchmarkId::from_parameter(n), |b| {
                b.iter(|| metric(black_box(&truth), &predicted));
            });
        });
    }
}

criterion_group!(benches, of_scores, comparisons, accumulators, pixels, of_clusterings, agreements);
criterion_main!(benches);
