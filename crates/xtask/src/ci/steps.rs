use anyhow::{Result, bail};

use super::{deny, leak};
use crate::Workspace;
use crate::metadata::Metadata;
use crate::test::TestArgs;
use crate::workspace::run;

pub(super) const TESTS: &str = "tests";
const EXAMPLES: &str = "novelty-examples";
const BENCHES: &str = "novelty-benches";

pub(super) enum Outcome {
    Passed,
    LeftOut(String),
}

pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) action: fn(&Workspace) -> Result<Outcome>,
}

/// From what takes a second to what takes minutes.
pub(super) fn all() -> [Step; 9] {
    let step = |name, action| Step { name, action };
    [
        step("format", format),
        step("licences", deny::licences),
        step("advisories", deny::advisories),
        step("torch leak", leak::check),
        step("clippy", clippy),
        step("documentation", documentation),
        step(TESTS, tests),
        step("examples", examples),
        step("benchmarks", benchmarks),
    ]
}

fn cargo(workspace: &Workspace, line: &str) -> Result<Outcome> {
    run(&mut workspace.cargo(line.split(' ')), &format!("cargo {line}"))?;
    Ok(Outcome::Passed)
}

fn format(workspace: &Workspace) -> Result<Outcome> {
    cargo(workspace, "fmt --all --check")
}

fn clippy(workspace: &Workspace) -> Result<Outcome> {
    cargo(workspace, "clippy --workspace --all-targets --all-features --quiet -- -D warnings")
}

fn documentation(workspace: &Workspace) -> Result<Outcome> {
    let line = "doc --workspace --no-deps --all-features --quiet";
    let mut command = workspace.cargo(line.split(' '));
    run(command.env("RUSTDOCFLAGS", "-D warnings"), &format!("cargo {line}"))?;
    Ok(Outcome::Passed)
}

fn tests(workspace: &Workspace) -> Result<Outcome> {
    TestArgs::default().run(workspace)?;
    Ok(Outcome::Passed)
}

/// Each example, at its smallest, on the path it always takes.
fn examples(workspace: &Workspace) -> Result<Outcome> {
    let metadata = Metadata::read(workspace)?;
    let Some(examples) = metadata.targets(EXAMPLES, "example") else {
        return Ok(no_package(EXAMPLES));
    };
    let mut failed = Vec::new();
    for example in examples {
        eprintln!("example {example} --smoke");
        let line = format!(
            "run --release --quiet -p {EXAMPLES} --example {example} -- \
             --smoke --out target/novelty/smoke/{example}"
        );
        if let Err(error) = cargo(workspace, &line) {
            eprintln!("error: {error:#}");
            failed.push(example);
        }
    }
    if failed.is_empty() { Ok(Outcome::Passed) } else { bail!("{}", failed.join(", ")) }
}

fn benchmarks(workspace: &Workspace) -> Result<Outcome> {
    if Metadata::read(workspace)?.targets(BENCHES, "bench").is_none() {
        return Ok(no_package(BENCHES));
    }
    cargo(workspace, &format!("bench -p {BENCHES} --quiet -- --test"))
}

fn no_package(name: &str) -> Outcome {
    Outcome::LeftOut(format!("there is no package {name}"))
}
