use anyhow::{Result, bail};
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
        let mut failed = Vec::new();
        for arguments in self.invocations() {
            let what = format!("cargo {}", arguments.join(" "));
            eprintln!("\n$ {what}");
            let mut cargo = workspace.cargo(&arguments);
            for (name, value) in TEST_ENVIRONMENT {
                cargo.env(name, value);
            }
            if let Err(error) = run(&mut cargo, &what) {
                failed.push(format!("{error:#}"));
            }
        }
        if failed.is_empty() {
            return Ok(());
        }
        bail!("{}", failed.join("; "))
    }

    /// One cargo command for all crates: fewer would build a crate they share twice, as its
    /// features follow from what is built together.
    fn invocations(&self) -> Vec<Vec<String>> {
        let kinds: &[&[&str]] = if self.chooses_targets() {
            &[&[]]
        } else {
            &[&["--lib", "--bins", "--tests"], &["--doc"]]
        };
        kinds.iter().map(|targets| self.invocation(targets)).collect()
    }

    fn invocation(&self, targets: &[&str]) -> Vec<String> {
        let mut arguments = vec!["test".to_owned()];
        if !self.has_any(&["-p", "--package", "--workspace", "--all"]) {
            arguments.push("--workspace".to_owned());
        }
        if !self.has_any(&["--no-run", "--no-fail-fast"]) {
            arguments.push("--no-fail-fast".to_owned());
        }
        arguments.extend(targets.iter().map(|&target| target.to_owned()));
        arguments.extend(self.cargo.iter().cloned());
        if !self.tests.is_empty() {
            arguments.push("--".to_owned());
            arguments.extend(self.tests.iter().cloned());
        }
        arguments
    }

    fn chooses_targets(&self) -> bool {
        const TARGETS: [&str; 11] = [
            "--lib",
            "--bin",
            "--bins",
            "--test",
            "--tests",
            "--example",
            "--examples",
            "--bench",
            "--benches",
            "--doc",
            "--all-targets",
        ];
        self.has_any(&TARGETS)
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

    fn invocations(line: &str) -> Vec<String> {
        let line = Line::try_parse_from(line.split(' ')).unwrap();
        line.args.invocations().iter().map(|arguments| arguments.join(" ")).collect()
    }

    #[test]
    fn all_tests_of_all_crates_then_the_documentation() {
        assert_eq!(
            invocations("test"),
            [
                "test --workspace --no-fail-fast --lib --bins --tests",
                "test --workspace --no-fail-fast --doc"
            ]
        );
    }

    #[test]
    fn arguments_are_passed_on() {
        assert_eq!(
            invocations("test -p novelty-core threshold -- --nocapture"),
            [
                "test --no-fail-fast --lib --bins --tests -p novelty-core threshold -- --nocapture",
                "test --no-fail-fast --doc -p novelty-core threshold -- --nocapture"
            ]
        );
        assert_eq!(
            invocations("test --package=x --test it"),
            ["test --no-fail-fast --package=x --test it"]
        );
        assert_eq!(
            invocations("test --release -- --ignored")[0],
            "test --workspace --no-fail-fast --lib --bins --tests --release -- --ignored"
        );
    }
}
