use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::DataError;

const ENDINGS: [&str; 7] = ["png", "jpg", "jpeg", "jpe", "bmp", "tif", "tiff"];

/// What file managers and operating systems leave in folders.
const CLUTTER: [&str; 4] = ["thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx"];

/// The image files of a folder and the folders in it, sorted by path. Hidden files, what file
/// managers leave behind and files of other endings are passed over with an event. Links are
/// followed.
///
/// # Errors
/// If a folder cannot be read, links form a loop, or a name is not UTF-8.
pub(super) fn image_files(dir: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut files = Vec::new();
    let mut walk = WalkDir::new(dir).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| walk_error(dir, error))?;
        if entry.depth() == 0 {
            continue;
        }
        if is_ignored(entry.path(), utf8_name(entry.path())?) {
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
        } else if entry.file_type().is_file() && has_image_ending(entry.path()) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// The folders directly in a folder, sorted, without hidden ones.
///
/// # Errors
/// If the folder cannot be read or a name is not UTF-8.
pub(super) fn folders(dir: &Path) -> Result<Vec<String>, DataError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(DataError::io(dir))? {
        let path = entry.map_err(DataError::io(dir))?.path();
        let is_folder = fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir());
        if is_folder {
            let name = utf8_name(&path)?;
            if !is_ignored(&path, name) {
                names.push(name.to_owned());
            }
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn utf8_name(path: &Path) -> Result<&str, DataError> {
    let name = path.file_name().unwrap_or_default();
    name.to_str().ok_or_else(|| DataError::NotUtf8 { path: path.to_owned() })
}

fn is_ignored(path: &Path, name: &str) -> bool {
    let is_ignored = name.starts_with('.') || CLUTTER.contains(&name.to_lowercase().as_str());
    if is_ignored {
        tracing::info!(path = %path.display(), "ignored a hidden or system file");
    }
    is_ignored
}

fn has_image_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_image = ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending));
    if !is_image {
        tracing::info!(path = %path.display(), "ignored a file that is no image by its name");
    }
    is_image
}

fn walk_error(dir: &Path, error: walkdir::Error) -> DataError {
    let path = error.path().unwrap_or(dir).to_owned();
    match error.loop_ancestor() {
        Some(ancestor) => DataError::LinkLoop { path, ancestor: ancestor.to_owned() },
        None => {
            let error = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
            DataError::Io { path, error }
        }
    }
}
