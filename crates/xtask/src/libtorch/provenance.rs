use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variables that tell torch-sys where libtorch is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// `LIBTORCH`.
    pub libtorch: Option<OsString>,
    /// `LIBTORCH_USE_PYTORCH`.
    pub use_pytorch: Option<OsString>,
}

impl Variables {
    /// Those of this process.
    pub fn from_env() -> Self {
        Self { libtorch: env::var_os("LIBTORCH"), use_pytorch: env::var_os("LIBTORCH_USE_PYTORCH") }
    }
}

/// Whose libtorch cargo will build against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// The workspace's own, at this path.
    Workspace(PathBuf),
    /// The one `LIBTORCH` names.
    Variable(PathBuf),
    /// The one inside the active Python's PyTorch.
    PyTorch,
}

impl Provenance {
    /// Decides as torch-sys does: `LIBTORCH_USE_PYTORCH` first, set to whatever, then
    /// `LIBTORCH`.
    ///
    /// Cargo sets `LIBTORCH` itself, from `.cargo/config.toml`, for what it runs; only a value
    /// that is not the workspace's own folder is a person's choice.
    pub fn of(variables: &Variables, own: &Path) -> Self {
        if variables.use_pytorch.is_some() {
            return Self::PyTorch;
        }
        match variables.libtorch.as_ref().map(PathBuf::from) {
            Some(path) if !same(&path, own) => Self::Variable(path),
            _ => Self::Workspace(own.to_owned()),
        }
    }
}

/// Whether two paths name one place. A link from elsewhere *to* `own` counts as `own` being
/// named; `own` itself may be a link, and is not followed when it is spelled out.
fn same(path: &Path, own: &Path) -> bool {
    let parent = |path: &Path| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path == own || parent(path).is_some_and(|path| Some(path) == parent(own))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn of(libtorch: Option<&Path>, use_pytorch: Option<&str>, own: &Path) -> Provenance {
        let variables = Variables {
            libtorch: libtorch.map(Into::into),
            use_pytorch: use_pytorch.map(Into::into),
        };
        Provenance::of(&variables, own)
    }

    #[test]
    fn what_cargo_sets_is_the_workspaces_own() {
        let own = Path::new("/somewhere/novelty/.libtorch");
        assert_eq!(of(None, None, own), Provenance::Workspace(own.into()));
        assert_eq!(of(Some(own), None, own), Provenance::Workspace(own.into()));
    }

    #[test]
    fn anything_else_is_a_persons_choice() {
        let own = Path::new("/somewhere/novelty/.libtorch");
        let theirs = Path::new("/opt/libtorch");
        assert_eq!(of(Some(theirs), None, own), Provenance::Variable(theirs.into()));
        assert_eq!(of(Some(own), Some("1"), own), Provenance::PyTorch);
        // torch-sys asks whether it is set, not what to.
        assert_eq!(of(Some(theirs), Some("0"), own), Provenance::PyTorch);
    }

    #[test]
    fn another_spelling_of_the_same_folder_is_the_same() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join(".libtorch");
        fs::create_dir(root.path().join("sub")).unwrap();
        let spelled = root.path().join("sub/../.libtorch");
        assert_eq!(of(Some(&spelled), None, &own), Provenance::Workspace(own.clone()));
        assert_eq!(
            of(Some(&root.path().join("sub")), None, &own),
            Provenance::Variable(root.path().join("sub"))
        );
    }
}
