//! Reconstruction errors and thresholds, by size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array4;
use novelty_scoring::{mean_absolute_error, mean_squared_error, quantile};

fn images(n: usize, seed: usize) -> Array4<f32> {
    Array4::from_shape_fn((n, 3, 64, 64), |(n, c, y, x)| {
        ((n + c * y + x * seed) % 17) as f32 / 16.0
    })
}

fn pixel_errors(c: &mut Criterion) {
    let mut group = c.benchmark_group("pixel_error_3x64x64");
    group.sample_size(20);
    for n in [16, 256, 2048] {
        let (x, y) = (images(n, 3), images(n, 5));
        group.throughput(Throughput::Bytes(2 * 4 * x.len() as u64));
        group.bench_function(BenchmarkId::new("mse", n), |b| {
            b.iter(|| mean_squared_error(black_box(x.view()), black_box(y.view())));
        });
        group.bench_function(BenchmarkId::new("mae", n), |b| {
            b.iter(|| mean_absolute_error(black_box(x.view()), black_box(y.view())));
        });
    }
    group.finish();
}

fn quantiles(c: &mut Criterion) {
    let mut group = c.benchmark_group("quantile_0.999");
    group.sample_size(20);
    for n in [1_000, 100_000, 1_000_000] {
        let scores: Vec<f32> = (0..n).map(|i| ((i * 7919) % 104_729) as f32).collect();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| quantile(black_box(&scores), 0.999));
        });
    }
    group.finish();
}

criterion_group!(benches, pixel_errors, quantiles);
criterion_main!(benches);
