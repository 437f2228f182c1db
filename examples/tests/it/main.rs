//! The examples as a person runs them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod camera_problems;
mod faces_roc_auc;
mod guide;
mod mnist_outliers;

use std::fs;
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

/// Nothing else runs the examples: one without a test would rot unseen.
#[test]
fn every_example_has_a_test_of_its_name() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
    let names: Vec<&str> = manifest
        .split("[[example]]")
        .skip(1)
        .map(|entry| entry.split('"').nth(1).expect("an example has a name"))
        .collect();
    assert!(names.contains(&"mnist_outliers"));
    for name in names {
        let test = package.join("tests/it").join(format!("{name}.rs"));
        assert!(test.exists(), "the example {name} has no test {}", test.display());
    }
}
