use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// An example's binary, which cargo builds beside this test, with the flags of a smoke run.
pub(crate) fn example(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    command.args(["--smoke", "--device", "cpu", "--threads", "1"]);
    command
}

pub(crate) fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let profile = test.parent().and_then(Path::parent).expect("a test lies in deps/");
    let binary = profile.join("examples").join(name);
    assert!(binary.exists(), "{} is built by `cargo test`", binary.display());
    binary
}

/// The folder of an example's smoke run with nothing but the defaults: made once, for all tests
/// to read and none to change.
pub(crate) fn smoke(name: &str) -> PathBuf {
    static RUNS: Mutex<BTreeMap<String, Arc<OnceLock<PathBuf>>>> = Mutex::new(BTreeMap::new());
    let run = {
        let mut runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(runs.entry(name.to_owned()).or_default())
    };
    run.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smoke").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        let output = example(name).arg("--out").arg(&folder).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{name}: {text}");
        folder
    })
    .clone()
}
