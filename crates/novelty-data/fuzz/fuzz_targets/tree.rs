//! Folders: the bytes are a list of entries, each a path of a few names, and what is there.

#![no_main]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use novelty_data::{ImageFileDataset, ImageReadConfig, ManifestConfig, MvtecDataset, Split};

const NAMES: [&[u8]; 14] = [
    b"good",
    b"train",
    b"test",
    b"ground_truth",
    b"bent",
    b"screw",
    b"a.png",
    b"A.PNG",
    b"b.bmp",
    b"a_mask.png",
    b"Thumbs.db",
    b".b.png",
    b"\xff\xfe.png",
    b"list.csv",
];
/// A PNG of one white pixel.
const IMAGE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\nIDATx\x9cc\xf8\x0f\0\x01\x01\x01\0\xb1\x38\xf6\x14\0\0\0\0IEND\xaeB\x60\x82";

fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for entry in bytes.chunks(8).take(16) {
        grow(dir.path(), entry);
    }
    let config = ImageReadConfig::new();
    let _ = ImageFileDataset::open_flat(dir.path(), &config);
    let _ = ImageFileDataset::open_classes(dir.path(), &config);
    let manifest = dir.path().join("list.csv");
    let _ = ImageFileDataset::open_manifest(&manifest, &ManifestConfig::new(), &config);
    for category in MvtecDataset::categories(dir.path()).unwrap_or_default() {
        for split in [Split::Train, Split::Test] {
            let _ = MvtecDataset::open(dir.path(), &category, split);
        }
    }
});

/// The first byte says what the entry is, the next ones its path, the last what it holds. That
/// something is in the way is part of the game.
fn grow(root: &Path, entry: &[u8]) {
    let [kind, names @ .., amount] = entry else { return };
    let name = |&byte: &u8| OsStr::from_bytes(NAMES[usize::from(byte) % NAMES.len()]);
    let depth = 1 + usize::from(kind >> 4) % 4;
    let path = names.iter().take(depth).fold(root.to_owned(), |path, byte| path.join(name(byte)));
    let Some(parent) = path.parent() else { return };
    let _ = fs::create_dir_all(parent);
    let part = &IMAGE[..usize::from(*amount) % (IMAGE.len() + 1)];
    let _ = match kind % 6 {
        0 => fs::create_dir_all(&path),
        1 => symlink(root, &path),
        2 => symlink(parent.join("a.png"), &path),
        3 => fs::write(&path, part),
        4 => fs::write(&path, entry),
        _ => fs::write(&path, IMAGE),
    };
}
