use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

use super::{Contest, Place};
use crate::metadata::Metadata;
use crate::{Failure, Workspace, libtorch};

const PACKAGE: &str = "novelty-benches";
const PEERS: &str = "benches/peers";

/// One program of comparisons: `benches/peers/<name>.py` and the binary `compare-<name>`.
#[derive(Debug, Clone)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) tasks: Vec<Task>,
    program: PathBuf,
}

/// What our side says it can do (`compare-<area> --list`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Task {
    pub(super) name: String,
    pub(super) description: String,
    /// The answers agree when `|ours - theirs| <= atol + rtol * |theirs|` everywhere.
    pub(super) rtol: f64,
    pub(super) atol: f64,
    pub(super) peers: Vec<Peer>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) side: PeerSide,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PeerSide {
    Python,
    Rust,
}

/// The areas to compare: all there are, or those asked for.
pub(super) fn choose(workspace: &Workspace, only: &[String]) -> Result<Vec<String>> {
    let all = discover(&workspace.root().join(PEERS))?;
    match only.iter().find(|name| !all.contains(name)) {
        Some(unknown) => {
            let help = format!("the areas are {}", all.join(", "));
            Err(Failure::new(format!("there is no area {unknown}"), help).into())
        }
        None if only.is_empty() => Ok(all),
        None => Ok(all.into_iter().filter(|name| only.contains(name)).collect()),
    }
}

fn discover(peers: &Path) -> Result<Vec<String>> {
    let context = || format!("cannot list {}", peers.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(peers).with_context(context)? {
        let name = entry.with_context(context)?.file_name();
        if let Some(area) = name.to_str().and_then(|name| name.strip_suffix(".py")) {
            names.push(area.to_owned());
        }
    }
    // The harness is what the areas share.
    names.retain(|name| name != "harness");
    names.sort();
    Ok(names)
}

impl Area {
    /// Builds the area's program, with libtorch only if it needs that, and asks it for its tasks.
    pub(super) fn build(workspace: &Workspace, name: &str) -> Result<Self> {
        let binary = format!("compare-{name}");
        let metadata = Metadata::read(workspace)?;
        let features = metadata.required_features(PACKAGE, &binary);
        if !features.is_empty() {
            eprintln!("libtorch {}", libtorch::ensure(workspace)?);
        }
        let output = workspace
            .cargo(["build", "--release", "--package", PACKAGE, "--bin", &binary])
            .args(["--no-default-features", "--features", &features.join(",")])
            .arg("--message-format=json-render-diagnostics")
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo build")?;
        if !output.status.success() {
            bail!("cargo could not build {binary}");
        }
        let program = executable(&String::from_utf8_lossy(&output.stdout), &binary)
            .ok_or_else(|| anyhow!("cargo built {binary} and did not say where"))?;
        let output = Command::new(&program)
            .arg("--list")
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let tasks = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{binary} --list did not answer with a list of tasks"))?;
        Ok(Self { name: name.to_owned(), tasks, program })
    }

    pub(super) fn ours(&self, place: &Place, task: &Task) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&place.root).arg(&task.name);
        command
    }

    pub(super) fn theirs(&self, place: &Place, contest: &Contest<'_>) -> Command {
        let mut command = match contest.peer.side {
            PeerSide::Rust => Command::new(&self.program),
            PeerSide::Python => {
                let mut command = Command::new(&place.python);
                command.arg(place.root.join(PEERS).join(format!("{}.py", self.name)));
                command
            }
        };
        command.current_dir(&place.root);
        command.args([&contest.task.name, "--peer", &contest.peer.name]);
        command
    }
}

/// The path of a binary in cargo's JSON messages.
fn executable(messages: &str, binary: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    messages.filter(|message| message.target.name == binary).find_map(|message| message.executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_a_python_file_beside_the_harness() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["models.py", "core.py", "harness.py", "requirements.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(discover(folder.path()).unwrap(), ["core", "models"]);
    }

    #[test]
    fn a_list_of_tasks_is_read() {
        let text = r#"[{"name": "a", "description": "b", "rtol": 1e-6, "atol": 0,
            "peers": [{"name": "torch eager", "side": "python"}, {"name": "linfa", "side": "rust"}]}]"#;
        let tasks: Vec<Task> = serde_json::from_str(text).unwrap();
        assert_eq!(tasks[0].peers[0].side, PeerSide::Python);
        assert_eq!(tasks[0].peers[1], Peer { name: "linfa".to_owned(), side: PeerSide::Rust });
    }

    #[test]
    fn cargo_says_where_the_program_is() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"novelty_core"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"compare-core"},"executable":"/t/release/compare-core"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "compare-core"), Some("/t/release/compare-core".into()));
        assert_eq!(executable(messages, "compare-x"), None);
    }
}
