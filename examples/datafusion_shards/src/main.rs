//! Scores shards of MNIST in separate processes under Apache DataFusion, merges what they found,
//! and shows that it is what one process finds, bit by bit.
//!
//! Without arguments it is the coordinator: it fits a detector, writes the shards as Arrow
//! files, starts a process a shard, and merges. With `shard FOLDER NUMBER` it is one of those
//! processes.

mod detector;
mod engine;
mod shards;

use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use ndarray::{Array2, s};
use novelty_data::Split;
use novelty_scoring::ScoreSummary;

use detector::{Detector, mnist};
use shards::{Folder, collect, score_shard, write_images};

/// Images a shard: any split must do, also an uneven one.
const SHARDS: [usize; 4] = [1, 2_999, 4_500, 2_500];

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => coordinate(),
        ["shard", folder, number] => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(score_shard(&Folder(PathBuf::from(folder)), number.parse()?))
        }
        _ => bail!("usage: novelty-datafusion-shards"),
    }
}

fn coordinate() -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = Folder(temporary.path().to_owned());
    let detector = Detector::fit()?;
    serde_json::to_writer(File::create(folder.detector())?, &detector)?;
    let images = mnist(Split::Test, SHARDS.iter().sum())?;
    write_shards(&folder, &images)?;

    let start = Instant::now();
    run_processes(&folder)?;
    let (scores, merged) = merge(&folder, &detector, images.nrows())?;
    println!("{} processes: {:.2} s", SHARDS.len(), start.elapsed().as_secs_f64());

    let (own_scores, own) = alone(&detector, &images)?;
    let bits = |scores: &[f32]| scores.iter().map(|score| score.to_bits()).collect::<Vec<_>>();
    ensure!(bits(&scores) == bits(&own_scores), "the scores differ from those of one process");
    ensure!(merged == own, "the merged summary differs from that of one process");
    report(&merged)
}

fn write_shards(folder: &Folder, images: &Array2<f32>) -> Result<()> {
    let mut first = 0;
    for (shard, n) in SHARDS.into_iter().enumerate() {
        let path = folder.images(shard);
        write_images(&path, images.slice(s![first..first + n, ..]), first)?;
        println!("shard {shard}: {n} images, {} bytes", fs::metadata(&path)?.len());
        first += n;
    }
    Ok(())
}

/// All at once, each a process of its own with nothing but files to go by.
fn run_processes(folder: &Folder) -> Result<()> {
    let program = env::current_exe()?;
    let start = |shard: usize| {
        let mut command = Command::new(&program);
        command.arg("shard").arg(&folder.0).arg(shard.to_string()).spawn()
    };
    let processes = (0..SHARDS.len()).map(start).collect::<Result<Vec<_>, _>>()?;
    for (shard, mut process) in processes.into_iter().enumerate() {
        let status = process.wait()?;
        ensure!(status.success(), "the process of shard {shard} ended with {status}");
    }
    Ok(())
}

/// The last shard first: the order does not matter.
fn merge(folder: &Folder, detector: &Detector, n: usize) -> Result<(Vec<f32>, ScoreSummary)> {
    let mut scores = vec![f32::NAN; n];
    let mut merged = detector.summary()?;
    for shard in (0..SHARDS.len()).rev() {
        merged.merge(&collect(folder, shard, &mut scores)?)?;
    }
    Ok((scores, merged))
}

/// The same without an engine, files or other processes.
fn alone(detector: &Detector, images: &Array2<f32>) -> Result<(Vec<f32>, ScoreSummary)> {
    let embeddings = detector.embed(images.view())?;
    let scores = detector.score(embeddings.view())?.to_vec();
    let mut summary = detector.summary()?;
    summary.update(&scores)?;
    summary.update_embeddings(embeddings.view())?;
    Ok((scores, summary))
}

fn report(summary: &ScoreSummary) -> Result<()> {
    let mean = summary.mean().context("there is no score")?;
    let median = summary.quantile(0.5)?;
    let spread = summary.moments().context("there are no moments")?.covariance()?.diag().sum();
    println!("{} scores, {} anomalous", summary.n_scores(), summary.n_anomalous());
    println!(
        "mean {mean:.6}, median {:.6} in {:.6}..{:.6}",
        median.value, median.lower, median.upper
    );
    println!("variance of the embeddings {spread:.6}; histogram {:?}", summary.histogram());
    println!("merged and one-process results are equal, bit by bit");
    Ok(())
}
