//! `novelty-data` against numpy, Pillow and PyTorch's DataLoader.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use ndarray::Array4;
use novelty_benches::compare::{Peer, Run, Task, TaskError, serve};
use novelty_core::Dataset;
use novelty_data::{
    BatchConfig, Colour, IdxArray, IdxDataset, ImageFileDataset, ImageReadConfig, Loader,
    LoaderConfig, NpyDataset, Split, read_idx,
};

/// 246 MB as bytes, 983 MB as `f32`.
const N_IMAGES: usize = 20_000;
const SIDE: usize = 64;
const BATCH: usize = 128;

const IMAGE_PEERS: [Peer<'static>; 2] =
    [Peer::Python("torch DataLoader, 2 workers"), Peer::Python("Pillow")];
const NPY_PEERS: [Peer<'static>; 2] = [
    Peer::Python("numpy memmap"),
    Peer::Rust { name: "memcpy of as many bytes", version: "std", prepare: copying },
];
const NUMPY: [Peer<'static>; 1] = [Peer::Python("numpy")];

fn main() -> ExitCode {
    let task = |name, description, atol, ours, peers| Task {
        name,
        description,
        rtol: 1e-6,
        atol,
        ours,
        peers,
    };
    let mut tasks = vec![
        task("npy_batches", "20,000 u8 images 64x64x3, shuffled f32 batches of 128", 0.0, npy_batches, &NPY_PEERS[..]),
        task("idx_load", "MNIST's 47 MB of training images, uncompressed", 0.0, idx_load, &NUMPY[..]),
        task("idx_to_f32", "60,000 digits from u8 to f32 in [0, 1]", 1e-3, idx_to_f32, &NUMPY[..]),
    ];
    // The pictures may not be passed on with the project.
    if transistors().is_ok() {
        // The kernels agree to a step of eight bits at most, so the mean to much less.
        let description = "213 PNGs 256x256 decoded and resized to 128x128";
        tasks.push(task("png_resize", description, 1e-3, png_resize, &IMAGE_PEERS[..]));
    }
    serve(&tasks)
}

fn transistors() -> Result<PathBuf, TaskError> {
    let root = env::var_os("NOVELTY_DATASETS").ok_or("NOVELTY_DATASETS names no folder")?;
    let dir = PathBuf::from(root).join("mvtec-256/transistor/train/good");
    if dir.is_dir() { Ok(dir) } else { Err(format!("{} is not there", dir.display()).into()) }
}

fn png_resize() -> Result<Run, TaskError> {
    let config = ImageReadConfig::new().colour(Colour::Rgb).size(128, 128);
    let dataset = ImageFileDataset::open_flat(transistors()?, &config)?;
    let n = dataset.len();
    let batches = BatchConfig::new(32).shuffle(false);
    let loader = Loader::new(dataset, &LoaderConfig::new(batches).n_workers(2))?;
    Ok(Box::new(move || {
        let mut sum = 0.0;
        for batch in loader.epoch(0)? {
            sum += f64::from(batch?.images.sum());
        }
        Ok(vec![sum / (n * 3 * 128 * 128) as f64])
    }))
}

fn scratch(name: &str) -> Result<PathBuf, TaskError> {
    let dir = env::temp_dir().join("novelty-compare");
    fs::create_dir_all(&dir)?;
    Ok(dir.join(name))
}

/// The same bytes as in `peers/data.py`.
fn npy_file() -> Result<PathBuf, TaskError> {
    let path = scratch(&format!("ours-{}.npy", std::process::id()))?;
    let header = format!(
        "{{'descr': '|u1', 'fortran_order': False, 'shape': ({N_IMAGES}, {SIDE}, {SIDE}, 3), }}\n"
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len())?.to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend((0..N_IMAGES * SIDE * SIDE * 3).map(|i| (i % 251) as u8));
    fs::write(&path, bytes)?;
    Ok(path)
}

fn npy_batches() -> Result<Run, TaskError> {
    let path = npy_file()?;
    let dataset = NpyDataset::open(&path)?;
    // The mapping keeps what the folder no longer shows.
    fs::remove_file(&path)?;
    let config = BatchConfig::new(BATCH);
    let mut buffer = Array4::zeros((BATCH, 3, SIDE, SIDE));
    let mut epoch = 0;
    Ok(Box::new(move || {
        let mut sum = 0.0;
        for indices in config.index_batches(N_IMAGES, epoch)? {
            let mut batch = buffer.slice_mut(ndarray::s![..indices.len(), .., .., ..]);
            dataset.fill_images(&indices, batch.view_mut())?;
            sum += batch.slice(ndarray::s![.., 0, 0, 0]).iter().map(|&x| f64::from(x)).sum::<f64>();
        }
        epoch += 1;
        Ok(vec![sum])
    }))
}

/// The bytes that reading and writing the batches moves, as a plain copy: half read, half
/// written.
fn copying() -> Result<Run, TaskError> {
    let moved = N_IMAGES * SIDE * SIDE * 3 * (1 + size_of::<f32>());
    let batch = BATCH * SIDE * SIDE * 3 * size_of::<f32>();
    let source = vec![1_u8; moved / 2];
    let mut target = vec![0_u8; batch];
    let answer = npy_sum();
    Ok(Box::new(move || {
        for part in source.chunks(batch) {
            target[..part.len()].copy_from_slice(part);
            std::hint::black_box(&mut target);
        }
        Ok(vec![answer])
    }))
}

fn npy_sum() -> f64 {
    let first = |image: usize| ((image * SIDE * SIDE * 3) % 251) as u8;
    (0..N_IMAGES).map(|image| f64::from(f32::from(first(image)) / 255.0)).sum()
}

fn mnist() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../datasets/mnist")
}

fn idx_load() -> Result<Run, TaskError> {
    let IdxArray::U8(array) = read_idx(mnist().join("train-images-idx3-ubyte.gz"))? else {
        return Err("MNIST's images are bytes".into());
    };
    let path = scratch(&format!("ours-{}.idx", std::process::id()))?;
    let mut bytes = vec![0, 0, 8, 3];
    array.shape().iter().for_each(|&dim| bytes.extend((dim as u32).to_be_bytes()));
    bytes.extend(array.iter());
    fs::write(&path, bytes)?;
    Ok(Box::new(move || {
        let IdxArray::U8(array) = read_idx(&path)? else { return Err("bytes".into()) };
        Ok(vec![array.len() as f64, f64::from(array[[59_999, 14, 14]])])
    }))
}

fn idx_to_f32() -> Result<Run, TaskError> {
    let dataset = IdxDataset::open_dir(mnist(), Split::Train)?;
    let indices: Vec<usize> = (0..dataset.len()).collect();
    Ok(Box::new(move || {
        let images = dataset.to_images(&indices)?;
        Ok(vec![f64::from(images[[59_999, 0, 14, 14]]), f64::from(images[[0, 0, 14, 14]])])
    }))
}
