use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::inspect::{Inspection, inspect};
use super::{Recipe, assemble, download};
use crate::whole_folder::{lock, partial, remove, remove_leftovers, swap};
use crate::{Failure, Tools};

const INSTALLED: &str = ".libtorch";
const DOWNLOAD: &str = ".libtorch-download";
const LOCK: &str = ".libtorch-lock";
pub(super) const PARTIAL: &str = ".libtorch-partial-";

/// Puts libtorch into `root/.libtorch`, unless it is there already.
///
/// All work is done in folders beside it, and the finished one is renamed, so that
/// `.libtorch` is whole or absent at every moment. A lock makes a second process wait, and
/// find the work done. A process that is killed leaves folders that the next one removes, and
/// whole wheels, which the next one uses.
///
/// # Errors
/// A [`Failure`] with the way out for a missing program, a full disk, a download that does not
/// come or a folder that something else put there; and any other error of the file system.
pub fn install(root: &Path, recipe: &Recipe, tools: &Tools) -> Result<()> {
    let installed = root.join(INSTALLED);
    if inspect(&installed, recipe) == Inspection::Ready {
        return Ok(());
    }
    let _lock = lock(&root.join(LOCK))?;
    match inspect(&installed, recipe) {
        Inspection::Ready => return Ok(()),
        Inspection::Foreign(what) => return Err(foreign(&installed, &what)),
        Inspection::Missing => {}
        Inspection::Outdated => eprintln!("libtorch: replacing another version"),
        Inspection::Damaged(what) => eprintln!("libtorch: replacing a damaged set-up ({what})"),
    }
    remove_leftovers(root, PARTIAL)?;
    tools.check()?;
    check_space(root, recipe)?;

    let cache = root.join(DOWNLOAD);
    let wheels = download::fetch(root, &cache, &recipe.wheels, tools)?;
    let folder = partial(root, PARTIAL)?;
    let fresh = folder.path().join("fresh");
    fs::create_dir(&fresh).with_context(|| format!("cannot create {}", fresh.display()))?;
    assemble::assemble(&fresh, recipe, &wheels, tools)?;
    swap(&fresh, &installed, &folder.path().join("replaced"))?;
    remove(&cache)
}

fn foreign(installed: &Path, what: &str) -> anyhow::Error {
    let path = installed.display();
    Failure::new(
        format!("{path} was not made by this command, and {what}"),
        format!("run `mv {path} {path}.old`, then run this command again"),
    )
    .into()
}

fn check_space(root: &Path, recipe: &Recipe) -> Result<()> {
    let free = fs4::available_space(root)
        .with_context(|| format!("cannot ask for the free space at {}", root.display()))?;
    if free < recipe.disk_bytes {
        let mb = |bytes: u64| bytes / 1_000_000;
        return Err(Failure::new(
            format!(
                "setting up libtorch takes {} MB, and {} has {} MB free",
                mb(recipe.disk_bytes),
                root.display(),
                mb(free)
            ),
            "free some space (`cargo clean` removes built files), then run the command again",
        )
        .into());
    }
    Ok(())
}
