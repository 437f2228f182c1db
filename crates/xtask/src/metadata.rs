use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::Workspace;

/// What cargo says about the workspace's own packages.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Clone, Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    #[serde(default, rename = "required-features")]
    required_features: Vec<String>,
}

/// The packages that may link to libtorch.
const ON_TORCH: [&str; 3] = ["novelty-benches", "novelty-examples", "novelty-models"];
/// The feature that asks for libtorch where it is a choice.
const TORCH_FEATURE: &str = "models";

impl Metadata {
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let output = workspace
            .cargo(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cannot start cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        serde_json::from_slice(&output.stdout).context("cannot read cargo metadata")
    }

    /// The packages that must build without libtorch: all but a few, so that a new one counts.
    pub(crate) fn torch_free(&self) -> Vec<&str> {
        let names = self.packages.iter().map(|package| package.name.as_str());
        names.filter(|name| !ON_TORCH.contains(name)).collect()
    }

    /// All features of a package but the one that asks for libtorch, as cargo takes them.
    pub(crate) fn torch_free_features(&self, package: &str) -> String {
        let features = self.package(package).into_iter().flat_map(|found| found.features.keys());
        features.filter(|name| *name != TORCH_FEATURE).cloned().collect::<Vec<_>>().join(",")
    }

    fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// The targets of one kind in one package; `None` if there is no such package.
    pub(crate) fn targets(&self, package: &str, kind: &str) -> Option<Vec<&str>> {
        let package = self.package(package)?;
        let of_kind = |target: &&Target| target.kind.iter().any(|found| found == kind);
        Some(package.targets.iter().filter(of_kind).map(|target| target.name.as_str()).collect())
    }

    /// The features that a target of a package cannot be built without.
    pub(crate) fn required_features(&self, package: &str, target: &str) -> &[String] {
        let mut targets = self.package(package).into_iter().flat_map(|found| &found.targets);
        let target = targets.find(|candidate| candidate.name == target);
        target.map_or(&[], |target| &target.required_features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Metadata {
        let text = r#"{"version": 1, "packages": [
            {"name": "novelty-core", "targets": [{"name": "novelty_core", "kind": ["lib"]}]},
            {"name": "novelty-models", "targets": []},
            {"name": "novelty-examples", "targets": [
                {"name": "mnist_outliers", "kind": ["example"], "required-features": ["models"]},
                {"name": "novelty_examples", "kind": ["lib"]}]}
        ]}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_must_build_without_libtorch_leaves_out_the_feature_that_asks_for_it() {
        let package = r#"{"name": "novelty", "targets": [],
            "features": {"models": [], "report": [], "serde": []}}"#;
        let json = format!(r#"{{"packages": [{package}]}}"#);
        let metadata: Metadata = serde_json::from_str(&json).unwrap();
        assert_eq!(metadata.torch_free(), ["novelty"]);
        assert_eq!(metadata.torch_free_features("novelty"), "report,serde");
        assert_eq!(metadata.torch_free_features("none"), "");
    }

    #[test]
    fn a_package_is_torch_free_unless_listed() {
        assert_eq!(metadata().torch_free(), ["novelty-core"]);
    }

    #[test]
    fn targets_are_found_by_kind() {
        let metadata = metadata();
        assert_eq!(metadata.targets("novelty-examples", "example"), Some(vec!["mnist_outliers"]));
        assert_eq!(metadata.targets("novelty-core", "example"), Some(vec![]));
        assert_eq!(metadata.targets("novelty-benches", "bench"), None);
    }

    #[test]
    fn required_features_are_found_by_target() {
        let metadata = metadata();
        assert_eq!(metadata.required_features("novelty-examples", "mnist_outliers"), ["models"]);
        assert!(metadata.required_features("novelty-examples", "novelty_examples").is_empty());
        assert!(metadata.required_features("novelty-examples", "none").is_empty());
    }
}
