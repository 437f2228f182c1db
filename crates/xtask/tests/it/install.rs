use std::fs;
use std::os::unix::fs::symlink;
use std::thread;

use xtask::Failure;
use xtask::libtorch::Manifest;

use crate::fixture::{Fixture, Trouble};

/// All that a finished set-up leaves in the workspace.
pub(crate) const DONE: [&str; 2] = [".libtorch", ".libtorch-lock"];

#[test]
fn a_libtorch_is_assembled_from_wheels() {
    let fixture = Fixture::new();
    fixture.install().unwrap();

    let libtorch = fixture.libtorch();
    assert_eq!(fs::read_to_string(libtorch.join("build-version")).unwrap(), "1.0+cpu\n");
    assert_eq!(fs::read_to_string(libtorch.join("include/c10/Half.h")).unwrap(), "#pragma once\n");
    let mut libraries: Vec<_> = fs::read_dir(libtorch.join("lib"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    libraries.sort();
    assert_eq!(
        libraries,
        [
            "libc10.so",
            "libcudart.so.13",
            "libcupti.so.13",
            "libgomp.so.1",
            "libtorch.so",
            "libtorch_cpu.so"
        ]
    );
    let manifest = Manifest::read(&libtorch).unwrap();
    assert_eq!(manifest.files.len(), 8);
    manifest.check_hashes(&libtorch).unwrap();
    assert_eq!(fixture.entries(), DONE);
    assert!(!fixture.folder().join("escaped.h").exists());
}

#[test]
fn the_second_time_nothing_happens() {
    let fixture = Fixture::new();
    fixture.install().unwrap();
    fixture.install().unwrap();
    assert_eq!(fixture.downloads(), ["runtime", "cupti", "torch"]);
}

#[test]
fn a_damaged_set_up_is_replaced() {
    let fixture = Fixture::new();
    fixture.install().unwrap();
    fs::write(fixture.libtorch().join("lib/libtorch_cpu.so"), "").unwrap();
    fixture.install().unwrap();
    Manifest::read(&fixture.libtorch()).unwrap().check_hashes(&fixture.libtorch()).unwrap();
    assert_eq!(fixture.downloads().len(), 6);
    assert_eq!(fixture.entries(), DONE);
}

#[test]
fn two_at_once_do_the_work_once() {
    let fixture = Fixture::new();
    thread::scope(|scope| {
        let both = [scope.spawn(|| fixture.install()), scope.spawn(|| fixture.install())];
        for one in both {
            one.join().unwrap().unwrap();
        }
    });
    assert_eq!(fixture.downloads(), ["runtime", "cupti", "torch"]);
    assert_eq!(fixture.entries(), DONE);
}

#[test]
fn wrong_bytes_are_refused_and_the_rest_is_kept() {
    let fixture = Fixture::new();
    fixture.arrange(&Trouble::WrongBytes("torch"));
    let error = fixture.install().unwrap_err().to_string();
    assert!(error.contains("torch-1.0") && error.contains("has SHA-256"), "{error}");
    assert_eq!(fixture.entries(), [".libtorch-download", ".libtorch-lock"]);

    fixture.install().unwrap();
    assert_eq!(fixture.downloads(), ["runtime", "cupti", "torch", "torch"]);
}

#[test]
fn a_damaged_wheel_is_downloaded_again() {
    let fixture = Fixture::new();
    let cache = fixture.root().join(".libtorch-download");
    fs::create_dir(&cache).unwrap();
    fs::write(cache.join("cupti-1.0.whl"), "half of it").unwrap();
    fixture.install().unwrap();
    assert_eq!(fixture.downloads(), ["runtime", "cupti", "torch"]);
}

#[test]
fn without_network_the_error_says_what_to_do() {
    let fixture = Fixture::new();
    fixture.arrange(&Trouble::NoNetwork);
    let error = fixture.install().unwrap_err();
    let failure = error.downcast_ref::<Failure>().unwrap();
    assert_eq!(failure.message, "pip could not download runtime==1.0");
    assert!(failure.help.contains("pip config list"), "{}", failure.help);
    assert_eq!(fixture.downloads(), ["runtime"; 3]);

    fixture.end_trouble();
    fixture.install().unwrap();
    assert_eq!(fixture.entries(), DONE);
}

#[test]
fn what_something_else_put_there_is_not_touched() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.libtorch()).unwrap();
    fs::write(fixture.libtorch().join("mine"), "").unwrap();
    let error = fixture.install().unwrap_err();
    assert!(error.to_string().contains("was not made by this command"), "{error}");
    assert!(fixture.libtorch().join("mine").exists());
    assert_eq!(fixture.downloads(), [""; 0]);

    fs::remove_dir_all(fixture.libtorch()).unwrap();
    symlink("/nonexistent", fixture.libtorch()).unwrap();
    let error = fixture.install().unwrap_err();
    assert!(error.to_string().contains("was not made by this command"), "{error}");
}

#[test]
fn a_full_disk_is_noticed_before_the_download() {
    let fixture = Fixture::new();
    let mut recipe = fixture.recipe();
    recipe.disk_bytes = u64::MAX;
    let error = xtask::libtorch::install(&fixture.root(), &recipe, &fixture.tools()).unwrap_err();
    assert!(error.to_string().contains("MB free"), "{error}");
    assert_eq!(fixture.downloads(), [""; 0]);
}

#[test]
fn a_missing_library_in_a_wheel_is_an_error() {
    let fixture = Fixture::new();
    let mut recipe = fixture.recipe();
    recipe.wheels[1].take.push(xtask::libtorch::Take::Library("nvidia/lib/gone.so".to_owned()));
    let error = xtask::libtorch::install(&fixture.root(), &recipe, &fixture.tools()).unwrap_err();
    assert!(format!("{error:#}").contains("holds 1 of the 2 libraries"), "{error:#}");
    assert!(!fixture.libtorch().exists());
}
