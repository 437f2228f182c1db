use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Wheel;
use crate::Tools;

/// The wheels do not depend on the Python that fetches them, so ask for one fixed kind.
const TARGET: [&str; 12] = [
    "--python-version",
    "3.12",
    "--implementation",
    "cp",
    "--platform",
    "manylinux_2_28_x86_64",
    "--platform",
    "manylinux_2_25_x86_64",
    "--platform",
    "manylinux_2_17_x86_64",
    "--platform",
    "manylinux2014_x86_64",
];

/// Whether the local pip can go on with a broken transfer (pip 25.1 and later).
pub(super) fn resumes(tools: &Tools) -> bool {
    let help = Command::new(&tools.python).args(["-m", "pip", "download", "--help"]).output();
    help.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("--resume-retries"))
}

/// The command that fetches one wheel into `folder`. Where from is pip's own configuration.
pub(super) fn download_command(
    tools: &Tools,
    requirements: &Path,
    folder: &Path,
    resumes: bool,
) -> Command {
    let mut command = Command::new(&tools.python);
    command.args(["-m", "pip", "download", "--disable-pip-version-check"]);
    command.args(["--no-deps", "--only-binary=:all:", "--require-hashes"]).args(TARGET);
    if resumes {
        command.args(["--resume-retries", "10"]);
    }
    command.arg("--dest").arg(folder).arg("--requirement").arg(requirements);
    // pip's own temporary copy would outlive a killed pip; here the next run clears it.
    command.env("TMPDIR", folder);
    command
}

/// What pip reads: one pinned distribution with the only hash that will do.
pub(super) fn requirement(wheel: &Wheel) -> String {
    format!("{}=={} --hash=sha256:{}\n", wheel.name, wheel.version, wheel.sha256)
}

/// The one wheel that pip left in a folder.
pub(super) fn downloaded(folder: &Path) -> Result<PathBuf> {
    let mut wheels = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            wheels.push(path);
        }
    }
    match (wheels.pop(), wheels.len()) {
        (Some(wheel), 0) => Ok(wheel),
        (None, _) => bail!("pip reported success and left no wheel in {}", folder.display()),
        (Some(_), more) => bail!("pip left {} wheels in {}", more + 1, folder.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libtorch::Recipe;

    fn arguments(command: &Command) -> Vec<String> {
        command.get_args().map(|a| a.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn pip_is_asked_for_one_fixed_kind_of_wheel() {
        let tools = Tools { python: "python3".into(), cc: "cc".into(), cxx: "c++".into() };
        let command = download_command(&tools, Path::new("r.txt"), Path::new("to"), false);
        assert_eq!(command.get_program(), "python3");
        assert_eq!(
            arguments(&command).join(" "),
            "-m pip download --disable-pip-version-check --no-deps --only-binary=:all: \
             --require-hashes --python-version 3.12 --implementation cp \
             --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
             --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
             --dest to --requirement r.txt"
        );
        let resuming = download_command(&tools, Path::new("r.txt"), Path::new("to"), true);
        assert!(arguments(&resuming).join(" ").contains("--resume-retries 10 --dest"));
    }

    #[test]
    fn a_requirement_carries_version_and_hash() {
        let recipe = Recipe::pinned();
        let torch = recipe.wheels.iter().find(|w| w.name == "torch").unwrap();
        assert_eq!(
            requirement(torch),
            "torch==2.13.0 \
             --hash=sha256:796633c4cdf0fe2cdced72d8f88f22e73dbcfce83132763162f6d4bff13b820b\n"
        );
    }

    #[test]
    fn exactly_one_wheel_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("requirements.txt"), "").unwrap();
        assert!(downloaded(folder.path()).unwrap_err().to_string().contains("no wheel"));
        fs::write(folder.path().join("a.whl"), "").unwrap();
        assert_eq!(downloaded(folder.path()).unwrap(), folder.path().join("a.whl"));
        fs::write(folder.path().join("b.whl"), "").unwrap();
        assert!(downloaded(folder.path()).unwrap_err().to_string().contains("2 wheels"));
    }
}
