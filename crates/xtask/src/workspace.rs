use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The workspace this command belongs to.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the workspace from where cargo says this package is.
    ///
    /// # Errors
    /// When there is no workspace there any more.
    pub fn locate() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .filter(|_| env::var("CARGO_PKG_NAME").as_deref() == Ok(env!("CARGO_PKG_NAME")))
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.join("../..");
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot find the workspace at {}", root.display()))?;
        if !root.join("Cargo.toml").is_file() {
            bail!("{} holds no Cargo.toml", root.display());
        }
        Ok(Self { root })
    }

    /// The folder with the workspace's Cargo.toml.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where `.cargo/config.toml` points `LIBTORCH` at.
    pub fn libtorch_dir(&self) -> PathBuf {
        self.root.join(".libtorch")
    }

    /// A cargo command in the workspace, in the environment a person's own cargo would have.
    ///
    /// Cargo hands its children a description of the running package, and the `LIBTORCH` of
    /// `.cargo/config.toml`; passing those on could make build scripts run again.
    pub(crate) fn cargo<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).args(args);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(describes_the_running_package) {
                command.env_remove(name);
            }
        }
        if env::var_os("LIBTORCH").is_some_and(|path| Path::new(&path) == self.libtorch_dir()) {
            command.env_remove("LIBTORCH");
        }
        command
    }
}

fn describes_the_running_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|p| variable.starts_with(p))
}

/// Runs a command on this terminal.
///
/// # Errors
/// When it cannot be started, or fails; the error names `what`.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| {
        format!("cannot start {} ({what})", command.get_program().to_string_lossy())
    })?;
    if !status.success() {
        bail!("{what} failed ({status})");
    }
    Ok(())
}
