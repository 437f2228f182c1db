use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::install::PARTIAL;
use super::manifest::sha256_of;
use super::{Wheel, pip};
use crate::whole_folder::partial;
use crate::{Failure, Tools};

/// pip gives up on a transfer that breaks; a set-up should not.
const ATTEMPTS: usize = 3;

/// Every wheel in the download folder: those already there and whole are kept.
pub(super) fn fetch(
    root: &Path,
    cache: &Path,
    wheels: &[Wheel],
    tools: &Tools,
) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let mut resumes = None;
    let mut paths = Vec::new();
    for wheel in wheels {
        let path = cache.join(wheel.file_name());
        if is_whole(&path, wheel)? {
            eprintln!("libtorch: {} is already downloaded", wheel.file_name());
        } else {
            let resumes = *resumes.get_or_insert_with(|| pip::resumes(tools));
            fetch_one(root, &path, wheel, tools, resumes)?;
        }
        paths.push(path);
    }
    Ok(paths)
}

fn is_whole(path: &Path, wheel: &Wheel) -> Result<bool> {
    Ok(path.is_file() && sha256_of(path)? == wheel.sha256)
}

/// pip downloads into a folder of its own, and the wheel moves in once its hash is right, so
/// that the download folder never holds a part.
fn fetch_one(root: &Path, path: &Path, wheel: &Wheel, tools: &Tools, resumes: bool) -> Result<()> {
    let folder = partial(root, PARTIAL)?;
    let requirements = folder.path().join("requirements.txt");
    fs::write(&requirements, pip::requirement(wheel))
        .with_context(|| format!("cannot write {}", requirements.display()))?;
    let mut command = pip::download_command(tools, &requirements, folder.path(), resumes);
    let succeeded = (1..=ATTEMPTS).any(|attempt| {
        eprintln!("libtorch: downloading {} {} (attempt {attempt})", wheel.name, wheel.version);
        command.status().is_ok_and(|status| status.success())
    });
    if !succeeded {
        return Err(Failure::new(
            format!("pip could not download {}=={}", wheel.name, wheel.version),
            "check the network and `python3 -m pip config list`, then run the command again; \
             what is downloaded already is kept",
        )
        .into());
    }
    let downloaded = pip::downloaded(folder.path())?;
    let found = sha256_of(&downloaded)?;
    if found != wheel.sha256 {
        bail!("{} has SHA-256 {found}, expected {}", downloaded.display(), wheel.sha256);
    }
    fs::rename(&downloaded, path).with_context(|| format!("cannot write {}", path.display()))
}
