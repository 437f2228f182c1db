//! Killed at the worst moments. The process that is killed is this test program itself,
//! started again with one test; the stand-ins for pip and the compiler kill their caller.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use xtask::libtorch::Manifest;

use crate::fixture::{Fixture, Trouble};
use crate::install::DONE;

const FOLDER: &str = "XTASK_TEST_FOLDER";

#[test]
#[ignore = "the process the others kill, not a test by itself"]
fn victim() {
    if let Some(folder) = env::var_os(FOLDER) {
        Fixture::reopen(folder).install().unwrap();
    }
}

/// Starts the set-up in a process of its own, which must die by SIGKILL.
fn be_killed(fixture: &Fixture, trouble: &Trouble) {
    fixture.arrange(trouble);
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "interrupt::victim", "--ignored"])
        .env(FOLDER, fixture.folder())
        .output()
        .unwrap();
    assert_eq!(output.status.signal(), Some(9), "{output:?}");
    assert!(!fixture.libtorch().exists());
    let leftovers = fixture.entries().iter().filter(|name| name.contains("partial")).count();
    assert_eq!(leftovers, 1, "{:?}", fixture.entries());
}

fn recover(fixture: &Fixture, downloads: &[&str]) {
    fixture.install().unwrap();
    Manifest::read(&fixture.libtorch()).unwrap().check_hashes(&fixture.libtorch()).unwrap();
    assert_eq!(fixture.downloads(), downloads);
    assert_eq!(fixture.entries(), DONE);
}

#[test]
fn killed_while_downloading() {
    let fixture = Fixture::new();
    be_killed(&fixture, &Trouble::KillWhileDownloading("torch"));
    recover(&fixture, &["runtime", "cupti", "torch", "torch"]);
}

#[test]
fn killed_while_assembling() {
    let fixture = Fixture::new();
    be_killed(&fixture, &Trouble::KillWhileLinking);
    recover(&fixture, &["runtime", "cupti", "torch"]);
}

#[test]
fn killed_again_and_again() {
    let fixture = Fixture::new();
    be_killed(&fixture, &Trouble::KillWhileDownloading("runtime"));
    be_killed(&fixture, &Trouble::KillWhileDownloading("torch"));
    be_killed(&fixture, &Trouble::KillWhileLinking);
    recover(&fixture, &["runtime", "runtime", "cupti", "torch", "torch"]);
}
