//! Valid files, changed at random from a fixed seed: nothing may panic, hang or take memory that
//! the file does not back. Every run does 20,000 of them; `NOVELTY_MUTATIONS` sets another
//! number, `NOVELTY_MUTATIONS_SEED` another seed.

use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use novelty_data::{IdxArray, ImageFileDataset, ImageReadConfig, MvtecDataset, NpyArray, Split};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::tempdir;

use crate::allocation::peak_bytes;
use crate::files::{gzip, idx_u8};

/// What a reader needs however small the file: buffers, and the decompressor's window.
const OVERHEAD: usize = 512 * 1024;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().unwrap())
}

fn n_mutations() -> u64 {
    setting("NOVELTY_MUTATIONS", 20_000)
}

fn random() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(setting("NOVELTY_MUTATIONS_SEED", 1))
}

fn npy_with(version: u8, descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}    \n");
    let len = u32::try_from(text.len()).unwrap().to_le_bytes();
    let len = if version == 1 { &len[..2] } else { &len[..] };
    [&b"\x93NUMPY"[..], &[version, 0], len, text.as_bytes(), values].concat()
}

fn npz(method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options: zip::write::SimpleFileOptions = Default::default();
    archive.start_file("images.npy", options.compression_method(method)).unwrap();
    archive.write_all(&npy_with(1, "|u1", "(2, 3, 4)", &[7; 24])).unwrap();
    archive.finish().unwrap().into_inner()
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        idx_u8(&[2, 3, 4], &[9; 24]),
        gzip(&idx_u8(&[2, 3, 4], &[9; 24])),
        npy_with(1, "<f4", "(2, 3)", &[0; 24]),
        npy_with(2, ">u2", "(12,)", &[1; 24]),
        npy_with(3, "|u1", "(1, 2, 3, 4)", &[2; 24]),
        npz(zip::CompressionMethod::Stored),
        npz(zip::CompressionMethod::Deflated),
    ]
}

fn mutate(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    const EDGES: [u8; 10] = [0, 1, 0x7f, 0x80, 0xff, b'0', b'9', b'\'', b'(', b'}'];
    for _ in 0..rng.gen_range(1..=6) {
        if bytes.is_empty() {
            bytes.push(rng.r#gen());
        }
        let at = rng.gen_range(0..bytes.len());
        match rng.gen_range(0..8) {
            0 => bytes[at] ^= 1 << rng.gen_range(0..8),
            1 => bytes[at] = rng.r#gen(),
            2 => bytes[at] = EDGES[rng.gen_range(0..EDGES.len())],
            3 => bytes.truncate(at),
            4 => bytes.insert(at, EDGES[rng.gen_range(0..EDGES.len())]),
            5 => drop(bytes.remove(at)),
            6 => {
                let end = (at + rng.gen_range(1..9)).min(bytes.len());
                bytes[at..end].fill(EDGES[rng.gen_range(0..5)]);
            }
            _ => {
                let end = (at + rng.gen_range(1..40)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = rng.gen_range(0..=bytes.len());
                bytes.splice(to..to, copy);
            }
        }
    }
}

#[test]
fn mutated_files_are_read_or_refused() {
    let seeds = seeds();
    let mut rng = random();
    let mut n_read = 0_u64;
    for number in 0..n_mutations() {
        let mut bytes = seeds[number as usize % seeds.len()].clone();
        mutate(&mut bytes, &mut rng);
        let (is_read, peak) = peak_bytes(|| {
            let idx = IdxArray::from_bytes(&bytes).is_ok();
            idx | NpyArray::from_bytes(&bytes).is_ok_and(|array| array.to_f64().is_ok())
        });
        n_read += u64::from(is_read);
        // Deflate holds at most 1,032 bytes in one, and a value of one byte takes eight.
        assert!(peak <= OVERHEAD + 9 * 1032 * bytes.len(), "{peak} bytes for {bytes:02x?}");
    }
    println!("{n_read} of {} mutated files could still be read", n_mutations());
    assert!(n_read > 0);
}

/// One random entry: a file of any name and content, a folder, or a link to anywhere.
fn grow(dir: &Path, image: &[u8], rng: &mut ChaCha8Rng) {
    const NAMES: [&[u8]; 12] = [
        b"good",
        b"train",
        b"test",
        b"ground_truth",
        b"bent",
        b"a.png",
        b"A.PNG",
        b"Thumbs.db",
        b".b.png",
        b"\xff\xfe.png",
        b"a_mask.png",
        b"screw",
    ];
    let mut at = dir.to_owned();
    for _ in 0..rng.gen_range(1..5) {
        let name = NAMES[rng.gen_range(0..NAMES.len())].to_vec();
        at.push(std::ffi::OsString::from_vec(name));
    }
    // Whatever is in the way stays; that a path cannot be made is part of the game.
    let parent = at.parent().unwrap();
    let _ = fs::create_dir_all(parent);
    match rng.gen_range(0..6) {
        0 => drop(fs::create_dir_all(&at)),
        1 => drop(symlink(dir, &at)),
        2 => drop(symlink(parent.join("a.png"), &at)),
        3 => drop(fs::write(&at, b"")),
        4 => drop(fs::write(&at, &image[..rng.gen_range(0..image.len())])),
        _ => drop(fs::write(&at, image)),
    }
}

#[test]
fn mutated_trees_are_read_or_refused() {
    let mut image = Cursor::new(Vec::new());
    image::GrayImage::new(3, 2).write_to(&mut image, image::ImageFormat::Png).unwrap();
    let image = image.into_inner();
    let mut rng = random();
    let config = ImageReadConfig::new();
    // Making a tree takes a thousand times as long as changing a few bytes.
    for _ in 0..n_mutations().div_ceil(100) {
        let dir = tempdir().unwrap();
        for _ in 0..rng.gen_range(1..16) {
            grow(dir.path(), &image, &mut rng);
        }
        let (_, peak) = peak_bytes(|| {
            let _ = ImageFileDataset::open_flat(dir.path(), &config);
            let _ = ImageFileDataset::open_classes(dir.path(), &config);
            for category in MvtecDataset::categories(dir.path()).unwrap_or_default() {
                let _ = MvtecDataset::open(dir.path(), &category, Split::Train);
                let _ = MvtecDataset::open(dir.path(), &category, Split::Test);
            }
        });
        assert!(peak < 4 * OVERHEAD, "{peak} bytes");
    }
}
