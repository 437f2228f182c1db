//! `novelty-cluster` against scikit-learn and linfa.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use linfa::DatasetBase;
use linfa::traits::{Predict as _, Transformer as _};
use ndarray::{Array1, Array2, Axis};
use novelty_benches::compare::{Peer, Prepare, Run, Task, TaskError, serve};
use novelty_cluster::{DbscanConfig, GaussianMixtureConfig, KMeansConfig, MixtureInit, PcaConfig};
use novelty_core::Fit;
use novelty_data::{IdxDataset, Split};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 42;
const K_MEANS: usize = 8;
const MIXTURE: usize = 5;
const ITERATIONS: usize = 20;

macro_rules! dbscan {
    ($d:literal, $eps:literal) => {
        Task {
            name: concat!("dbscan_10kx", $d),
            description: concat!("DBSCAN of 10,000 x ", $d, ", eps ", $eps, ", 10 samples"),
            rtol: 0.0,
            atol: 0.0,
            ours: || prepare_dbscan($d, $eps),
            peers: &[
                Peer::Python("scikit-learn"),
                linfa("linfa (f64)", || prepare_linfa_dbscan($d, $eps)),
            ],
        }
    };
}

fn main() -> ExitCode {
    serve(&[
        Task {
            name: "k_means_20kx32",
            description: "k-means of 20,000 x 32, 8 clusters, the best of 10 runs",
            // Both find the best of their ten runs, and that is the same.
            rtol: 1e-4,
            atol: 0.0,
            ours: prepare_k_means,
            peers: &[Peer::Python("scikit-learn"), linfa("linfa (f64)", prepare_linfa_k_means)],
        },
        mixture("gaussian_mixture_20kx8", "full, 20 iterations of 20,000 x 8", || {
            prepare_mixture(8)
        }),
        mixture("gaussian_mixture_20kx32", "full, 20 iterations of 20,000 x 32", || {
            prepare_mixture(32)
        }),
        converged(
            "gaussian_mixture_converged_20kx8",
            || prepare_converged(8),
            || prepare_linfa_mixture(8),
        ),
        converged(
            "gaussian_mixture_converged_20kx32",
            || prepare_converged(32),
            || prepare_linfa_mixture(32),
        ),
        dbscan!(2, 0.3),
        dbscan!(8, 2.0),
        dbscan!(32, 6.5),
        Task {
            name: "pca_20kx784",
            description: "PCA of 20,000 x 784 (MNIST) to 32, singular values",
            rtol: 1e-4,
            atol: 0.0,
            ours: prepare_pca_of_digits,
            peers: &[Peer::Python("scikit-learn"), linfa("linfa (f64)", prepare_linfa_pca)],
        },
        Task {
            name: "pca_20kx12288",
            description: "PCA of 20,000 x 12,288 to 32, singular values",
            rtol: 1e-3,
            atol: 0.0,
            ours: prepare_pca_of_large_images,
            peers: &[Peer::Python("scikit-learn")],
        },
    ])
}

const fn linfa(name: &str, prepare: Prepare) -> Peer<'_> {
    Peer::Rust { name, version: "0.8.1", prepare }
}

/// The mean log-likelihood of the last iteration, from the same responsibilities.
const fn mixture<'a>(name: &'a str, description: &'a str, ours: Prepare) -> Task<'a> {
    Task {
        name,
        description,
        rtol: 1e-6,
        atol: 0.0,
        ours,
        peers: &[Peer::Python("scikit-learn (f64)"), Peer::Python("scikit-learn (f32)")],
    }
}

/// The mean log-likelihood where each starts and ends as it does by default.
fn converged(name: &'static str, ours: Prepare, theirs: Prepare) -> Task<'static> {
    let peers = vec![Peer::Python("scikit-learn (f64)"), linfa("linfa (f64)", theirs)];
    Task {
        name,
        description: "Gaussian mixture, full, k = 5, from start to convergence by default",
        rtol: 1e-3,
        atol: 0.0,
        ours,
        peers: peers.leak(),
    }
}

/// Nearly normal, of variance one.
fn noise(random: &mut ChaCha8Rng) -> f32 {
    (0..3).map(|_| random.gen_range(-1.0_f32..1.0)).sum()
}

/// Clusters of unit variance around centres drawn from a cube of the given side.
fn blobs(n: usize, d: usize, k: usize, side: f32) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let centres = Array2::from_shape_fn((k, d), |_| random.gen_range(0.0..side));
    let labels: Vec<usize> = (0..n).map(|_| random.gen_range(0..k)).collect();
    Array2::from_shape_fn((n, d), |(i, j)| noise(&mut random) + centres[[labels[i], j]])
}

fn k_means_data() -> Array2<f32> {
    blobs(20_000, 32, K_MEANS, 2.5)
}

fn prepare_k_means() -> Result<Run, TaskError> {
    let x = k_means_data();
    write_shared("x.f32", x.iter().flat_map(|value| value.to_le_bytes()).collect())?;
    let config = KMeansConfig::new(K_MEANS);
    Ok(Box::new(move || Ok(vec![config.fit(x.view())?.inertia()])))
}

fn prepare_linfa_k_means() -> Result<Run, TaskError> {
    let dataset = DatasetBase::from(k_means_data().mapv(f64::from));
    Ok(Box::new(move || {
        let random = ChaCha8Rng::seed_from_u64(SEED);
        let params = linfa_clustering::KMeans::params_with_rng(K_MEANS, random).n_runs(10);
        let model = linfa::traits::Fit::fit(&params, &dataset)?;
        // Theirs is the mean over the samples.
        Ok(vec![model.inertia() * dataset.records.nrows() as f64])
    }))
}

fn mixture_data(d: usize) -> Array2<f32> {
    blobs(20_000, d, MIXTURE, 3.0)
}

fn prepare_mixture(d: usize) -> Result<Run, TaskError> {
    let x = mixture_data(d);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    // Far from the answer, so that no iteration is idle.
    let given = Array2::from_shape_fn((x.nrows(), MIXTURE), |(i, k)| {
        if x[[i, 0]] as usize % MIXTURE == k { 4.0 } else { random.gen_range(0.0_f32..1.0) }
    });
    let sums = given.sum_axis(Axis(1)).insert_axis(Axis(1));
    let given = given / sums;
    write_shared("x.f32", x.iter().flat_map(|value| value.to_le_bytes()).collect())?;
    write_shared("given.f32", given.iter().flat_map(|value| value.to_le_bytes()).collect())?;
    let config = GaussianMixtureConfig::new(MIXTURE)
        .init(MixtureInit::Responsibilities(given))
        .tolerance(0.0)
        .max_iter(ITERATIONS);
    Ok(Box::new(move || Ok(vec![config.fit(x.view())?.lower_bound()])))
}

/// Clusters so far apart that everybody finds them.
fn separate_data(d: usize) -> Array2<f32> {
    blobs(20_000, d, MIXTURE, 12.0)
}

fn prepare_converged(d: usize) -> Result<Run, TaskError> {
    let x = separate_data(d);
    write_shared("x.f32", x.iter().flat_map(|value| value.to_le_bytes()).collect())?;
    let config = GaussianMixtureConfig::new(MIXTURE);
    Ok(Box::new(move || {
        let mixture = config.fit(x.view())?;
        Ok(vec![mixture.mean_log_likelihood(x.view())?])
    }))
}

/// It does not say its likelihood, so that the answer is computed from the weights, means and
/// covariances: by ours, started there.
fn prepare_linfa_mixture(d: usize) -> Result<Run, TaskError> {
    let x = separate_data(d);
    let dataset = DatasetBase::from(x.mapv(f64::from));
    Ok(Box::new(move || {
        let random = ChaCha8Rng::seed_from_u64(SEED);
        let params = linfa_clustering::GaussianMixtureModel::params_with_rng(MIXTURE, random);
        let model = linfa::traits::Fit::fit(&params, &dataset)?;
        let labels = model.predict(&dataset.records);
        let given = Array2::from_shape_fn((x.nrows(), MIXTURE), |(i, k)| {
            f32::from(u8::from(labels[i] == k))
        });
        let config = GaussianMixtureConfig::new(MIXTURE)
            .init(MixtureInit::Responsibilities(given))
            .max_iter(1);
        Ok(vec![config.fit(x.view())?.mean_log_likelihood(x.view())?])
    }))
}

/// Clusters of unit variance, and noise between them.
fn dbscan_data(d: usize) -> Array2<f32> {
    let mut x = blobs(10_000, d, 6, 10.0);
    let mut random = ChaCha8Rng::seed_from_u64(SEED + 1);
    for mut row in x.outer_iter_mut().step_by(20) {
        row.mapv_inplace(|_| random.gen_range(-2.0..12.0));
    }
    x
}

fn labels(labels: impl Iterator<Item = Option<usize>>) -> Vec<f64> {
    labels.map(|label| label.map_or(-1.0, |label| label as f64)).collect()
}

fn prepare_dbscan(d: usize, eps: f64) -> Result<Run, TaskError> {
    let x = dbscan_data(d);
    write_shared("x.f32", x.iter().flat_map(|value| value.to_le_bytes()).collect())?;
    let config = DbscanConfig::new(eps).min_samples(10);
    Ok(Box::new(move || Ok(labels(config.fit(x.view())?.labels().iter().copied()))))
}

fn prepare_linfa_dbscan(d: usize, eps: f64) -> Result<Run, TaskError> {
    let x = dbscan_data(d).mapv(f64::from);
    Ok(Box::new(move || {
        let params = linfa_clustering::Dbscan::params_with(
            10,
            linfa_nn::distance::L2Dist,
            linfa_nn::CommonNearestNeighbour::KdTree,
        );
        let found: Array1<Option<usize>> = params.tolerance(eps).transform(&x)?;
        Ok(labels(found.iter().copied()))
    }))
}

const COMPONENTS: usize = 32;

fn digits() -> Result<Array2<f32>, TaskError> {
    let mnist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/mnist");
    let dataset = IdxDataset::open_dir(mnist, Split::Train)?;
    let images = dataset.to_images(&(0..20_000).collect::<Vec<_>>())?;
    Ok(images.into_shape_with_order((20_000, 784))?)
}

/// What embeds 64x64 colour images: some hundred directions of falling variance, noise, and
/// brightness all over.
fn large_images() -> Array2<f32> {
    let (n, d, rank) = (20_000, 12_288, 100);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let directions = Array2::from_shape_simple_fn((rank, d), || noise(&mut random));
    let weights = Array2::from_shape_fn((n, rank), |(_, k)| {
        noise(&mut random) * 0.3 / (1.0 + k as f32).powf(0.7)
    });
    let mut x = weights.dot(&directions);
    x.mapv_inplace(|value| value + 0.5 + 0.1 * random.gen_range(-1.0_f32..1.0));
    x
}

fn prepare_pca_of_digits() -> Result<Run, TaskError> {
    prepare_pca(digits()?)
}

fn prepare_pca_of_large_images() -> Result<Run, TaskError> {
    prepare_pca(large_images())
}

fn prepare_pca(x: Array2<f32>) -> Result<Run, TaskError> {
    let folder = env::var_os("NOVELTY_COMPARE_DIR").map_or_else(env::temp_dir, PathBuf::from);
    let mut file = BufWriter::new(fs::File::create(folder.join("x.f32"))?);
    for value in &x {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()?;
    let config = PcaConfig::new(COMPONENTS);
    Ok(Box::new(move || Ok(config.fit(x.view())?.singular_values().to_vec())))
}

fn prepare_linfa_pca() -> Result<Run, TaskError> {
    let dataset = DatasetBase::from(digits()?.mapv(f64::from));
    Ok(Box::new(move || {
        let params = linfa_reduction::Pca::params(COMPONENTS);
        let model = linfa::traits::Fit::fit(&params, &dataset)?;
        Ok(model.singular_values().to_vec())
    }))
}

fn write_shared(name: &str, bytes: Vec<u8>) -> Result<(), TaskError> {
    let folder = env::var_os("NOVELTY_COMPARE_DIR").map_or_else(env::temp_dir, PathBuf::from);
    Ok(fs::write(folder.join(name), bytes)?)
}
