use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use novelty_models::{Device, ModelError, set_threads};
use serde::Serialize;

/// The flags every example has.
#[derive(Debug, Clone, Args)]
pub struct CommonArguments {
    /// Folder for the report, figures, scores and the checkpoint
    /// [default: a folder of the example's name in target/novelty]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,

    /// Folder with the data [default: what is bundled]
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Seed of every random number: one seed and one number of threads give the same bits
    #[arg(long, default_value_t = 42)]
    pub seed: u64,

    /// Passes over the training images [default: the notebook's]
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,

    /// Where to compute: auto, cpu, cuda or cuda:N (CUDA compiles, but is untested)
    #[arg(long, default_value_t = Device::Auto)]
    pub device: Device,

    /// Threads to compute with [default: one a core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,

    /// A run of seconds on a small part of the data, by the same path
    #[arg(long)]
    pub smoke: bool,
}

impl CommonArguments {
    /// Sets the number of threads and starts the clock.
    ///
    /// # Errors
    /// If the number of threads is 0 or above 1024.
    pub fn start(&self) -> Result<Run, ModelError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = self.threads.unwrap_or(cores);
        set_threads(threads)?;
        Ok(Run { seed: self.seed, threads, smoke: self.smoke, started: Instant::now() })
    }

    /// The passes to make: those asked for, else one in a smoke run, else the notebook's.
    #[must_use]
    pub fn epochs_or(&self, notebook: usize) -> usize {
        self.epochs.unwrap_or(if self.smoke { 1 } else { notebook })
    }

    /// The output folder: the one asked for, or one of the example's name under `target`.
    #[must_use]
    pub fn out_or(&self, example: &str) -> PathBuf {
        let suffix = if self.smoke { "-smoke" } else { "" };
        let default = || {
            let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/novelty");
            PathBuf::from(target).join(format!("{example}{suffix}"))
        };
        self.out.clone().unwrap_or_else(default)
    }
}

/// How an example is run: part of its `metrics.json` (flattened) and of its page.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// Threads computed with.
    pub threads: usize,
    /// Whether it is a run of seconds that proves nothing but that it runs.
    pub smoke: bool,
    #[serde(skip)]
    started: Instant,
}

impl Run {
    /// Seconds since the example was started.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}
