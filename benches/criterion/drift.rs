//! Drift tests, online detectors, the camera diagnosis and the monitor, by size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array1, Array2, Array4, Axis};
use novelty_core::{DetectDrift, Embed, Features, Fit, Images, InputError, Score, Threshold};
use novelty_drift::{
    CameraDiagnosisConfig, CameraExemplars, ClassModel, ClassifierTestConfig, DriftError,
    EnergyTestConfig, MmdConfig, ModelBank, MonitorConfig, MonitorReference, OnlineDriftConfig,
    OnlineMmdConfig, OnlineTest, PerFeatureTestConfig, ProblemExemplars, ScoreDriftConfig,
    ScoreTest, TwoSampleClassifier, style_features,
};

/// Numbers in `0..1` that look random.
fn hashed(i: usize) -> f32 {
    ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32
}

fn features(n: usize, d: usize, seed: usize) -> Array2<f32> {
    let mut i = seed;
    Array2::from_shape_simple_fn((n, d), || {
        i += 1;
        hashed(i)
    })
}

fn score_tests(c: &mut Criterion) {
    let tests = [
        ("kolmogorov_smirnov", ScoreTest::KolmogorovSmirnov),
        ("cramer_von_mises", ScoreTest::CramerVonMises),
        ("wasserstein", ScoreTest::Wasserstein),
        ("chi_square", ScoreTest::ChiSquare { n_bins: 10 }),
        ("population_stability", ScoreTest::PopulationStability { n_bins: 10 }),
        ("mean_increase", ScoreTest::MeanIncrease { margin: 0.1 }),
        ("exceedance", ScoreTest::Exceedance { quantile: 0.98 }),
    ];
    let mut group = c.benchmark_group("score_test");
    group.sample_size(10);
    for (n, m) in [(500, 100), (5_000, 100), (5_000, 1_000), (50_000, 1_000)] {
        let reference: Vec<f32> = (0..n).map(hashed).collect();
        let window: Vec<f32> = (n..n + m).map(|i| hashed(i) + 0.02).collect();
        for (name, test) in tests {
            let Ok(fitted) = ScoreDriftConfig::new(test).fit(&reference[..]) else { continue };
            group.bench_function(BenchmarkId::new(name, format!("{n}_{m}")), |b| {
                b.iter(|| fitted.detect(black_box(&window[..])));
            });
        }
    }
    group.finish();
}

fn bench_embeddings<C, D>(c: &mut Criterion, name: &str, config: &C)
where
    C: for<'a> Fit<Features<'a>, Fitted = D, Error = DriftError>,
    D: for<'a> DetectDrift<Features<'a>, Error = DriftError>,
{
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for (n, m, d) in [(500, 100, 32), (500, 100, 256), (2_000, 500, 32), (4_000, 1_000, 32)] {
        let (reference, window) = (features(n, d, 1), features(m, d, 7_777_777));
        let Ok(fitted) = config.fit(reference.view()) else { continue };
        group.bench_function(BenchmarkId::from_parameter(format!("{n}_{m}x{d}")), |b| {
            b.iter(|| fitted.detect(black_box(window.view())));
        });
    }
    group.finish();
}

fn embedding_tests(c: &mut Criterion) {
    bench_embeddings(c, "mmd", &MmdConfig::new());
    bench_embeddings(c, "energy", &EnergyTestConfig::new());
    bench_embeddings(c, "per_feature", &PerFeatureTestConfig::new());
    bench_embeddings(c, "classifier_linear", &ClassifierTestConfig::new());
    let neighbors = TwoSampleClassifier::NearestNeighbors { k: 5 };
    let config = ClassifierTestConfig::new().classifier(neighbors);
    bench_embeddings(c, "classifier_neighbors", &config);
}

fn online(c: &mut Criterion) {
    let tests = [
        ("cusum", OnlineTest::Cusum { slack: 0.5 }),
        ("ewma", OnlineTest::Ewma { weight: 0.1 }),
        ("page_hinkley", OnlineTest::PageHinkley { tolerance: 0.25 }),
        ("adwin_100", OnlineTest::Adwin { max_window: 100 }),
        ("adwin_10000", OnlineTest::Adwin { max_window: 10_000 }),
    ];
    let reference: Vec<f32> = (0..2_000).map(hashed).collect();
    let mut group = c.benchmark_group("online");
    group.sample_size(10);
    for n in [1_000, 20_000] {
        let stream: Vec<f32> = (0..n).map(|i| hashed(i + 9_999)).collect();
        group.throughput(Throughput::Elements(n as u64));
        for (name, test) in tests {
            let config = OnlineDriftConfig::new(test).expected_run_time(1_000);
            let Ok(fitted) = config.fit(&reference[..]) else { continue };
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| {
                    let mut detector = fitted.clone();
                    let alarm = |&x: &f32| detector.update(x).is_ok_and(|report| report.is_drift);
                    black_box(&stream).iter().map(alarm).filter(|&is_drift| is_drift).count()
                });
            });
        }
    }
    group.finish();
    let mut group = c.benchmark_group("online_fit");
    group.sample_size(10);
    for run_time in [100, 1_000] {
        for (name, test) in tests {
            let config = OnlineDriftConfig::new(test).expected_run_time(run_time);
            group.bench_function(BenchmarkId::new(name, run_time), |b| {
                b.iter(|| config.fit(black_box(&reference[..])));
            });
        }
    }
    group.finish();
}

fn online_mmd(c: &mut Criterion) {
    let mut group = c.benchmark_group("online_mmd");
    group.sample_size(10).throughput(Throughput::Elements(1_000));
    for (n, d, window) in [(400, 32, 20), (2_000, 32, 20), (2_000, 32, 100), (2_000, 256, 20)] {
        let (reference, stream) = (features(n, d, 1), features(1_000, d, 7_777_777));
        let config = OnlineMmdConfig::new().window(window).expected_run_time(300);
        let Ok(fitted) = config.fit(reference.view()) else { continue };
        group.bench_function(BenchmarkId::from_parameter(format!("{n}x{d}_{window}")), |b| {
            b.iter(|| {
                let mut detector = fitted.clone();
                let rows = black_box(&stream).outer_iter().filter_map(|row| row.to_slice());
                let alarm = |row| detector.update(row).is_ok_and(|report| report.is_drift);
                rows.map(alarm).filter(|&is_drift| is_drift).count()
            });
        });
    }
    group.finish();
}

fn images(n: usize, side: usize, seed: usize) -> Array4<f32> {
    let mut i = seed;
    Array4::from_shape_simple_fn((n, 1, side, side), || {
        i += 1;
        hashed(i)
    })
}

fn camera(c: &mut Criterion) {
    let mut group = c.benchmark_group("style_features");
    group.sample_size(10).throughput(Throughput::Elements(100));
    for side in [28, 64, 256] {
        let images = images(100, side, 1);
        group.bench_function(BenchmarkId::from_parameter(side), |b| {
            b.iter(|| style_features(black_box(images.view())));
        });
    }
    group.finish();
    let mut group = c.benchmark_group("camera_diagnosis");
    group.sample_size(10);
    let (clean, window) = (features(200, 18, 1), features(100, 18, 7_777_777));
    for n_problems in [5, 40] {
        let problem = &clean + 1.0;
        let problems: Vec<ProblemExemplars<'_>> = (0..n_problems)
            .map(|_| ProblemExemplars { problem: "noise", severity: 3, features: problem.view() })
            .collect();
        let exemplars = CameraExemplars { clean: clean.view(), problems: &problems };
        let Ok(fitted) = CameraDiagnosisConfig::new().fit(exemplars) else { continue };
        group.bench_function(BenchmarkId::new("window_of_100", n_problems), |b| {
            b.iter(|| fitted.diagnose(black_box(window.view())));
        });
    }
    group.finish();
}

/// Embeds an image as its first eight pixels, and scores it by their mean.
#[derive(Debug, Clone)]
struct Pixels;

impl Score<Images<'_>> for Pixels {
    type Error = InputError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, InputError> {
        Ok(self.embed(images)?.mean_axis(Axis(1)).unwrap_or_default())
    }
}

impl Embed for Pixels {
    type Error = InputError;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, InputError> {
        Ok(Array2::from_shape_fn((images.len_of(Axis(0)), 8), |(i, j)| images[[i, 0, 0, j]]))
    }
}

fn monitor(c: &mut Criterion) {
    let mut group = c.benchmark_group("monitor");
    group.sample_size(10).throughput(Throughput::Elements(1_000));
    let (reference, stream) = (images(400, 8, 1), images(1_000, 8, 7_777_777));
    // A part of the stream that no class explains, and how many of it are kept.
    for (foreign, threshold) in [("none", 0.99), ("some", 0.7), ("half", 0.5)] {
        for buffer_size in [50, 200] {
            let Ok(model) = ClassModel::new("known", Pixels, Threshold::manual(threshold)) else {
                continue;
            };
            let Ok(bank) = ModelBank::new(vec![model]) else { continue };
            let config = MonitorConfig::new().buffer_size(buffer_size).drift_run_time(1_000);
            let fitted = config.fit(MonitorReference {
                bank,
                embedder: Pixels,
                camera: None,
                images: reference.view(),
                classes: &[0; 400],
            });
            let Ok(fitted) = fitted else { continue };
            group.bench_function(BenchmarkId::new(foreign, buffer_size), |b| {
                b.iter(|| fitted.clone().push(black_box(stream.view())).map(|events| events.len()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, score_tests, embedding_tests, online, online_mmd, camera, monitor);
criterion_main!(benches);
