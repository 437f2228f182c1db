//! The examples as a person runs them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod mnist_outliers;

use std::path::{Path, PathBuf};
use std::process::Command;

/// An example's binary, which cargo builds beside this test.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("this test has a path");
    let profile = test.parent().and_then(Path::parent).expect("a test lies in deps/");
    let binary: PathBuf = profile.join("examples").join(name);
    assert!(binary.exists(), "{} is built by `cargo test`", binary.display());
    let mut command = Command::new(binary);
    command.args(["--smoke", "--device", "cpu", "--threads", "1"]);
    command
}
