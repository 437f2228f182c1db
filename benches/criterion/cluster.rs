//! Clusterings, by size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ndarray::Array2;
use novelty_cluster::KMeansConfig;
use novelty_core::Fit;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn data(n: usize, d: usize) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let labels: Vec<usize> = (0..n).map(|_| random.gen_range(0..5)).collect();
    Array2::from_shape_fn((n, d), |(i, _)| random.gen_range(0.0..1.0) + labels[i] as f32)
}

fn k_means(c: &mut Criterion) {
    let mut group = c.benchmark_group("k_means");
    group.sample_size(10);
    for (n, d) in [(1_000, 2), (1_000, 32), (10_000, 2), (10_000, 32), (100_000, 32)] {
        let x = data(n, d);
        group.bench_function(BenchmarkId::new(format!("d{d}"), n), |b| {
            b.iter(|| KMeansConfig::new(5).n_init(1).fit(black_box(x.view())));
        });
    }
    group.finish();
}

criterion_group!(benches, k_means);
criterion_main!(benches);
