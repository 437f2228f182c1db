//! IDX files made for the tests.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The header of an IDX file.
pub(crate) fn header(code: u8, dims: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, u8::try_from(dims.len()).unwrap()];
    bytes.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
    bytes
}

/// An IDX file of bytes.
pub(crate) fn idx_u8(dims: &[u32], values: &[u8]) -> Vec<u8> {
    [header(8, dims), values.to_vec()].concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The folder of bundled datasets, absent where the crate is used outside its repository.
pub(crate) fn bundled(name: &str) -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets").join(name);
    if !dir.is_dir() {
        println!("skipped: {} is not there", dir.display());
        return None;
    }
    Some(dir)
}

/// A folder of reference data that is not part of the repository.
pub(crate) fn reference(name: &str) -> Option<PathBuf> {
    let Some(dir) = std::env::var_os("NOVELTY_DATASETS") else {
        println!("skipped: NOVELTY_DATASETS does not name a folder with {name}");
        return None;
    };
    let dir = Path::new(&dir).join(name);
    assert!(dir.exists(), "{} is not there", dir.display());
    Some(dir)
}
