//! `novelty-metrics` against scikit-learn and linfa.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use linfa::DatasetBase;
use linfa::prelude::SilhouetteScore;
use ndarray::{Array1, Array2};
use novelty_benches::compare::{Peer, Run, Task, TaskError, serve};
use novelty_metrics::{
    MetricsError, adjusted_mutual_information, adjusted_rand_index, average_precision, f1_max,
    roc_auc, silhouette_score,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 42;
/// Calls a run where one call is too short to time.
const REPEATS: usize = 50;
const CLUSTERS: usize = 5;

const SKLEARN: [Peer<'static>; 1] = [Peer::Python("scikit-learn")];

macro_rules! silhouette {
    ($n:literal, $d:literal) => {
        Task {
            name: concat!("silhouette_", stringify!($n), "x", stringify!($d)),
            peers: &SKLEARN,
            ..silhouette!($n, $d, [])
        }
    };
    // linfa takes most of a minute for 20,000: a task of its own, which can be left out.
    ($n:literal, $d:literal, linfa) => {
        Task {
            name: concat!("silhouette_", stringify!($n), "x", stringify!($d), "_linfa"),
            peers: &[Peer::Rust {
                name: "linfa (f64)",
                version: "0.8.1",
                prepare: || prepare_linfa_silhouette($n, $d),
            }],
            ..silhouette!($n, $d, [])
        }
    };
    ($n:literal, $d:literal, []) => {
        Task {
            name: "",
            description: concat!("silhouette of ", $n, " x ", $d, ", f32, 5 clusters"),
            rtol: 0.0,
            atol: 1e-5,
            ours: || prepare_silhouette($n, $d),
            peers: &[],
        }
    };
}

fn main() -> ExitCode {
    let task = |name, description, ours| Task {
        name,
        description,
        rtol: 1e-12,
        atol: 0.0,
        ours,
        peers: &SKLEARN,
    };
    serve(&[
        task("roc_auc_10k", "ROC-AUC of 10,000 scores, 50 times", || {
            prepare_scores(10_000, REPEATS, roc_auc)
        }),
        task("roc_auc_1m", "ROC-AUC of 1,000,000 scores", || prepare_scores(1_000_000, 1, roc_auc)),
        task("roc_auc_10m", "ROC-AUC of 10,000,000 scores", || {
            prepare_scores(10_000_000, 1, roc_auc)
        }),
        task("average_precision_1m", "average precision of 1,000,000 scores", || {
            prepare_scores(1_000_000, 1, average_precision)
        }),
        task("f1_max_1m", "the best F1 of 1,000,000 scores", || {
            prepare_scores(1_000_000, 1, |s, l| f1_max(s, l).map(|best| best.f1))
        }),
        silhouette!(10_000, 2),
        silhouette!(10_000, 8),
        silhouette!(10_000, 32),
        silhouette!(20_000, 2),
        silhouette!(20_000, 8),
        silhouette!(20_000, 32),
        Task {
            rtol: 1e-9,
            ..task("agreement_100k", "ARI and AMI of 100,000 samples, 50 by 60 clusters", || {
                prepare_agreement(100_000)
            })
        },
        silhouette!(10_000, 2, linfa),
        silhouette!(10_000, 8, linfa),
        silhouette!(10_000, 32, linfa),
        silhouette!(20_000, 2, linfa),
        silhouette!(20_000, 8, linfa),
        silhouette!(20_000, 32, linfa),
    ])
}

/// Scores of one in ten anomalous samples, written for the peer, and a metric of them.
fn prepare_scores(
    n: usize,
    repeats: usize,
    metric: fn(&[f32], &[bool]) -> Result<f64, MetricsError>,
) -> Result<Run, TaskError> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let labels: Vec<bool> = (0..n).map(|_| random.gen_bool(0.1)).collect();
    let score = |&label: &bool| noise(&mut random) + f32::from(u8::from(label));
    let scores: Vec<f32> = labels.iter().map(score).collect();
    write_shared("scores.f32", scores.iter().flat_map(|score| score.to_le_bytes()).collect())?;
    write_shared("labels.u8", labels.iter().map(|&label| u8::from(label)).collect())?;
    Ok(Box::new(move || {
        let mut value = 0.0;
        for _ in 0..repeats {
            value = metric(&scores, &labels)?;
        }
        Ok(vec![value])
    }))
}

/// Nearly normal, of variance one.
fn noise(random: &mut ChaCha8Rng) -> f32 {
    (0..3).map(|_| random.gen_range(-1.0_f32..1.0)).sum()
}

fn blobs(n: usize, d: usize) -> (Array2<f32>, Vec<usize>) {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let labels: Vec<usize> = (0..n).map(|_| random.gen_range(0..CLUSTERS)).collect();
    let x = Array2::from_shape_fn((n, d), |(i, _)| noise(&mut random) + 2.0 * labels[i] as f32);
    (x, labels)
}

fn prepare_silhouette(n: usize, d: usize) -> Result<Run, TaskError> {
    let (x, labels) = blobs(n, d);
    write_shared("x.f32", x.iter().flat_map(|value| value.to_le_bytes()).collect())?;
    write_shared("labels.u8", labels.iter().map(|&label| label as u8).collect())?;
    Ok(Box::new(move || Ok(vec![silhouette_score(x.view(), &labels)?])))
}

fn prepare_linfa_silhouette(n: usize, d: usize) -> Result<Run, TaskError> {
    let (x, labels) = blobs(n, d);
    let dataset = DatasetBase::new(x.mapv(f64::from), Array1::from_vec(labels));
    Ok(Box::new(move || Ok(vec![dataset.silhouette_score()?])))
}

fn prepare_agreement(n: usize) -> Result<Run, TaskError> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let truth: Vec<usize> = (0..n).map(|_| random.gen_range(0..50)).collect();
    let blur = |&label: &usize| if random.gen_bool(0.7) { label } else { random.gen_range(0..60) };
    let predicted: Vec<usize> = truth.iter().map(blur).collect();
    write_shared("truth.u8", truth.iter().map(|&label| label as u8).collect())?;
    write_shared("predicted.u8", predicted.iter().map(|&label| label as u8).collect())?;
    Ok(Box::new(move || {
        let rand = adjusted_rand_index(&truth, &predicted)?;
        Ok(vec![rand, adjusted_mutual_information(&truth, &predicted)?])
    }))
}

fn write_shared(name: &str, bytes: Vec<u8>) -> Result<(), TaskError> {
    let folder = env::var_os("NOVELTY_COMPARE_DIR").map_or_else(env::temp_dir, PathBuf::from);
    Ok(fs::write(folder.join(name), bytes)?)
}
