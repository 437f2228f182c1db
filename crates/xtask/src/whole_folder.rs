//! Folders that are whole or absent at every moment: made beside their place, then renamed.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use fs4::FileExt;
use tempfile::TempDir;

/// A folder to work in, removed when dropped; a killed process leaves it.
pub(crate) fn partial(root: &Path, prefix: &str) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(root)
        .with_context(|| format!("cannot create a folder in {}", root.display()))
}

/// Waits for other processes. The file stays: were it removed, a process waiting for it and
/// one that comes later would hold two different locks.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let context = || format!("cannot lock {}", path.display());
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(context)?;
    if FileExt::try_lock(&file).is_err() {
        eprintln!("another process has {}; waiting", path.display());
        FileExt::lock(&file).with_context(context)?;
    }
    Ok(file)
}

/// Removes what killed processes left. Only under the lock: a living process has such folders.
pub(crate) fn remove_leftovers(root: &Path, prefix: &str) -> Result<()> {
    for entry in fs::read_dir(root).with_context(|| format!("cannot list {}", root.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Puts a finished folder in its place; what was there goes to `replaced`.
pub(crate) fn swap(fresh: &Path, place: &Path, replaced: &Path) -> Result<()> {
    if fs::symlink_metadata(place).is_ok() {
        fs::rename(place, replaced)
            .with_context(|| format!("cannot replace {}", place.display()))?;
    }
    fs::rename(fresh, place).with_context(|| format!("cannot write {}", place.display()))
}
