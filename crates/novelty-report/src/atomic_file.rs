//! Files that are either whole or not there.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{ReportError, Result};

/// Writes a file so that no reader, and no crash, ever sees half of it.
///
/// The bytes go to a hidden file beside `path`, reach the disk, and only then take the name:
/// whoever opens `path` finds the old content or the new one. A process killed in between
/// leaves at most the hidden `.NAME.PID-COUNT.tmp`. An existing file is replaced; of a
/// symbolic link, the link is.
///
/// # Errors
///
/// [`ReportError::Write`] with the path when the folder is missing, not writable or full; an
/// existing file then stays as it was.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("scores.csv");
/// novelty_report::write_atomic(&path, "index,score\n0,0.25\n")?;
/// assert_eq!(std::fs::read_to_string(&path)?, "index,score\n0,0.25\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_atomic(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    replace(path, bytes.as_ref())
        .map_err(|source| ReportError::Write { path: path.to_owned(), source })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (beside, file) = create_beside(path)?;
    let written = write_synced(file, bytes).and_then(|()| fs::rename(&beside, path));
    if let Err(error) = written {
        // The write's own error is the one to tell; a leftover is only untidy.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    sync_folder(path)
}

/// A new file of a name no other thread uses and no killed process left behind.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "the path does not end in a file name")
    })?;
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{count}.tmp", std::process::id()));
        let beside = path.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (beside, file)),
        }
    }
}

fn write_synced(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the new name itself survive a power cut, where folders can be synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write_atomic(&path, "one").unwrap();
        write_atomic(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn missing_folder_names_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nowhere").join("a.txt");
        let error = write_atomic(&path, "x").unwrap_err();
        assert!(matches!(&error, ReportError::Write { path: p, .. } if *p == path));
        assert!(error.to_string().contains("nowhere"));
    }

    #[test]
    fn a_failed_rename_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let occupied = dir.path().join("folder");
        fs::create_dir(&occupied).unwrap();
        fs::write(occupied.join("inside"), "x").unwrap();
        assert!(write_atomic(&occupied, "y").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_path_without_a_file_name_is_an_error() {
        assert!(write_atomic("..", "x").is_err());
        assert!(write_atomic("", "x").is_err());
    }

    #[test]
    fn threads_saving_the_same_file_leave_one_of_their_contents() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::thread::scope(|scope| {
            for byte in b"abcd" {
                let path = &path;
                scope.spawn(move || write_atomic(path, vec![*byte; 10_000]).unwrap());
            }
        });
        let content = fs::read(&path).unwrap();
        assert_eq!(content.len(), 10_000);
        assert!(content.iter().all(|byte| *byte == content[0]));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
