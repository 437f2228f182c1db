use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use zip::ZipArchive;

use super::manifest::{Manifest, write_hashed};
use super::{Recipe, Take, Wheel};
use crate::{Failure, Tools};

/// Builds a complete libtorch in an empty folder.
pub(super) fn assemble(
    folder: &Path,
    recipe: &Recipe,
    wheels: &[PathBuf],
    tools: &Tools,
) -> Result<()> {
    let mut manifest = Manifest::new(recipe);
    for (wheel, path) in recipe.wheels.iter().zip(wheels) {
        unpack(folder, wheel, path, &mut manifest)
            .with_context(|| format!("cannot unpack {}", path.display()))?;
    }
    link_stub(folder, tools)?;
    for (name, content) in [
        ("lib/libtorch.so", fs::read(folder.join("lib/libtorch.so"))?),
        ("build-version", format!("{}\n", recipe.version).into_bytes()),
    ] {
        let record = write_hashed(&folder.join(name), content.as_slice())?;
        manifest.files.insert(name.to_owned(), record);
    }
    check_loads(folder, tools)?;
    manifest.write(folder)
}

fn unpack(folder: &Path, wheel: &Wheel, path: &Path, manifest: &mut Manifest) -> Result<()> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?))?;
    let bar = progress(archive.len() as u64, &wheel.name);
    let mut libraries = 0;
    for index in 0..archive.len() {
        bar.inc(1);
        let entry = archive.by_index(index)?;
        // A name that climbs out of the folder has no enclosed form, and is not taken.
        let Some(name) = entry.enclosed_name().filter(|_| entry.is_file()) else { continue };
        let Some((take, target)) = wanted(wheel, &name) else { continue };
        libraries += usize::from(matches!(take, Take::Library(_)));
        let full = folder.join(&target);
        if let Some(parent) = full.parent() {
            fs::create_dir_all(parent)?;
        }
        let record = write_hashed(&full, entry)?;
        manifest.files.insert(target.to_string_lossy().into_owned(), record);
    }
    bar.finish_and_clear();
    let expected = wheel.take.iter().filter(|take| matches!(take, Take::Library(_))).count();
    if libraries != expected {
        bail!("it holds {libraries} of the {expected} libraries looked for");
    }
    Ok(())
}

fn wanted<'a>(wheel: &'a Wheel, name: &Path) -> Option<(&'a Take, PathBuf)> {
    let name = name.to_str()?;
    wheel.take.iter().find_map(|take| Some((take, take.target(name)?)))
}

fn progress(length: u64, name: &str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(format!("libtorch: unpacking {name}"));
    match ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} files") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The wheel's own `libtorch.so` needs the CUDA libraries; this one needs the CPU ones, which
/// is what linking to `torch` is for.
fn link_stub(folder: &Path, tools: &Tools) -> Result<()> {
    let mut command = Command::new(&tools.cc);
    command.current_dir(folder).args(["-shared", "-o", "lib/libtorch.so"]).args([
        "-Wl,-soname,libtorch.so",
        "-Wl,--no-as-needed",
        "-Wl,-rpath,$ORIGIN",
        "-Wl,--allow-shlib-undefined",
    ]);
    command.args(["-x", "c", "/dev/null", "-x", "none", "-L", "lib", "-ltorch_cpu", "-lc10"]);
    run_quietly(&mut command, "the C compiler could not link libtorch.so")
}

/// Starts a program that links to what was assembled: an unsuitable system shows here, and
/// not minutes later in the middle of a build.
fn check_loads(folder: &Path, tools: &Tools) -> Result<()> {
    let scratch = tempfile::tempdir_in(folder).context("cannot create a temporary folder")?;
    let (source, program) = (scratch.path().join("loads.c"), scratch.path().join("loads"));
    fs::write(&source, "int main(void) { return 0; }\n")?;
    let library_dir = folder.join("lib");
    let mut rpath = std::ffi::OsString::from("-Wl,--no-as-needed,-rpath,");
    rpath.push(&library_dir);
    let mut command = Command::new(&tools.cc);
    command.arg(&source).arg("-o").arg(&program).arg("-L").arg(&library_dir);
    command.args(["-Wl,--allow-shlib-undefined"]).arg(rpath).arg("-ltorch");
    run_quietly(&mut command, "the C compiler could not link to libtorch")?;
    run_quietly(&mut Command::new(&program), "libtorch does not load on this system")
}

fn run_quietly(command: &mut Command, what: &str) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("{what}: cannot start {}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    let line = message.lines().find(|line| line.contains("error")).or(message.lines().last());
    let line = line.unwrap_or("it said nothing");
    Err(Failure::new(format!("{what} ({}): {line}", output.status), "run `cargo xtask doctor`")
        .into())
}
