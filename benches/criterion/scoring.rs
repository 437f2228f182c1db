//! Scorers and thresholds, by size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array2, Array4, Ix2};
use novelty_cluster::GaussianMixtureConfig;
use novelty_core::{Features, Fit, Score, SelectThreshold};
use novelty_scoring::{
    Boundary, Combination, ConformalPValues, ConformalThreshold, ContaminationThreshold, Distance,
    Ensemble, HypersphereConfig, IsolationForestConfig, KNearestNeighborsConfig,
    KernelDensityConfig, LocalOutlierFactorConfig, MahalanobisConfig, MaxF1Threshold,
    MaxFprThreshold, MedianDeviationThreshold, Normalisation, OneClassSvmConfig, PatchMemoryConfig,
    PeaksOverThreshold, PixelError, Pooling, QuantileThreshold, StandardDeviationThreshold,
    SummaryConfig, mean_rank, tile_scores,
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
    C: for<'a> Fit<Features<'a>, Fitted = S>,
    S: for<'a> Score<Features<'a>>,
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
    let cosine = KNearestNeighborsConfig::new(5).distance(Distance::Cosine);
    bench_scorer(c, "nearest_neighbors_cosine", &cosine);
    bench_scorer(c, "mahalanobis", &MahalanobisConfig::new());
    bench_scorer(c, "hypersphere", &HypersphereConfig::new());
    let soft = HypersphereConfig::new().boundary(Boundary::Soft { nu: 0.05 });
    bench_scorer(c, "hypersphere_soft", &soft);
    bench_scorer(c, "gaussian_mixture_4", &GaussianMixtureConfig::new(4).n_init(1).max_iter(10));
    bench_scorer(c, "kernel_density", &KernelDensityConfig::new());
    bench_scorer(c, "local_outlier_factor", &LocalOutlierFactorConfig::new());
    bench_scorer(c, "isolation_forest", &IsolationForestConfig::new());
    // Its training grows fast: of larger references 500 are kept.
    bench_scorer(c, "one_class_svm", &OneClassSvmConfig::new().max_reference(500));
}

/// Three scorers as one, on the scale of their own reference scores.
fn ensemble(c: &mut Criterion) {
    let mut group = c.benchmark_group("ensemble_score_1000");
    group.sample_size(10);
    for (n, d) in [(1_000, 16), (8_000, 16), (8_000, 128)] {
        let (reference, queries) = (features(n, d, 1), features(1_000, d, 7_777_777));
        let Some(ensemble) = fitted_ensemble(reference.view()) else { continue };
        group.bench_function(format!("{n}x{d}"), |b| {
            b.iter(|| ensemble.score(black_box(queries.view())));
        });
    }
    group.finish();
}

fn fitted_ensemble(x: Features<'_>) -> Option<Ensemble<Ix2>> {
    let sphere = HypersphereConfig::new().fit(x).ok()?;
    let forest = IsolationForestConfig::new().fit(x).ok()?;
    let mahalanobis = MahalanobisConfig::new().fit(x).ok()?;
    let own = [sphere.score(x).ok()?, forest.score(x).ok()?, mahalanobis.score(x).ok()?];
    let [of_sphere, of_forest, of_mahalanobis] = own.map(|scores| scores.to_vec());
    let ensemble = Ensemble::new(Normalisation::EmpiricalCdf, Combination::Mean);
    let ensemble = ensemble.with(sphere, &of_sphere, 1.0).ok()?;
    ensemble.with(forest, &of_forest, 1.0).ok()?.with(mahalanobis, &of_mahalanobis, 1.0).ok()
}

/// What is done with scores once they are there.
fn scores(c: &mut Criterion) {
    let mut group = c.benchmark_group("scores");
    group.sample_size(20);
    for n in [1_000, 100_000, 1_000_000] {
        let scores: Vec<f32> = (0..n).map(hashed).collect();
        group.throughput(Throughput::Elements(n as u64));
        for (name, kind) in [
            ("min_max", Normalisation::MinMax),
            ("empirical_cdf", Normalisation::EmpiricalCdf),
            ("robust_z", Normalisation::RobustZ),
        ] {
            group.bench_function(BenchmarkId::new(format!("{name}_fit"), n), |b| {
                b.iter(|| kind.fit(black_box(&scores[..])));
            });
            let Ok(fitted) = kind.fit(&scores[..]) else { continue };
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| fitted.normalise(black_box(&scores)));
            });
        }
        group.bench_function(BenchmarkId::new("mean_rank_of_2", n), |b| {
            b.iter(|| mean_rank(black_box(&[&scores, &scores])));
        });
        if let Ok(conformal) = ConformalPValues::new(&scores) {
            group.bench_function(BenchmarkId::new("conformal_p_values", n), |b| {
                b.iter(|| conformal.p_values(black_box(&scores)));
            });
        }
        group.bench_function(BenchmarkId::new("summary", n), |b| {
            b.iter(|| {
                let mut summary = SummaryConfig::new().edges([0.25, 0.5, 0.75]).start()?;
                summary.update(black_box(&scores)).map(|()| summary)
            });
        });
    }
    group.finish();
}

fn summaries(c: &mut Criterion) {
    let mut group = c.benchmark_group("summary_of_10000_embeddings");
    group.sample_size(10);
    for d in [16, 128] {
        let x = features(10_000, d, 1);
        let config = SummaryConfig::new().n_features(d);
        group.bench_function(BenchmarkId::new("update", d), |b| {
            b.iter(|| {
                let mut summary = config.start()?;
                summary.update_embeddings(black_box(x.view())).map(|()| summary)
            });
        });
        let Ok(empty) = config.start() else { continue };
        let mut full = empty.clone();
        if full.update_embeddings(x.view()).is_err() {
            continue;
        }
        group.bench_function(BenchmarkId::new("merge", d), |b| {
            b.iter(|| {
                let mut merged = empty.clone();
                merged.merge(black_box(&full)).map(|()| merged)
            });
        });
    }
    group.finish();
}

fn tiles(c: &mut Criterion) {
    let mut group = c.benchmark_group("tile_scores_4x4_of_64");
    for side in [64, 256] {
        let maps = images(64, side, 1);
        let maps = maps.index_axis(ndarray::Axis(1), 0);
        group.bench_function(BenchmarkId::from_parameter(side), |b| {
            b.iter(|| tile_scores(black_box(maps), (4, 4), Pooling::Mean));
        });
    }
    group.finish();
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
    bench_rule(c, "contamination", &ContaminationThreshold::new(0.001));
    bench_rule(c, "standard_deviation", &StandardDeviationThreshold::new(3.0));
    bench_rule(c, "median_deviation", &MedianDeviationThreshold::new(3.0));
    bench_rule(c, "peaks", &PeaksOverThreshold::new(1e-3));
    bench_rule(c, "conformal", &ConformalThreshold::new(0.05));
    bench_rule(c, "max_f1", &MaxF1Threshold::new());
    bench_rule(c, "max_fpr", &MaxFprThreshold::new(0.05));
}

criterion_group!(
    benches,
    pixel_errors,
    feature_scorers,
    ensemble,
    patch_memory,
    tiles,
    thresholds,
    scores,
    summaries
);
criterion_main!(benches);
