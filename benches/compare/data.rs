//! `novelty-data` against numpy, Pillow and PyTorch's DataLoader.
//!
//! Our side leaves its files in the shared folder, so that both sides read the same ones.

use std::env;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use ndarray::{Array4, s};
use novelty_benches::compare::{Peer, Run, Task, TaskError, serve};
use novelty_core::Dataset;
use novelty_data::{
    BatchConfig, Colour, IdxArray, IdxDataset, ImageFileDataset, ImageReadConfig,
    InspectionCategory, InspectionConfig, Loader, LoaderConfig, NpyDataset, Split, read_idx,
};
use rayon::prelude::*;

/// 246 MB as bytes, 983 MB as `f32`.
const N_IMAGES: usize = 20_000;
/// 1.72 GB as bytes, 6.9 GB as `f32`.
const N_STREAMED: usize = 140_001;
const SIDE: usize = 64;
const IMAGE_LEN: usize = SIDE * SIDE * 3;
const BATCH: usize = 128;
/// The bytes of images repeat after as many, a prime.
const PERIOD: usize = 251;
/// Of the streamed images one in so many is not black; the others take no room on the disk.
const SPARSITY: usize = 16;

const IMAGE_PEERS: [Peer<'static>; 3] = [
    Peer::Python("torch DataLoader, 2 workers, Pillow"),
    Peer::Python("torch DataLoader, 2 workers, torchvision.io"),
    Peer::Python("Pillow"),
];
const MEMMAP: Peer<'static> = Peer::Python("numpy memmap");
const NPY_PEERS: [Peer<'static>; 2] =
    [MEMMAP, Peer::Rust { name: "memcpy of as many bytes", version: "std", prepare: copying }];
const IDX_PEERS: [Peer<'static>; 2] =
    [Peer::Python("numpy frombuffer"), Peer::Python("numpy fromfile")];

fn main() -> ExitCode {
    let task = |name, description, ours, peers| Task {
        name,
        description,
        rtol: 1e-6,
        atol: 0.0,
        ours,
        peers,
    };
    // The kernels round differently in one of a thousand pixels, by a step of eight bits.
    let of_pictures = |name, description, ours| Task {
        atol: 1e-5,
        ..task(name, description, ours, &IMAGE_PEERS)
    };
    let mut tasks = vec![
        of_pictures(
            "png_resize_inspection",
            "200 PNGs 256x256 of the synthetic inspection set, decoded and resized to 128x128",
            || png_resize(inspection()?),
        ),
        task(
            "npy_batches",
            "20,000 u8 images 64x64x3, shuffled f32 batches of 128",
            || npy_batches(N_IMAGES, 1),
            &NPY_PEERS,
        ),
        task(
            "npy_stream",
            "the same from 1.7 GB: 140,001 images",
            || npy_batches(N_STREAMED, SPARSITY),
            &[MEMMAP],
        ),
        task("idx_load", "MNIST's 47 MB of training images, uncompressed", idx_load, &IDX_PEERS),
        task("idx_load_gzip", "the same from gzip", idx_load_gzip, &[Peer::Python("numpy")]),
        task(
            "idx_to_f32",
            "60,000 digits u8 to f32 in [0, 1]",
            idx_to_f32,
            &[Peer::Python("numpy")],
        ),
    ];
    // These may not be passed on with the project.
    if transistors().is_ok() {
        let description = "213 PNGs 256x256 of MVTec's transistors, decoded and resized to 128x128";
        tasks.push(of_pictures("png_resize_mvtec", description, || png_resize(transistors()?)));
    }
    serve(&tasks)
}

fn shared_folder() -> PathBuf {
    env::var_os("NOVELTY_COMPARE_DIR").map_or_else(env::temp_dir, PathBuf::from)
}

fn transistors() -> Result<PathBuf, TaskError> {
    let root = env::var_os("NOVELTY_DATASETS").ok_or("NOVELTY_DATASETS names no folder")?;
    let dir = PathBuf::from(root).join("mvtec-256/transistor/train/good");
    if dir.is_dir() { Ok(dir) } else { Err(format!("{} is not there", dir.display()).into()) }
}

fn inspection() -> Result<PathBuf, TaskError> {
    let root = shared_folder().join("inspection");
    InspectionConfig::new().side(256).n_train(200).n_test_good(1).n_per_defect(1).write(&root)?;
    Ok(root.join(InspectionCategory::Chip.name()).join("train/good"))
}

/// The mean over all values; summed in `f32` over a row, in `f64` over the rows.
fn png_resize(dir: PathBuf) -> Result<Run, TaskError> {
    std::fs::write(shared_folder().join("pictures"), dir.to_str().ok_or("not UTF-8")?)?;
    let config = ImageReadConfig::new().colour(Colour::Rgb).size(128, 128);
    let dataset = ImageFileDataset::open_flat(dir, &config)?;
    let n_values = (dataset.len() * 3 * 128 * 128) as f64;
    let batches = BatchConfig::new(32).shuffle(false);
    let loader = Loader::new(dataset, &LoaderConfig::new(batches).n_workers(2))?;
    Ok(Box::new(move || {
        let mut sum = 0.0;
        for batch in loader.epoch(0)? {
            sum += batch?.images.rows().into_iter().map(|row| f64::from(row.sum())).sum::<f64>();
        }
        Ok(vec![sum / n_values])
    }))
}

/// A file of images of which one in `sparsity` is not black; its holes read as zeros.
fn npy_file(n_images: usize, sparsity: usize) -> Result<PathBuf, TaskError> {
    let path = shared_folder().join("images.npy");
    let header = format!(
        "{{'descr': '|u1', 'fortran_order': False, 'shape': ({n_images}, {SIDE}, {SIDE}, 3), }}\n"
    );
    let mut file = BufWriter::new(File::create(&path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&u16::try_from(header.len())?.to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    let start = file.stream_position()?;
    for index in (0..n_images).step_by(sparsity) {
        let first = index * IMAGE_LEN;
        let image: Vec<u8> = (first..first + IMAGE_LEN).map(|i| (i % PERIOD) as u8).collect();
        let at = start + first as u64;
        if sparsity > 1 {
            file.seek(SeekFrom::Start(at))?;
        }
        file.write_all(&image)?;
    }
    file.flush()?;
    file.get_ref().set_len(start + (n_images * IMAGE_LEN) as u64)?;
    Ok(path)
}

/// The sums of three values of every image, one a channel: whatever the order, each image counts
/// once, and a channel or row in the wrong place shows.
fn npy_batches(n_images: usize, sparsity: usize) -> Result<Run, TaskError> {
    let dataset = NpyDataset::open(npy_file(n_images, sparsity)?)?;
    let config = BatchConfig::new(BATCH);
    let mut buffer = Array4::zeros((BATCH, 3, SIDE, SIDE));
    let mut epoch = 0;
    Ok(Box::new(move || {
        let mut sums = vec![0.0; 3];
        for indices in config.index_batches(n_images, epoch)? {
            let mut batch = buffer.slice_mut(s![..indices.len(), .., .., ..]);
            dataset.fill_images(&indices, batch.view_mut())?;
            for (sum, (channel, y, x)) in sums.iter_mut().zip([(0, 0, 0), (1, 31, 17), (2, 63, 63)])
            {
                *sum += batch.slice(s![.., channel, y, x]).fold(0.0, |sum, &x| sum + f64::from(x));
            }
        }
        epoch += 1;
        Ok(sums)
    }))
}

/// What the memory could do: the bytes that reading and writing the batches moves as a plain
/// copy by every thread, half of them read and half written.
fn copying() -> Result<Run, TaskError> {
    let moved = N_IMAGES * IMAGE_LEN * (1 + size_of::<f32>());
    let n_threads = rayon::current_num_threads();
    let batch = BATCH * IMAGE_LEN * size_of::<f32>();
    let source = vec![1_u8; moved / 2];
    let mut target = vec![0_u8; batch];
    let (share, part) = (source.len().div_ceil(n_threads), batch.div_ceil(n_threads));
    let answer = npy_sums();
    Ok(Box::new(move || {
        source.par_chunks(share).zip(target.par_chunks_mut(part)).for_each(|(share, target)| {
            for part in share.chunks(target.len()) {
                target[..part.len()].copy_from_slice(part);
                std::hint::black_box(&mut *target);
            }
        });
        Ok(answer.clone())
    }))
}

/// A copy computes nothing; what the batches must sum up to is known without them.
fn npy_sums() -> Vec<f64> {
    let sum = |channel, y, x| {
        let at = |image| ((image * IMAGE_LEN + (y * SIDE + x) * 3 + channel) % PERIOD) as u8;
        (0..N_IMAGES).map(|image| f64::from(f32::from(at(image)) / 255.0)).sum()
    };
    vec![sum(0, 0, 0), sum(1, 31, 17), sum(2, 63, 63)]
}

fn mnist() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../datasets/mnist")
}

fn load(path: PathBuf) -> Run {
    Box::new(move || {
        let IdxArray::U8(array) = read_idx(&path)? else { return Err("no bytes".into()) };
        Ok(vec![array.len() as f64, f64::from(array[[59_999, 14, 14]])])
    })
}

fn idx_load() -> Result<Run, TaskError> {
    let IdxArray::U8(array) = read_idx(mnist().join("train-images-idx3-ubyte.gz"))? else {
        return Err("MNIST's images are bytes".into());
    };
    let path = shared_folder().join("images.idx");
    let mut file = BufWriter::new(File::create(&path)?);
    file.write_all(&[0, 0, 8, 3])?;
    for &dim in array.shape() {
        file.write_all(&u32::try_from(dim)?.to_be_bytes())?;
    }
    file.write_all(array.as_slice().ok_or("IDX files are row-major")?)?;
    file.flush()?;
    Ok(load(path))
}

fn idx_load_gzip() -> Result<Run, TaskError> {
    Ok(load(mnist().join("train-images-idx3-ubyte.gz")))
}

fn idx_to_f32() -> Result<Run, TaskError> {
    let dataset = IdxDataset::open_dir(mnist(), Split::Train)?;
    let indices: Vec<usize> = (0..dataset.len()).collect();
    Ok(Box::new(move || {
        let images = dataset.to_images(&indices)?;
        Ok(vec![f64::from(images[[59_999, 0, 14, 14]]), f64::from(images[[0, 0, 14, 14]])])
    }))
}
