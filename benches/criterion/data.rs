//! Reading, changing and taking apart images, by size.

#![allow(clippy::expect_used, reason = "a benchmark that cannot make its data ends")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array3, Array4, Axis};
use novelty_core::{Fit, Sample};
use novelty_data::{
    AugmentConfig, BatchConfig, Colour, ContrastNormaliseConfig, Corruption, CorruptionKind, Gray,
    IdxDataset, ImageReadConfig, InMemoryDataset, InspectionCategory, InspectionConfig, NpyDataset,
    Pipeline, Resize, Split, SymmetricRange, TileGrid, Transform, read_idx, read_image,
};

fn picture(side: usize) -> Array3<f32> {
    Array3::from_shape_fn((3, side, side), |(c, y, x)| ((c + y * 7 + x * 3) % 256) as f32 / 255.0)
}

fn pixels(side: usize) -> Throughput {
    Throughput::Elements((side * side) as u64)
}

/// A picture of the synthetic inspection set.
fn png(dir: &Path, side: usize) -> PathBuf {
    let root = dir.join(side.to_string());
    let config = InspectionConfig::new().side(side).n_train(1).n_test_good(1).n_per_defect(1);
    config.write(&root).expect("a folder of this benchmark alone");
    let dir = root.join(InspectionCategory::Chip.name()).join("train/good");
    let mut files = fs::read_dir(dir).expect("it was just written");
    files.next().expect("one picture was asked for").expect("it can be listed").path()
}

fn decode(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (name, target) in [("png_decode", None), ("png_decode_resize_128", Some(128))] {
        let mut group = c.benchmark_group(name);
        group.sample_size(20);
        for side in [64, 256, 1024] {
            let path = png(&dir.path().join(name), side);
            let mut config = ImageReadConfig::new().colour(Colour::Rgb);
            if let Some(side) = target {
                config = config.size(side, side);
            }
            group.throughput(pixels(side));
            group.bench_function(BenchmarkId::from_parameter(side), |b| {
                b.iter(|| read_image(black_box(&path), &config));
            });
        }
        group.finish();
    }
}

fn resize(c: &mut Criterion) {
    let mut group = c.benchmark_group("resize_f32_to_128");
    group.sample_size(20);
    for side in [64, 256, 1024] {
        let sample = Sample::new(picture(side));
        let resize = Resize::new(128, 128);
        group.throughput(pixels(side));
        group.bench_function(BenchmarkId::from_parameter(side), |b| {
            b.iter(|| resize.apply(black_box(sample.clone()), 0));
        });
    }
    group.finish();
}

fn npy(dir: &Path, n: usize, side: usize) -> PathBuf {
    let path = dir.join(format!("{n}-{side}.npy"));
    let header = format!(
        "{{'descr': '|u1', 'fortran_order': False, 'shape': ({n}, {side}, {side}, 3), }}\n"
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend((0..n * side * side * 3).map(|i| (i % 251) as u8));
    fs::write(&path, bytes).expect("a folder of this benchmark alone");
    path
}

fn npy_batches(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut group = c.benchmark_group("npy_u8_batch_128");
    group.sample_size(20);
    for side in [32, 64, 128] {
        let n = 1024;
        let dataset = NpyDataset::open(npy(dir.path(), n, side)).expect("it was just written");
        let mut batches = BatchConfig::new(128).index_batches(n, 0).expect("a valid setting");
        let indices = batches.next().expect("there are images");
        let mut batch = Array4::zeros((128, 3, side, side));
        group.throughput(Throughput::Bytes((batch.len() * size_of::<f32>()) as u64));
        group.bench_function(BenchmarkId::from_parameter(side), |b| {
            b.iter(|| dataset.fill_images(black_box(&indices), batch.view_mut()));
        });
    }
    group.finish();
}

fn idx(c: &mut Criterion) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/mnist");
    let mut group = c.benchmark_group("idx");
    group.sample_size(10);
    for split in ["t10k", "train"] {
        let path = dir.join(format!("{split}-images-idx3-ubyte.gz"));
        group.bench_function(BenchmarkId::new("load_gzip", split), |b| {
            b.iter(|| read_idx(black_box(&path)));
        });
    }
    let digits = IdxDataset::open_dir(&dir, Split::Train).expect("MNIST is in the repository");
    for n in [128, 1024, 60_000] {
        let indices: Vec<usize> = (0..n).collect();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("to_f32", n), |b| {
            b.iter(|| digits.to_images(black_box(&indices)));
        });
    }
    group.finish();
}

fn transforms(c: &mut Criterion) {
    let mut group = c.benchmark_group("transform");
    group.sample_size(20);
    for side in [64, 256, 1024] {
        let sample = Sample::new(picture(side));
        let images = InMemoryDataset::new(sample.image.clone().insert_axis(Axis(0)));
        let images = images.expect("finite values");
        let contrast = ContrastNormaliseConfig::new().fit(&images).expect("not all equal");
        let steps = Pipeline::new().then(Gray).then(SymmetricRange);
        let augment = AugmentConfig::new().flip_horizontal(true).rotation(10.0).shift(0.1);
        let augment = augment.scale(0.1).brightness(0.2).noise(0.05).epoch(0).expect("in range");
        let transforms: [(&str, &dyn Transform); 3] =
            [("contrast", &contrast), ("gray_symmetric", &steps), ("augment", &augment)];
        group.throughput(pixels(side));
        for (name, transform) in transforms {
            group.bench_function(BenchmarkId::new(name, side), |b| {
                b.iter(|| transform.apply(black_box(sample.clone()), 0));
            });
        }
    }
    group.finish();
}

fn corruptions(c: &mut Criterion) {
    let mut group = c.benchmark_group("corruption_severity_3");
    group.sample_size(10);
    for side in [64, 256] {
        let sample = Sample::new(picture(side));
        group.throughput(pixels(side));
        for kind in CorruptionKind::ALL {
            let corruption = Corruption::new(kind, 3).expect("a severity from 1 to 5");
            group.bench_function(BenchmarkId::new(kind.name(), side), |b| {
                b.iter(|| corruption.apply(black_box(sample.clone()), 0));
            });
        }
    }
    group.finish();
}

fn tiles(c: &mut Criterion) {
    let mut group = c.benchmark_group("tiles_128_overlap_32");
    group.sample_size(20);
    for side in [512, 2048] {
        let grid = TileGrid::new((side, side), (128, 128), (32, 32)).expect("tiles that fit");
        let image = picture(side);
        let maps = Array3::from_elem((grid.len(), 128, 128), 0.5);
        group.throughput(pixels(side));
        group.bench_function(BenchmarkId::new("split", side), |b| {
            b.iter(|| grid.split(black_box(image.view())));
        });
        group.bench_function(BenchmarkId::new("merge", side), |b| {
            b.iter(|| grid.merge(black_box(maps.view())));
        });
    }
    group.finish();
}

criterion_group!(benches, decode, resize, npy_batches, idx, transforms, corruptions, tiles);
criterion_main!(benches);
