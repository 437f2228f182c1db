use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::tools::{first_line, missing};
use crate::whole_folder::{lock, partial, remove_leftovers, swap};
use crate::workspace::run;
use crate::{Failure, Tools, Workspace};

const INSTALLED: &str = ".peers";
const LOCK: &str = ".peers-lock";
const PARTIAL: &str = ".peers-partial-";
/// Holds the SHA-256 of the requirements that are installed.
const STAMP: &str = "requirements.sha256";

/// The Python with the peers in it, installed unless it is there already.
///
/// A virtual environment finds itself by where its `bin/python` is, so it can be made beside
/// its place and renamed; only the scripts beside `python` cannot, and nothing here calls them.
pub(super) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let root = workspace.root();
    let requirements = root.join("benches/peers/requirements.txt");
    let wanted = fs::read(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let wanted = stamp(&wanted);
    let installed = root.join(INSTALLED);
    let python = installed.join("bin/python");
    if is_current(&installed, &wanted) {
        return Ok(python);
    }
    let _lock = lock(&root.join(LOCK))?;
    if is_current(&installed, &wanted) {
        return Ok(python);
    }
    remove_leftovers(root, PARTIAL)?;
    let folder = partial(root, PARTIAL)?;
    let fresh = folder.path().join("fresh");
    install(&fresh, &requirements)?;
    fs::write(fresh.join(STAMP), &wanted)
        .with_context(|| format!("cannot write into {}", fresh.display()))?;
    swap(&fresh, &installed, &folder.path().join("replaced"))?;
    Ok(python)
}

fn stamp(requirements: &[u8]) -> String {
    Sha256::digest(requirements).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_current(folder: &Path, wanted: &str) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|found| found == wanted)
}

fn install(folder: &Path, requirements: &Path) -> Result<()> {
    let python = Tools::from_env().python;
    if first_line(Command::new(&python).arg("--version")).is_none() {
        return Err(missing("python3", "python3").into());
    }
    let mut venv = Command::new(&python);
    // Linked, not copied: a copy would look for the standard library in the wrong place.
    venv.args(["-m", "venv", "--symlinks"]).arg(folder);
    if run(&mut venv, "python3 -m venv").is_err() {
        return Err(missing("venv of python3", "python3-venv").into());
    }
    eprintln!("compare: installing the peers of {}", requirements.display());
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--quiet"]);
    // Without it pip compiles thousands of files that no comparison opens.
    pip.args(["--no-compile", "--requirement"]).arg(requirements);
    run(&mut pip, "pip install").map_err(|error| {
        let help = "check the network, the free space and `python3 -m pip config list`, \
                    or give a Python that has the peers with `--python`";
        Failure::new(format!("cannot install the peers: {error:#}"), help).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_requirements_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_current(folder.path(), &stamp(b"numpy==2.4.6\n")));
        fs::write(folder.path().join(STAMP), stamp(b"numpy==2.4.6\n")).unwrap();
        assert!(is_current(folder.path(), &stamp(b"numpy==2.4.6\n")));
        assert!(!is_current(folder.path(), &stamp(b"numpy==2.4.7\n")));
    }
}
