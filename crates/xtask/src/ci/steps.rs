use anyhow::Result;

use super::{deny, leak};
use crate::Workspace;
use crate::metadata::Metadata;
use crate::test::TestArgs;
use crate::workspace::run;

pub(super) const TESTS: &str = "tests";
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
pub(super) fn all() -> [Step; 8] {
    let step = |name, action| Step { name, action };
    [
        step("format", format),
        step("licences", deny::licences),
        step("advisories", deny::advisories),
        step("torch leak", leak::check),
        step("clippy", clippy),
        step("documentation", documentation),
        step(TESTS, tests),
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

/// Each benchmark once. With the whole workspace selected, cargo takes the crates as the tests had
/// them; `cargo bench` would build them all again, optimised.
fn benchmarks(workspace: &Workspace) -> Result<Outcome> {
    if Metadata::read(workspace)?.targets(BENCHES, "bench").is_none() {
        return Ok(no_package(BENCHES));
    }
    cargo(workspace, "test --workspace --quiet --bench *")
}

fn no_package(name: &str) -> Outcome {
    Outcome::LeftOut(format!("there is no package {name}"))
}
