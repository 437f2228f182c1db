use anyhow::{Context, Result, bail};

use super::steps::Outcome;
use crate::Workspace;
use crate::metadata::Metadata;

/// No crate but the listed ones may need libtorch, with any of its features but `models`: who
/// measures scores must not have to install PyTorch.
pub(super) fn check(workspace: &Workspace) -> Result<Outcome> {
    let metadata = Metadata::read(workspace)?;
    let mut leaks = Vec::new();
    for package in metadata.torch_free() {
        if needs_torch(&tree(workspace, package, &metadata.torch_free_features(package))?) {
            leaks.push(package);
        }
    }
    if !leaks.is_empty() {
        bail!("these crates must build without libtorch, and depend on it: {}", leaks.join(", "));
    }
    eprintln!("no libtorch below {}", metadata.torch_free().join(", "));
    Ok(Outcome::Passed)
}

fn tree(workspace: &Workspace, package: &str, features: &str) -> Result<String> {
    let output = workspace
        .cargo(["tree", "--edges", "normal,build", "--prefix", "none"])
        .args(["--package", package, "--features", features])
        .output()
        .context("cannot start cargo tree")?;
    if !output.status.success() {
        bail!("cargo tree of {package} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn needs_torch(tree: &str) -> bool {
    tree.lines().any(|line| line.split(' ').next() == Some("torch-sys"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torch_is_found_at_any_depth() {
        assert!(needs_torch("novelty-x v0.1.0\ntch v0.26.0\ntorch-sys v0.26.0 (*)\n"));
        assert!(!needs_torch("novelty-x v0.1.0\ntorch-sys-not v1.0.0\n"));
        assert!(!needs_torch(""));
    }
}
