//! What holds for each example that `Cargo.toml` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use novelty_report::{Scheme, check_page};
use serde_json::Value;

use crate::smoke;
use crate::smoke::binary;

fn examples() -> Vec<&'static str> {
    let manifest = include_str!("../../Cargo.toml");
    let tables = manifest.split("[[example]]").skip(1);
    let name = |table: &'static str| table.split('"').nth(1).expect("an example has a name");
    tables.map(name).collect()
}

/// The guide goes through steps; all others reproduce something, and write a page about it.
fn with_page() -> impl Iterator<Item = &'static str> {
    examples().into_iter().filter(|name| *name != "guide")
}

fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|e| e == kind)).collect()
}

/// Nothing else runs the examples: one without a test would rot unseen.
#[test]
fn each_has_a_test_of_its_name() {
    assert!(examples().contains(&"mnist_outliers"));
    for name in examples() {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
        let test = tests.join(format!("{name}.rs"));
        assert!(test.exists(), "the example {name} has no test {}", test.display());
    }
}

#[test]
fn each_explains_itself() {
    for name in examples() {
        let output = Command::new(binary(name)).arg("--help").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name}");
        for flag in ["--smoke", "--out", "--data", "--seed", "--threads"] {
            assert!(text.contains(flag), "{name} --help says nothing of {flag}: {text}");
        }
    }
}

#[test]
fn each_writes_numbers_figures_and_a_page_with_the_published_figures() {
    for name in with_page() {
        let folder = smoke(name);
        let metrics = fs::read_to_string(folder.join("metrics.json")).unwrap();
        let metrics: Value = serde_json::from_str(&metrics).unwrap();
        assert_eq!((&metrics["seed"], &metrics["smoke"]), (&42.into(), &true.into()), "{name}");

        let figures = files(&folder, "png");
        assert!(!figures.is_empty(), "{name} has no figure");
        for figure in figures {
            let bytes = fs::read(&figure).unwrap();
            assert!(bytes.ends_with(b"IEND\xae\x42\x60\x82"), "{}", figure.display());
        }

        let page = fs::read_to_string(folder.join("report.html")).unwrap();
        for heading in [">published</th>", ">ours</th>", ">cheap baseline"] {
            assert!(page.contains(heading), "{name}'s page has no column {heading}");
        }
    }
}

/// On a telephone and on a desk, light and dark: nothing in the console, every image drawn,
/// nothing wider than the screen, no text below 12 pixels, nothing loaded from elsewhere.
#[test]
fn each_page_reads_well_in_a_browser() {
    for name in with_page() {
        let html = fs::read_to_string(smoke(name).join("report.html")).unwrap();
        let mut grounds = Vec::new();
        for scheme in [Scheme::Light, Scheme::Dark] {
            for width in [375, 1440] {
                let Some(page) = check_page(&html, width, scheme).unwrap() else {
                    println!("skipped: no Chromium on the PATH");
                    return;
                };
                assert_eq!(page.problems(), [""; 0], "{name}, {width} pixels, {scheme:?}");
                assert!((page.width - f64::from(width)).abs() < 0.5, "{name}: {page:?}");
                assert!(page.n_images + page.n_drawings > 0, "{name}: {page:?}");
                grounds.push(page.background);
            }
        }
        assert_eq!(grounds[0], grounds[1], "{name}");
        assert_ne!(grounds[1], grounds[2], "{name} is the same in light and dark");
    }
}
