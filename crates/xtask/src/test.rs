use anyhow::Result;
use clap::Args;

use crate::Workspace;
use crate::libtorch;
use crate::workspace::run;

/// Run every test of the workspace.
///
/// Sets up libtorch if need be, then runs the unit and integration tests of all crates, then
/// the examples in the documentation, which take longer to link. libtorch computes with one
/// thread, as two test threads with two of its own each only hinder each other.
///
/// `cargo xtask test -p novelty-core threshold -- --nocapture` passes everything on, as
/// `cargo test` would take it.
#[derive(Debug, Default, Args)]
pub(crate) struct TestArgs {
    /// Arguments for `cargo test`
    #[arg(allow_hyphen_values = true, value_name = "CARGO_TEST_ARGS")]
    cargo: Vec<String>,
    /// Arguments for the test programs
    #[arg(last = true, value_name = "TEST_ARGS")]
    tests: Vec<String>,
}

impl TestArgs {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        eprintln!("libtorch {}", libtorch::ensure(workspace)?);
        let arguments = self.cargo_arguments();
        let what = format!("cargo {}", arguments.join(" "));
        eprintln!("\n$ {what}");
        run(workspace.cargo(&arguments).envs(TEST_ENVIRONMENT), &what)
    }

    /// One cargo command for all crates: several would build a crate they share several times,
    /// as its features follow from what is built together. No kind of target is chosen, as
    /// cargo then builds the examples too, which their tests run, and ends with the doctests.
    fn cargo_arguments(&self) -> Vec<String> {
        let mut arguments = vec!["test".to_owned()];
        if !self.has_any(&["-p", "--package", "--workspace", "--all"]) {
            arguments.push("--workspace".to_owned());
        }
        if !self.has_any(&["--no-run", "--no-fail-fast"]) {
            arguments.push("--no-fail-fast".to_owned());
        }
        arguments.extend(self.cargo.iter().cloned());
        if !self.tests.is_empty() {
            arguments.push("--".to_owned());
            arguments.extend(self.tests.iter().cloned());
        }
        arguments
    }

    fn has_any(&self, options: &[&str]) -> bool {
        self.cargo.iter().any(|argument| {
            let name = argument.split('=').next().unwrap_or(argument);
            options.contains(&name)
                || (options.contains(&"-p") && name.starts_with("-p") && !name.starts_with("--"))
        })
    }
}

/// Passive waiting lets a second process have the core while a thread has nothing to do.
const TEST_ENVIRONMENT: [(&str, &str); 3] =
    [("OMP_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1"), ("OMP_WAIT_POLICY", "PASSIVE")];

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: TestArgs,
    }

    fn arguments(line: &str) -> String {
        Line::try_parse_from(line.split(' ')).unwrap().args.cargo_arguments().join(" ")
    }

    #[test]
    fn every_target_of_every_crate_unless_told_otherwise() {
        assert_eq!(arguments("test"), "test --workspace --no-fail-fast");
        assert_eq!(arguments("test --release"), "test --workspace --no-fail-fast --release");
        assert_eq!(arguments("test --no-run"), "test --workspace --no-run");
    }

    #[test]
    fn arguments_are_passed_on() {
        assert_eq!(
            arguments("test -p novelty-core threshold -- --nocapture"),
            "test --no-fail-fast -p novelty-core threshold -- --nocapture"
        );
        assert_eq!(arguments("test -pcore --test it"), "test --no-fail-fast -pcore --test it");
        assert_eq!(arguments("test --package=x"), "test --no-fail-fast --package=x");
        assert_eq!(arguments("test -- --ignored"), "test --workspace --no-fail-fast -- --ignored");
    }
}
