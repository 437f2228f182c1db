//! Checking input: on every path, so it has to cost next to nothing.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array4;
use novelty_core::ensure_finite;

fn ensure_finite_images(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ensure_finite");
    for n in [32, 1024] {
        let images = Array4::<f32>::zeros((n, 1, 28, 28));
        group.throughput(Throughput::Bytes((images.len() * size_of::<f32>()) as u64));
        group.bench_with_input(BenchmarkId::new("images", n), &images, |bencher, images| {
            bencher.iter(|| ensure_finite("images", black_box(images)));
        });
    }
    group.finish();
}

criterion_group!(benches, ensure_finite_images);
criterion_main!(benches);
