use std::process::Command;

use anyhow::Result;

use super::steps::Outcome;
use crate::Workspace;
use crate::tools::first_line;
use crate::workspace::run;

/// The licences, duplicates and sources of all dependencies. Needs no network.
pub(super) fn licences(workspace: &Workspace) -> Result<Outcome> {
    if !is_installed() {
        return Ok(not_installed());
    }
    let mut check = workspace.cargo(["deny", "--all-features", "--offline", "check"]);
    check.args(["--hide-inclusion-graph", "bans", "licenses", "sources"]);
    run(&mut check, "cargo deny check bans licenses sources")?;
    Ok(Outcome::Passed)
}

/// Known vulnerabilities, where the database can be fetched.
pub(super) fn advisories(workspace: &Workspace) -> Result<Outcome> {
    if !is_installed() {
        return Ok(not_installed());
    }
    if !workspace.cargo(["deny", "fetch", "db"]).status().is_ok_and(|status| status.success()) {
        return Ok(Outcome::LeftOut("the advisory database cannot be fetched".to_owned()));
    }
    let mut check = workspace.cargo(["deny", "--all-features", "--offline", "check", "advisories"]);
    run(&mut check, "cargo deny check advisories")?;
    Ok(Outcome::Passed)
}

fn is_installed() -> bool {
    first_line(Command::new("cargo-deny").arg("--version")).is_some()
}

fn not_installed() -> Outcome {
    let why = "cargo-deny is not installed (`cargo install --locked cargo-deny` gets it)";
    Outcome::LeftOut(why.to_owned())
}
