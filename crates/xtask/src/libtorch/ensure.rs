use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::Args;

use super::inspect::{has_libraries, inspect, is_wanted, version_of};
use super::{
    Inspection, Manifest, Platform, Provenance, Recipe, TORCH_VERSION, Variables, install,
    wheel_route,
};
use crate::tools::first_line;
use crate::{Failure, Tools, Workspace};

/// Get libtorch, the C++ library behind PyTorch, into `.libtorch/`.
///
/// Downloads three pinned wheels with pip (540 MB), checks their SHA-256, and takes out of
/// them what a CPU libtorch needs (490 MB). Does nothing when it is there already. Interrupted,
/// it leaves nothing half-made, and does not download again what it has.
///
/// A LIBTORCH or LIBTORCH_USE_PYTORCH of your own is used as it is; unset it to get this one.
/// Automatic on Linux x86_64 with glibc 2.28 or newer; elsewhere the command says what to do.
#[derive(Debug, Args)]
pub struct LibtorchArgs {
    /// Also compare the SHA-256 of every file in `.libtorch/` with what was written
    #[arg(long)]
    verify: bool,
}

impl LibtorchArgs {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let libtorch = ensure(workspace)?;
        if self.verify {
            verify(workspace, &libtorch)?;
        }
        println!("libtorch {libtorch} is ready");
        Ok(())
    }
}

fn verify(workspace: &Workspace, libtorch: &Libtorch) -> Result<()> {
    let folder = workspace.libtorch_dir();
    if libtorch.path.as_deref() != Some(&folder) || Manifest::read(&folder).is_err() {
        println!("this libtorch was not made by this command; there is nothing to compare it with");
        return Ok(());
    }
    Manifest::read(&folder)?.check_hashes(&folder).map_err(|error| {
        let help = format!("run `rm -r {}`, then `cargo xtask libtorch`", folder.display());
        Failure::new(format!("{} is damaged: {error:#}", folder.display()), help).into()
    })
}

/// The libtorch that cargo will build against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Libtorch {
    /// Its version, where it states one.
    pub version: Option<String>,
    /// Its folder, unless Python knows it.
    pub path: Option<PathBuf>,
    /// Who chose it.
    pub provenance: Provenance,
}

impl std::fmt::Display for Libtorch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.version.as_deref().unwrap_or("of unstated version"))?;
        match (&self.path, &self.provenance) {
            (Some(path), Provenance::Variable(_)) => write!(f, " at {} (LIBTORCH)", path.display()),
            (Some(path), _) => write!(f, " at {}", path.display()),
            (None, _) => f.write_str(" of the active Python (LIBTORCH_USE_PYTORCH)"),
        }
    }
}

/// Makes sure there is a libtorch to build against, and says which.
///
/// # Errors
/// A [`Failure`] with the way out.
pub fn ensure(workspace: &Workspace) -> Result<Libtorch> {
    let own = workspace.libtorch_dir();
    let provenance = Provenance::of(&Variables::from_env(), &own);
    let libtorch = match &provenance {
        Provenance::PyTorch => Libtorch { version: pytorch()?, path: None, provenance },
        Provenance::Variable(path) => {
            check_chosen(path)?;
            let (version, path) = (version_of(path), path.clone());
            Libtorch { version, path: Some(path), provenance }
        }
        Provenance::Workspace(path) => {
            let recipe = Recipe::pinned();
            if inspect(path, &recipe) != Inspection::Ready {
                wheel_route(&Platform::here())?;
                install(workspace.root(), &recipe, &Tools::from_env())?;
            }
            let (version, path) = (version_of(path), path.clone());
            Libtorch { version, path: Some(path), provenance }
        }
    };
    check_version(libtorch.version.as_deref())?;
    Ok(libtorch)
}

fn check_chosen(path: &Path) -> Result<()> {
    if has_libraries(path) {
        return Ok(());
    }
    Err(Failure::new(
        format!("LIBTORCH is {}, which holds no lib/libtorch_cpu and include/", path.display()),
        "set it to a libtorch folder, or run `unset LIBTORCH` to let this command get one",
    )
    .into())
}

fn check_version(version: Option<&str>) -> Result<()> {
    match version {
        Some(version) if !is_wanted(version) && std::env::var_os(BYPASS).is_none() => {
            Err(Failure::new(
                format!("libtorch is version {version}, and the tch crate wants {TORCH_VERSION}"),
                format!(
                    "unset LIBTORCH and LIBTORCH_USE_PYTORCH to let this command get {TORCH_VERSION}, \
                     or set {BYPASS}=1 to build against it all the same"
                ),
            )
            .into())
        }
        _ => Ok(()),
    }
}

/// torch-sys asks for this variable too.
const BYPASS: &str = "LIBTORCH_BYPASS_VERSION_CHECK";

/// The version of the active Python's PyTorch, which torch-sys will ask in the same way.
fn pytorch() -> Result<Option<String>, Failure> {
    let python = if std::env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
    let script = "import torch; print(torch.__version__)";
    first_line(Command::new(python).args(["-c", script])).map(Some).ok_or_else(|| {
        Failure::new(
            format!("LIBTORCH_USE_PYTORCH is set, and {python} cannot import torch"),
            format!(
                "run `{python} -m pip install torch=={TORCH_VERSION}`, \
                 or run `unset LIBTORCH_USE_PYTORCH` to let this command get libtorch"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_libtorch_is_refused_by_name() {
        let error = check_chosen(Path::new("/nonexistent/libtorch")).unwrap_err();
        assert!(error.to_string().starts_with("LIBTORCH is /nonexistent/libtorch"), "{error}");
    }

    #[test]
    fn another_version_is_refused_with_the_way_out() {
        check_version(None).unwrap();
        check_version(Some("2.13.0+cu130")).unwrap();
        let error = check_version(Some("2.9.1")).unwrap_err();
        assert_eq!(error.to_string(), "libtorch is version 2.9.1, and the tch crate wants 2.13.0");
        assert!(error.downcast_ref::<Failure>().unwrap().help.contains("unset LIBTORCH"));
    }
}
