//! Scorers and thresholds, by size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array2, Array4};
use novelty_core::{Features, Fit, Score, SelectThreshold};
use novelty_scoring::{
    ConformalThreshold, HypersphereConfig, IsolationForestConfig, KNearestNeighborsConfig,
    KernelDensityConfig, LocalOutlierFactorConfig, MahalanobisConfig, MaxF1Threshold,
    MaxFprThreshold, MedianDeviationThreshold, PatchMemoryConfig, PeaksOverThreshold, PixelError,
    Pooling, QuantileThreshold, ScoringError, StandardDeviationThreshold,
};

/// Numbers in `0..1` that look random.
fn hashed(i: usize) -> f32 {
    ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32
}

fn images(n: usize, side: usize, seed: usize) -> Array4<f32> {
    let mut i = seed;
    Array4::from_shape_simple_fn((n, 3, side, side), || {
        i += 1;
        hashed(i)
    })
}

fn features(n: usize, d: usize, seed: usize) -> Array2<f32> {
    let mut i = seed;
    Array2::from_shape_simple_fn((n, d), || {
        i += 1;
        hashed(i)
    })
}

fn pixel_errors(c: &mut Criterion) {
    let errors = [
        ("mse", PixelError::Squared),
        ("mae", PixelError::Absolute),
        ("bce", PixelError::BinaryCrossEntropy),
        ("ssim", PixelError::Ssim),
        ("ms_ssim_2", PixelError::MultiScaleSsim { scales: 2 }),
        ("gradient", PixelError::GradientMagnitude),
    ];
    let mut group = c.benchmark_group("pixel_error_3x64x64");
    group.sample_size(10);
    for n in [16, 256] {
        let (x, y) = (images(n, 64, 3), images(n, 64, 5));
        group.throughput(Throughput::Bytes(2 * 4 * x.len() as u64));
        for (name, error) in errors {
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| error.scores(black_box(x.view()), y.view(), Pooling::Mean));
            });
        }
        group.bench_function(BenchmarkId::new("mse_top_1_percent", n), |b| {
            let pooling = Pooling::TopMean { share: 0.01 };
            b.iter(|| PixelError::Squared.scores(black_box(x.view()), y.view(), pooling));
        });
    }
    group.finish();
}

fn bench_scorer<C, S>(c: &mut Criterion, name: &str, config: &C)
where
    C: for<'a> Fit<Features<'a>, Fitted = S, Error = ScoringError>,
    S: for<'a> Score<Features<'a>, Error = ScoringError>,
{
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for (n, d) in [(1_000, 16), (1_000, 128), (8_000, 16), (8_000, 128)] {
        let (reference, queries) = (features(n, d, 1), features(1_000, d, 7_777_777));
        let size = format!("{n}x{d}");
        group.bench_function(BenchmarkId::new("fit", &size), |b| {
            b.iter(|| config.fit(black_box(reference.view())));
        });
        let Ok(fitted) = config.fit(reference.view()) else { continue };
        group.bench_function(BenchmarkId::new("score_1000", &size), |b| {
            b.iter(|| fitted.score(black_box(queries.view())));
        });
    }
    group.finish();
}

fn feature_scorers(c: &mut Criterion) {
    bench_scorer(c, "nearest_neighbors", &KNearestNeighborsConfig::new(5));
    bench_scorer(c, "nearest_neighbors_coreset_200", &KNearestNeighborsConfig::new(5).coreset(200));
    bench_scorer(c, "mahalanobis", &MahalanobisConfig::new());
    bench_scorer(c, "hypersphere", &HypersphereConfig::new());
    bench_scorer(c, "kernel_density", &KernelDensityConfig::new());
    bench_scorer(c, "local_outlier_factor", &LocalOutlierFactorConfig::new());
    bench_scorer(c, "isolation_forest", &IsolationForestConfig::new());
}

fn patch_memory(c: &mut Criterion) {
    let mut group = c.benchmark_group("patch_memory");
    group.sample_size(10);
    for (n, side) in [(50, 32), (200, 32), (50, 64)] {
        let (reference, queries) = (images(n, side, 1), images(16, side, 7_777_777));
        let size = format!("{n}x{side}x{side}");
        group.bench_function(BenchmarkId::new("fit", &size), |b| {
            b.iter(|| PatchMemoryConfig::new().fit(black_box(reference.view())));
        });
        let Ok(fitted) = PatchMemoryConfig::new().fit(reference.view()) else { continue };
        group.bench_function(BenchmarkId::new("score_16", &size), |b| {
            b.iter(|| fitted.score(black_box(queries.view())));
        });
    }
    group.finish();
}

fn bench_rule<R: SelectThreshold>(c: &mut Criterion, name: &str, rule: &R) {
    let mut group = c.benchmark_group(format!("threshold_{name}"));
    group.sample_size(20);
    for n in [1_000, 100_000, 1_000_000] {
        let scores: Vec<f32> = (0..n).map(hashed).collect();
        let labels: Vec<bool> = scores.iter().map(|&score| score > 0.9).collect();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| rule.select(black_box(&scores), Some(&labels)));
        });
    }
    group.finish();
}

fn thresholds(c: &mut Criterion) {
    bench_rule(c, "quantile", &QuantileThreshold::new(0.999));
    bench_rule(c, "standard_deviation", &StandardDeviationThreshold::new(3.0));
    bench_rule(c, "median_deviation", &MedianDeviationThreshold::new(3.0));
    bench_rule(c, "peaks", &PeaksOverThreshold::new(1e-3));
    bench_rule(c, "conformal", &ConformalThreshold::new(0.05));
    bench_rule(c, "max_f1", &MaxF1Threshold::new());
    bench_rule(c, "max_fpr", &MaxFprThreshold::new(0.05));
}

criterion_group!(benches, pixel_errors, feature_scorers, patch_memory, thresholds);
criterion_main!(benches);
