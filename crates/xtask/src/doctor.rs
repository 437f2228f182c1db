use std::path::Path;
use std::process::Command;
use std::{env, fmt};

use anyhow::Result;

use crate::libtorch::{
    Inspection, Platform, Provenance, Recipe, TORCH_VERSION, Variables, glibc_version,
    has_libraries, inspect, is_wanted, version_of, wheel_route,
};
use crate::tools::{apt_install, first_line};
use crate::{Failure, Tools, Workspace, machine};

/// One line of the doctor's report.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    what: &'static str,
    state: State,
    detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Good,
    /// Only some commands need it.
    Optional(String),
    /// Without it nothing works; this mends it.
    Needed(String),
}

impl Finding {
    fn new(what: &'static str, state: State, detail: impl Into<String>) -> Self {
        Self { what, state, detail: detail.into() }
    }

    fn found_or(what: &'static str, found: Option<String>, absent: State) -> Self {
        match found {
            Some(detail) => Self::new(what, State::Good, detail),
            None => Self::new(what, absent, "not found"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, help) = match &self.state {
            State::Good => ("ok", None),
            State::Optional(help) => ("--", Some(help)),
            State::Needed(help) => ("MISSING", Some(help)),
        };
        write!(f, "{mark:<8}{:<14}{}", self.what, self.detail)?;
        help.map_or(Ok(()), |help| write!(f, "\n{:22}-> {help}", ""))
    }
}

/// Prints what this machine has and lacks.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let tools = Tools::from_env();
    let mut findings = libtorch(workspace);
    findings.extend(programs(&tools));
    findings.push(cores());
    findings.push(disk(workspace.root(), matches!(findings[0].state, State::Good)));
    for finding in &findings {
        println!("{finding}");
    }
    let missing = findings.iter().filter(|f| matches!(f.state, State::Needed(_))).count();
    if missing == 0 {
        return Ok(());
    }
    let help = "run the commands after `->` above, then `cargo xtask doctor` again";
    let things = if missing == 1 { "thing is" } else { "things are" };
    Err(Failure::new(format!("{missing} {things} missing"), help).into())
}

fn libtorch(workspace: &Workspace) -> Vec<Finding> {
    let own = workspace.libtorch_dir();
    match Provenance::of(&Variables::from_env(), &own) {
        Provenance::PyTorch => vec![pytorch()],
        Provenance::Variable(path) => vec![chosen(&path), cuda(&path)],
        Provenance::Workspace(path) => vec![workspaces_own(&path), cuda(&path)],
    }
}

fn workspaces_own(path: &Path) -> Finding {
    let get = || match wheel_route(&Platform::here()) {
        Ok(()) => State::Needed("cargo xtask libtorch".to_owned()),
        Err(failure) => State::Needed(failure.help),
    };
    let (state, detail) = match inspect(path, &Recipe::pinned()) {
        Inspection::Ready => {
            let version = version_of(path).unwrap_or_default();
            (State::Good, format!("{version} at {}, as tch wants", path.display()))
        }
        Inspection::Missing => (get(), format!("nothing at {}", path.display())),
        Inspection::Outdated => (get(), format!("{} is of an earlier version", path.display())),
        Inspection::Damaged(what) => (get(), format!("{} is damaged: {what}", path.display())),
        Inspection::Foreign(what) => {
            let path = path.display();
            let mend = format!("mv {path} {path}.old && cargo xtask libtorch");
            (State::Needed(mend), format!("{path} {what}"))
        }
    };
    Finding::new("libtorch", state, detail)
}

fn chosen(path: &Path) -> Finding {
    let version = version_of(path);
    let mend = || State::Needed("unset LIBTORCH && cargo xtask libtorch".to_owned());
    let state = match &version {
        _ if !has_libraries(path) => mend(),
        Some(version) if !is_wanted(version) => mend(),
        _ => State::Good,
    };
    let version = version.unwrap_or_else(|| "of unstated version".to_owned());
    let detail = format!("{version} at {} (LIBTORCH); tch wants {TORCH_VERSION}", path.display());
    Finding::new("libtorch", state, detail)
}

/// Asks pip instead of importing torch, which takes seconds.
fn pytorch() -> Finding {
    let python = if env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
    let script = "from importlib.metadata import version; print(version('torch'))";
    let version = first_line(Command::new(python).args(["-c", script]));
    let state = match &version {
        Some(version) if is_wanted(version) => State::Good,
        _ => State::Needed(format!("{python} -m pip install torch=={TORCH_VERSION}")),
    };
    let version = version.unwrap_or_else(|| "no torch".to_owned());
    let detail = format!("{version} in {python} (LIBTORCH_USE_PYTORCH); tch wants {TORCH_VERSION}");
    Finding::new("libtorch", state, detail)
}

fn cuda(libtorch: &Path) -> Finding {
    let built = ["libtorch_cuda.so", "torch_cuda.lib"]
        .iter()
        .any(|n| libtorch.join("lib").join(n).exists());
    let gpu = first_line(Command::new("nvidia-smi").arg("-L")).filter(|line| !line.is_empty());
    let (state, detail) = match (built, gpu) {
        (true, Some(gpu)) => (State::Good, format!("this libtorch uses it: {gpu}")),
        (true, None) => (State::Good, "in this libtorch; nvidia-smi sees no GPU".to_owned()),
        (false, Some(gpu)) => {
            let mend = format!(
                "python3 -m pip install torch=={TORCH_VERSION}, then set LIBTORCH_USE_PYTORCH=1"
            );
            (State::Optional(mend), format!("not in this libtorch, and there is {gpu}"))
        }
        (false, None) => {
            (State::Good, "none: a CPU libtorch, and nvidia-smi sees no GPU".to_owned())
        }
    };
    Finding::new("CUDA", state, detail)
}

fn programs(tools: &Tools) -> Vec<Finding> {
    let apt = |package: &str| State::Needed(apt_install(package));
    let optional = |mend: &str| State::Optional(mend.to_owned());
    let version = |program: &Path| first_line(Command::new(program).arg("--version"));
    let venv = first_line(
        Command::new(&tools.python).args(["-c", "import venv, ensurepip; print('found')"]),
    );
    let mut findings = vec![rust()];
    for (what, found, absent) in [
        ("C compiler", version(&tools.cc), apt("g++")),
        ("C++ compiler", version(&tools.cxx), apt("g++")),
        ("python3", version(&tools.python), apt("python3")),
        ("pip", tools.pip_version(), apt("python3-pip")),
        ("venv", venv, State::Optional(format!("{} (for `compare`)", apt_install("python3-venv")))),
        ("git", version(Path::new("git")), optional(&apt_install("git"))),
        (
            "glibc",
            glibc_version().map(|v| v.to_string()),
            optional("only needed for the libtorch wheels"),
        ),
        (
            "cargo-deny",
            first_line(Command::new("cargo-deny").arg("--version")),
            optional("cargo install --locked cargo-deny (for `ci`)"),
        ),
    ] {
        findings.push(Finding::found_or(what, found, absent));
    }
    findings
}

fn rust() -> Finding {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let found = first_line(Command::new(rustc).arg("--version"));
    let detail =
        format!("{}; {wanted} or newer is needed", found.as_deref().unwrap_or("not found"));
    // This program was compiled, so some toolchain is there and new enough.
    Finding::new("rust", State::Good, detail)
}

fn cores() -> Finding {
    let set: Vec<_> = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"]
        .into_iter()
        .filter_map(|name| Some(format!("{name}={}", env::var(name).ok()?)))
        .collect();
    let set = if set.is_empty() { "no thread variable set".to_owned() } else { set.join(" ") };
    Finding::new("threads", State::Good, format!("{}; {set}", machine::describe()))
}

fn disk(root: &Path, libtorch_ready: bool) -> Finding {
    // Measured: target/ after `demo` and `test`.
    const BUILD_BYTES: u64 = 4_000_000_000;
    let wanted = BUILD_BYTES + if libtorch_ready { 0 } else { Recipe::pinned().disk_bytes };
    let gb = |bytes: u64| bytes as f64 / 1e9;
    match fs4::available_space(root) {
        Ok(free) => {
            let detail =
                format!("{:.1} GB free; all commands take about {:.1} GB", gb(free), gb(wanted));
            let tight =
                State::Optional("free some space; `cargo clean` removes built files".to_owned());
            Finding::new("disk", if free < wanted { tight } else { State::Good }, detail)
        }
        Err(error) => Finding::new("disk", State::Good, format!("free space unknown: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_finding_shows_what_mends_it() {
        let absent = State::Needed("sudo apt-get install git".to_owned());
        assert_eq!(
            Finding::found_or("git", None, absent.clone()).to_string(),
            "MISSING git           not found\n                      -> sudo apt-get install git"
        );
        let found = Finding::found_or("git", Some("git version 2".to_owned()), absent);
        assert_eq!(found.to_string(), "ok      git           git version 2");
    }

    #[test]
    fn a_chosen_libtorch_must_be_one_of_the_right_version() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(chosen(folder.path()).state, State::Needed(_)));
        fs::create_dir(folder.path().join("lib")).unwrap();
        fs::create_dir(folder.path().join("include")).unwrap();
        fs::write(folder.path().join("lib/libtorch_cpu.so"), "").unwrap();
        assert_eq!(chosen(folder.path()).state, State::Good);
        fs::write(folder.path().join("build-version"), "2.1.0").unwrap();
        assert!(matches!(chosen(folder.path()).state, State::Needed(_)));
    }
}
