//! How much memory reading a file takes that is larger than it. A process of its own, because
//! the system counts by process.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_cmp,
    reason = "a failing fixture fails its test; sums of zeros are exact"
)]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ndarray::Array4;
use novelty_core::Dataset;
use novelty_data::{BatchConfig, NpyDataset};

const N_IMAGES: usize = 140_001;
const SIDE: usize = 64;
const LIMIT_MB: f64 = 300.0;

/// The most memory this process ever held.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}

/// 1.7 GB that take no room on the disk, but for the very last value.
fn sparse_npy(path: &Path, is_fortran: bool) {
    let order = if is_fortran { "True" } else { "False" };
    let text = format!(
        "{{'descr': '|u1', 'fortran_order': {order}, 'shape': ({N_IMAGES}, {SIDE}, {SIDE}, 3), }}\n"
    );
    let mut file = File::create(path).unwrap();
    file.write_all(b"\x93NUMPY\x01\x00").unwrap();
    file.write_all(&u16::try_from(text.len()).unwrap().to_le_bytes()).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let len = (10 + text.len() + N_IMAGES * SIDE * SIDE * 3) as u64;
    file.set_len(len).unwrap();
    file.write_all_at(&[255], len - 1).unwrap();
    assert!(len > 1_700_000_000);
}

fn sum_of_batches(dataset: &NpyDataset, n_batches: usize) -> f64 {
    let config = BatchConfig::new(128).seed(1);
    let mut buffer = Array4::zeros((128, 3, SIDE, SIDE));
    let mut sum = 0.0;
    for indices in config.index_batches(dataset.len(), 0).unwrap().take(n_batches) {
        let mut batch = buffer.slice_mut(ndarray::s![..indices.len(), .., .., ..]);
        dataset.fill_images(&indices, batch.view_mut()).unwrap();
        sum += f64::from(batch.sum());
    }
    sum
}

#[test]
fn a_file_of_1_7_gb_is_read_with_less_than_300_mb() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("images.npy");
    sparse_npy(&path, false);
    let dataset = NpyDataset::open(&path).unwrap();
    assert_eq!(sum_of_batches(&dataset, usize::MAX), 1.0);
    println!("C order, one epoch: {:.0} MB", peak_mb());
    assert!(peak_mb() < LIMIT_MB, "{} MB", peak_mb());

    // A batch of images spread over a file in Fortran order is a pass over the whole file.
    sparse_npy(&path, true);
    let dataset = NpyDataset::open(&path).unwrap();
    assert_eq!(dataset.get(N_IMAGES - 1).unwrap().image[[2, SIDE - 1, SIDE - 1]], 1.0);
    assert_eq!(sum_of_batches(&dataset, 2), 0.0);
    println!("Fortran order, some batches: {:.0} MB", peak_mb());
    assert!(peak_mb() < LIMIT_MB, "{} MB", peak_mb());
}
