use std::env;
use std::path::{Path, PathBuf};

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
        run(&mut cargo, &format!("the example {EXAMPLE}"))?;
        let report = report(workspace.root(), &here, &self.args);
        if report.is_file() {
            println!("report: {}", report.display());
        }
        Ok(())
    }
}

/// Where the example writes its page.
fn report(root: &Path, here: &Path, args: &[String]) -> PathBuf {
    let mut out = root.join("target/novelty").join(EXAMPLE);
    for (index, arg) in args.iter().enumerate() {
        if let Some(folder) = arg.strip_prefix("--out=") {
            out = here.join(folder);
        } else if let ("--out", Some(folder)) = (arg.as_str(), args.get(index + 1)) {
            out = here.join(folder);
        }
    }
    out.join("report.html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report_of(args: &[&str]) -> PathBuf {
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        report(Path::new("/root"), Path::new("/here"), &args)
    }

    #[test]
    fn the_report_is_where_the_example_was_told_to_write() {
        let default = Path::new("/root/target/novelty/mnist_outliers/report.html");
        assert_eq!(report_of(&["--smoke"]), default);
        assert_eq!(report_of(&["--out", "x", "--smoke"]), Path::new("/here/x/report.html"));
        assert_eq!(report_of(&["--seed", "3", "--out=/tmp/y"]), Path::new("/tmp/y/report.html"));
        assert_eq!(report_of(&["--out"]), default);
    }
}
