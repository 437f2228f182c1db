//! `novelty-scoring` against numpy, scikit-image and scikit-learn.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use ndarray::{Array2, Array4, s};
use novelty_benches::compare::{Peer, Run, Task, TaskError, serve};
use novelty_core::{Dataset, Fit, Score};
use novelty_data::{IdxDataset, Split};
use novelty_scoring::{
    IsolationForestConfig, KNearestNeighborsConfig, KernelDensityConfig, LocalOutlierFactorConfig,
    MahalanobisConfig, PixelError, Pooling, mean_squared_error, quantile,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const SEED: u64 = 42;
/// 64x64 pixels of three colours.
const PIXELS: usize = 12_288;
const N_IMAGES: usize = 20_000;
const N_REFERENCE: usize = 20_000;
const N_QUERIES: usize = 2_000;
/// Images of 256x256 pixels.
const N_LARGE: usize = 64;

const SKLEARN: [Peer<'static>; 1] = [Peer::Python("scikit-learn")];
const PYTHON: Peer<'static> = Peer::Python("numpy, best form");
const NUMPY: [Peer<'static>; 1] = [Peer::Python("numpy")];
const SKIMAGE: [Peer<'static>; 1] = [Peer::Python("scikit-image")];

fn main() -> ExitCode {
    let task = |name, description, rtol, ours, peers| Task {
        name,
        description,
        rtol,
        atol: 0.0,
        ours,
        peers,
    };
    let read = Peer::Rust {
        name: "reading both once",
        version: env!("CARGO_PKG_VERSION"),
        prepare: prepare_read,
    };
    let mse_peers = [PYTHON, Peer::Python("numpy, plain"), read];
    serve(&[
        task(
            "mse_20k",
            "MSE of 20,000 pairs of 64x64 RGB images, 1.97 GB",
            1e-4,
            prepare_mse,
            &mse_peers,
        ),
        Task {
            atol: 1e-5,
            ..task("ssim_64", "SSIM of 64 pairs of 256x256 images", 0.0, prepare_ssim, &SKIMAGE)
        },
        task(
            "quantile_1m",
            "the 0.999 quantile of 1,000,000 scores",
            1e-6,
            prepare_quantile,
            &NUMPY,
        ),
        task(
            "neighbors_mnist",
            "5 nearest of 20,000 MNIST digits, for 2,000",
            1e-3,
            || prepare_neighbors(mnist),
            &SKLEARN,
        ),
        task(
            "neighbors_noise",
            "5 nearest of 20,000 x 784 normal numbers, for 2,000",
            1e-3,
            || prepare_neighbors(noise),
            &SKLEARN,
        ),
        task("lof_fit", "outlier factors of 10,000 x 32, k = 20", 1e-3, prepare_lof_fit, &SKLEARN),
        task("lof_score", "and of 10,000 others", 1e-3, prepare_lof_score, &SKLEARN),
        Task {
            atol: 0.02,
            ..task(
                "forest_fit",
                "isolation forest of 20,000 x 32",
                0.0,
                prepare_forest_fit,
                &SKLEARN,
            )
        },
        Task {
            atol: 0.02,
            ..task("forest_score", "and its scores of 20,000", 0.0, prepare_forest_score, &SKLEARN)
        },
        task(
            "mahalanobis_fit",
            "Ledoit-Wolf Mahalanobis of 20,000 x 784",
            1e-3,
            prepare_mahalanobis_fit,
            &SKLEARN,
        ),
        task(
            "mahalanobis_score",
            "and its distances of 20,000",
            1e-3,
            prepare_mahalanobis_score,
            &SKLEARN,
        ),
        task(
            "density_score",
            "kernel density of 10,000 x 8, for 2,000",
            1e-3,
            prepare_density,
            &SKLEARN,
        ),
    ])
}

/// The mean, and a few of the scores: what both sides must agree on.
fn digest(scores: impl IntoIterator<Item = f32>) -> Vec<f64> {
    let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    [mean].into_iter().chain(scores.iter().step_by(scores.len() / 16).copied()).collect()
}

/// Values that are cheap to make alike in numpy: a multiplicative hash of the position.
fn pixel(i: usize, factor: u32) -> f32 {
    ((i as u32).wrapping_mul(factor) >> 8) as f32 / (1 << 24) as f32
}

fn pixels(factor: u32) -> Vec<f32> {
    (0..N_IMAGES * PIXELS).into_par_iter().map(|i| pixel(i, factor)).collect()
}

fn pair() -> Result<[Array4<f32>; 2], TaskError> {
    let shape = (N_IMAGES, 3, 64, 64);
    let make = |factor| Array4::from_shape_vec(shape, pixels(factor));
    Ok([make(2_654_435_761)?, make(2_246_822_519)?])
}

fn prepare_mse() -> Result<Run, TaskError> {
    let [x, y] = pair()?;
    Ok(Box::new(move || Ok(digest(mean_squared_error(x.view(), y.view())?))))
}

/// What memory gives: both batches are read, and as little as possible is done with them. That
/// all was read shows in the exclusive or of the bits, which is checked against a plain loop's;
/// the scores that ours must agree with are a plain loop's, too.
fn prepare_read() -> Result<Run, TaskError> {
    let [x, y] = pair()?;
    let answer = digest(x.outer_iter().zip(y.outer_iter()).map(|(x, y)| {
        let squares = x.iter().zip(&y).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2));
        (squares.sum::<f64>() / PIXELS as f64) as f32
    }));
    let expected = x.iter().chain(&y).fold(0, |all, value| all ^ value.to_bits());
    Ok(Box::new(move || {
        let (x, y) = (x.as_slice().ok_or("x")?, y.as_slice().ok_or("y")?);
        let pairs = x.par_chunks(PIXELS).zip(y.par_chunks(PIXELS));
        let all = pairs.map(|(x, y)| together(x) ^ together(y)).reduce(|| 0, |a, b| a ^ b);
        if all == expected { Ok(answer.clone()) } else { Err("not all was read".into()) }
    }))
}

/// The exclusive or of all bits: one instruction a vector.
fn together(values: &[f32]) -> u32 {
    let (blocks, _) = values.as_chunks::<32>();
    let mut lanes = [0_u32; 32];
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane ^= value.to_bits();
        }
    }
    lanes.iter().fold(0, |a, b| a ^ b)
}

fn prepare_ssim() -> Result<Run, TaskError> {
    let make = |factor| {
        Array4::from_shape_fn((N_LARGE, 1, 256, 256), |(n, _, y, x)| {
            let smooth = ((x as f32 * 0.05).sin() * (y as f32 * 0.07 + n as f32).cos() + 1.0) / 2.0;
            0.7 * smooth + 0.3 * pixel((n * 256 + y) * 256 + x, factor)
        })
    };
    let (x, y) = (make(2_654_435_761), make(2_246_822_519));
    write_shared("x.f32", x.iter().copied())?;
    write_shared("y.f32", y.iter().copied())?;
    Ok(Box::new(move || {
        let scores = PixelError::Ssim.scores(x.view(), y.view(), Pooling::Mean)?;
        Ok(digest(scores))
    }))
}

fn prepare_quantile() -> Result<Run, TaskError> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let scores: Vec<f32> = (0..1_000_000).map(|_| random.gen_range(0.0_f32..1.0)).collect();
    write_shared("scores.f32", scores.iter().copied())?;
    Ok(Box::new(move || Ok(vec![f64::from(quantile(&scores, 0.999)?)])))
}

/// The first MNIST training digits, flattened.
fn mnist(n: usize) -> Result<Array2<f32>, TaskError> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/mnist");
    let digits = IdxDataset::open_dir(folder, Split::Train)?;
    let mut x = Array2::zeros((n, 784));
    for (i, mut row) in x.outer_iter_mut().enumerate() {
        row.iter_mut().zip(&digits.get(i)?.image).for_each(|(to, from)| *to = *from);
    }
    Ok(x)
}

fn noise(n: usize) -> Result<Array2<f32>, TaskError> {
    Ok(blobs(n, 784))
}

/// Nearly normal numbers around five centres.
fn blobs(n: usize, d: usize) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    Array2::from_shape_fn((n, d), |(i, _)| {
        (i % 5) as f32 + (0..3).map(|_| random.gen_range(-1.0_f32..1.0)).sum::<f32>()
    })
}

/// Reference and queries, written for the peer.
fn halves(x: &Array2<f32>, n: usize) -> Result<(Array2<f32>, Array2<f32>), TaskError> {
    let (reference, queries) = (x.slice(s![..n, ..]).to_owned(), x.slice(s![n.., ..]).to_owned());
    write_shared("x.f32", reference.iter().copied())?;
    write_shared("queries.f32", queries.iter().copied())?;
    Ok((reference, queries))
}

fn prepare_neighbors(make: fn(usize) -> Result<Array2<f32>, TaskError>) -> Result<Run, TaskError> {
    let (reference, queries) = halves(&make(N_REFERENCE + N_QUERIES)?, N_REFERENCE)?;
    let scorer = KNearestNeighborsConfig::new(5).fit(reference.view())?;
    Ok(Box::new(move || Ok(digest(scorer.score(queries.view())?))))
}

fn prepare_lof_fit() -> Result<Run, TaskError> {
    let (reference, _) = halves(&blobs(20_000, 32), 10_000)?;
    Ok(Box::new(move || {
        let fitted = LocalOutlierFactorConfig::new().fit(reference.view())?;
        Ok(digest(fitted.reference_scores().iter().copied()))
    }))
}

fn prepare_lof_score() -> Result<Run, TaskError> {
    let (reference, queries) = halves(&blobs(20_000, 32), 10_000)?;
    let scorer = LocalOutlierFactorConfig::new().fit(reference.view())?;
    Ok(Box::new(move || Ok(digest(scorer.score(queries.view())?))))
}

fn prepare_forest_fit() -> Result<Run, TaskError> {
    let (reference, queries) = halves(&blobs(20_100, 32), 20_000)?;
    Ok(Box::new(move || {
        let fitted = IsolationForestConfig::new().fit(reference.view())?;
        // Random trees differ; what they say on average does not.
        Ok(vec![f64::from(fitted.score(queries.view())?.mean().unwrap_or(0.0))])
    }))
}

fn prepare_forest_score() -> Result<Run, TaskError> {
    let (reference, queries) = halves(&blobs(40_000, 32), 20_000)?;
    let scorer = IsolationForestConfig::new().fit(reference.view())?;
    Ok(Box::new(move || Ok(vec![f64::from(scorer.score(queries.view())?.mean().unwrap_or(0.0))])))
}

fn prepare_mahalanobis_fit() -> Result<Run, TaskError> {
    let (reference, _) = halves(&mnist(20_001)?, 20_000)?;
    Ok(Box::new(move || Ok(vec![MahalanobisConfig::new().fit(reference.view())?.shrinkage()])))
}

fn prepare_mahalanobis_score() -> Result<Run, TaskError> {
    let (reference, queries) = halves(&mnist(40_000)?, 20_000)?;
    let scorer = MahalanobisConfig::new().fit(reference.view())?;
    Ok(Box::new(move || Ok(digest(scorer.score(queries.view())?))))
}

fn prepare_density() -> Result<Run, TaskError> {
    let (reference, queries) = halves(&blobs(12_000, 8), 10_000)?;
    let scorer = KernelDensityConfig::new().fit(reference.view())?;
    write_shared("bandwidth.f32", [scorer.bandwidth() as f32])?;
    Ok(Box::new(move || Ok(digest(scorer.score(queries.view())?))))
}

fn write_shared(name: &str, values: impl IntoIterator<Item = f32>) -> Result<(), TaskError> {
    let folder = env::var_os("NOVELTY_COMPARE_DIR").map_or_else(env::temp_dir, PathBuf::from);
    let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
    Ok(fs::write(folder.join(name), bytes)?)
}
