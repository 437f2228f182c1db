use std::env;

use anyhow::{Context, Result};
use clap::Args;

use crate::Workspace;
use crate::libtorch;
use crate::workspace::run;

const EXAMPLE: &str = "mnist_outliers";

/// Train on real digits, find the odd ones out, and write a report.
///
/// Sets up libtorch if need be, then builds and runs the example `mnist_outliers`: a
/// convolutional autoencoder learns the digit 1 from images with a few unlabelled threes among
/// them, and flags what it reconstructs worst.
///
/// Everything after `demo` goes to the example: `--out`, `--data`, `--seed`, `--epochs`,
/// `--device`, `--threads`, `--smoke`; `cargo xtask demo -- --help` explains them.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Arguments for the example
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    args: Vec<String>,
}

impl DemoArgs {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        eprintln!("libtorch {}", libtorch::ensure(workspace)?);
        let here = env::current_dir().context("cannot tell the current folder")?;
        let mut cargo = workspace.cargo(["run", "--release", "--package", "novelty-examples"]);
        // Paths a person gives are relative to where they are, which need not be the root.
        cargo.args(["--example", EXAMPLE, "--"]).args(&self.args).current_dir(&here);
        // The example says itself where its report is.
        run(&mut cargo, &format!("the example {EXAMPLE}"))
    }
}
