//! Training and scoring with the 28x28 autoencoder, by batch size and by number of images.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array4;
use novelty_core::{Embed, Fit, ImageShape, Reconstruct};
use novelty_models::{ConvAutoencoder, ConvAutoencoderConfig, Device, TrainConfig, Trainer};

fn images(n: usize) -> Array4<f32> {
    Array4::from_shape_fn((n, 1, 28, 28), |(n, _, y, x)| ((n * 31 + y * x) % 17) as f32 / 16.0)
}

fn network() -> ConvAutoencoderConfig {
    ConvAutoencoderConfig::new(ImageShape::new(1, 28, 28))
}

fn train(c: &mut Criterion) {
    let x = images(256);
    let mut group = c.benchmark_group("train_28x28");
    group.throughput(Throughput::Elements(x.len_of(ndarray::Axis(0)) as u64)).sample_size(10);
    for batch_size in [8, 32, 128] {
        let config = TrainConfig::new().epochs(1).batch_size(batch_size).device(Device::Cpu);
        let trainer = Trainer::new(network(), config);
        group.bench_function(BenchmarkId::from_parameter(batch_size), |b| {
            b.iter(|| trainer.fit(black_box(x.view())).map(|model| model.n_parameters()));
        });
    }
    group.finish();
}

fn infer(c: &mut Criterion) {
    let Ok(model) = ConvAutoencoder::untrained(network(), 42, Device::Cpu) else { return };
    let mut group = c.benchmark_group("infer_28x28");
    group.sample_size(10);
    for n in [1, 32, 1024] {
        let x = images(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("reconstruct", n), |b| {
            b.iter(|| model.reconstruct(black_box(x.view())));
        });
        group.bench_function(BenchmarkId::new("embed", n), |b| {
            b.iter(|| model.embed(black_box(x.view())));
        });
    }
    group.finish();
}

criterion_group!(benches, train, infer);
criterion_main!(benches);
