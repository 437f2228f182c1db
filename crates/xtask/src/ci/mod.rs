mod deny;
mod leak;
mod steps;

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use crate::libtorch;
use crate::{Workspace, failure};
use steps::Outcome;

/// Everything a change must pass.
///
/// Formatting, clippy on all targets and features, documentation, no libtorch below the
/// torch-free crates, licences and advisories with cargo-deny, all tests, which run every example
/// with `--smoke`, and every benchmark once. Runs them all and ends with a table.
#[derive(Debug, Args)]
pub(crate) struct CiArgs {
    /// Leave out the tests, which `cargo xtask test` runs
    #[arg(long)]
    skip_tests: bool,
    /// Stop at the first step that fails
    #[arg(long)]
    fail_fast: bool,
}

struct Timed {
    name: &'static str,
    outcome: Result<Outcome>,
    took: Duration,
}

impl CiArgs {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        eprintln!("libtorch {}", libtorch::ensure(workspace)?);
        let mut done = Vec::new();
        for step in steps::all() {
            if self.skip_tests && step.name == steps::TESTS {
                continue;
            }
            eprintln!("\n=== {} ===", step.name);
            let start = Instant::now();
            let outcome = (step.action)(workspace);
            if let Err(error) = &outcome {
                eprintln!("{}", failure::render_error(error));
            }
            let failed = outcome.is_err();
            done.push(Timed { name: step.name, outcome, took: start.elapsed() });
            if failed && self.fail_fast {
                break;
            }
        }
        println!("\n{}", summary(&done));
        let failed: Vec<_> = done.iter().filter(|t| t.outcome.is_err()).map(|t| t.name).collect();
        if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
    }
}

fn summary(done: &[Timed]) -> String {
    let mut table = String::new();
    for Timed { name, outcome, took } in done {
        let result = match outcome {
            Ok(Outcome::Passed) => "passed".to_owned(),
            Ok(Outcome::LeftOut(why)) => format!("left out: {why}"),
            Err(error) => format!("FAILED: {error:#}").replace('\n', " "),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{name:<14}{:>7.1} s  {result}", took.as_secs_f64());
    }
    let total: Duration = done.iter().map(|timed| timed.took).sum();
    let _ = write!(table, "{:<14}{:>7.1} s", "total", total.as_secs_f64());
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_what_failed_and_what_was_left_out() {
        let timed = |name, outcome| Timed { name, outcome, took: Duration::from_millis(1500) };
        let done = [
            timed("format", Ok(Outcome::Passed)),
            timed("clippy", Err(anyhow::anyhow!("two\nlines"))),
            timed("advisories", Ok(Outcome::LeftOut("no network".to_owned()))),
        ];
        assert_eq!(
            summary(&done),
            "format            1.5 s  passed\n\
             clippy            1.5 s  FAILED: two lines\n\
             advisories        1.5 s  left out: no network\n\
             total             4.5 s"
        );
    }
}
