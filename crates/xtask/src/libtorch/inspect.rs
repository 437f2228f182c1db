use std::fs;
use std::path::Path;

use super::{MANIFEST, Manifest, Recipe, TORCH_VERSION};

/// What is in the workspace's libtorch folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inspection {
    /// A libtorch that will do.
    Ready,
    /// Nothing.
    Missing,
    /// Ours, from an earlier recipe.
    Outdated,
    /// Ours, with this wrong.
    Damaged(String),
    /// Put there by something else, and with this wrong; not ours to remove.
    Foreign(String),
}

/// Looks at lengths, not contents: quick enough to do before every command.
pub(crate) fn inspect(folder: &Path, recipe: &Recipe) -> Inspection {
    if fs::symlink_metadata(folder).is_err() {
        return Inspection::Missing;
    }
    if !folder.join(MANIFEST).exists() {
        return by_hand(folder);
    }
    match Manifest::read(folder) {
        Err(error) => Inspection::Damaged(format!("{error:#}")),
        Ok(manifest) if !manifest.is_of(recipe) => Inspection::Outdated,
        Ok(manifest) => match manifest.check_lengths(folder) {
            Ok(()) => Inspection::Ready,
            Err(error) => Inspection::Damaged(format!("{error}")),
        },
    }
}

/// A folder without our manifest: an unpacked libtorch archive, or a link to one, will do.
fn by_hand(folder: &Path) -> Inspection {
    match version_of(folder) {
        None => Inspection::Foreign("does not say its version".to_owned()),
        Some(version) if !is_wanted(&version) => {
            Inspection::Foreign(format!("is version {version}, not {TORCH_VERSION}"))
        }
        Some(_) if !has_libraries(folder) => {
            Inspection::Foreign("holds no lib/libtorch_cpu and include/".to_owned())
        }
        Some(_) => Inspection::Ready,
    }
}

/// The version a libtorch folder states: in `build-version`, or in PyTorch's `version.py`.
pub(crate) fn version_of(folder: &Path) -> Option<String> {
    if let Ok(text) = fs::read_to_string(folder.join("build-version")) {
        return Some(text.trim().to_owned());
    }
    let python = fs::read_to_string(folder.join("version.py")).ok()?;
    let line = python.lines().find_map(|line| line.strip_prefix("__version__ = "))?;
    Some(line.trim_matches(['\'', '"', ' ']).to_owned())
}

/// Whether tch accepts this version, whatever follows the `+`.
pub(crate) fn is_wanted(version: &str) -> bool {
    version.split('+').next() == Some(TORCH_VERSION)
}

/// Whether the CPU library and the headers are there, under any platform's names.
pub(crate) fn has_libraries(folder: &Path) -> bool {
    let names = ["libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.lib", "libtorch_cpu.a"];
    folder.join("include").is_dir()
        && names.iter().any(|name| folder.join("lib").join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(version: Option<&str>, complete: bool) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        if let Some(version) = version {
            fs::write(folder.path().join("build-version"), version).unwrap();
        }
        if complete {
            fs::create_dir_all(folder.path().join("lib")).unwrap();
            fs::create_dir_all(folder.path().join("include")).unwrap();
            fs::write(folder.path().join("lib/libtorch_cpu.so"), "").unwrap();
        }
        folder
    }

    fn inspect_it(folder: &tempfile::TempDir) -> Inspection {
        inspect(folder.path(), &Recipe::pinned())
    }

    #[test]
    fn an_archive_unpacked_by_hand_will_do() {
        assert_eq!(inspect_it(&folder(Some("2.13.0+cu130\n"), true)), Inspection::Ready);
    }

    #[test]
    fn another_folder_is_left_alone() {
        let says = |version, complete| match inspect_it(&folder(version, complete)) {
            Inspection::Foreign(what) => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(says(None, true), "does not say its version");
        assert_eq!(says(Some("2.1.0+cpu"), true), "is version 2.1.0+cpu, not 2.13.0");
        assert_eq!(says(Some("2.13.0"), false), "holds no lib/libtorch_cpu and include/");
    }

    #[test]
    fn an_absent_folder_is_missing() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(inspect(&root.path().join("x"), &Recipe::pinned()), Inspection::Missing);
    }

    #[test]
    fn pytorch_states_its_version_in_python() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("version.py"), "x = 1\n__version__ = '2.13.0+cu130'\n")
            .unwrap();
        assert_eq!(version_of(folder.path()).as_deref(), Some("2.13.0+cu130"));
        assert!(is_wanted("2.13.0+cu130") && is_wanted("2.13.0") && !is_wanted("2.13.01"));
    }
}
