use std::path::Path;
use std::process::Command;

use novelty_report::{PageCheck, Scheme, check_page};

use crate::samples;

#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn check(html: &str, width: u32, scheme: Scheme) -> Option<PageCheck> {
    let check = check_page(html, width, scheme).unwrap();
    if check.is_none() {
        println!("skipped: no Chromium on the PATH");
    }
    check
}

#[test]
fn reads_on_telephones_and_desks_in_light_and_dark() {
    let page = samples::report().to_html().unwrap();
    let mut grounds = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        for width in [375, 1440] {
            let Some(check) = check(&page, width, scheme) else { return };
            assert_eq!(check.problems(), [""; 0], "{width} {scheme:?}");
            assert!((check.width - f64::from(width)).abs() < 0.5, "{check:?}");
            // Eight images in pairs, two of the heat map, its colours.
            assert_eq!((check.n_images, check.n_drawings), (11, 5), "{width} {scheme:?}");
            grounds.push(check.background);
        }
    }
    assert_eq!(grounds[0], grounds[1]);
    assert_ne!(grounds[1], grounds[2]);
}

/// The page of the example `gallery`, which `cargo test` builds beside this test.
fn gallery() -> String {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new(profile.join("examples/gallery")).arg(folder.path()).status().unwrap();
    assert!(run.success());
    std::fs::read_to_string(folder.path().join("report.html")).unwrap()
}

#[test]
fn every_figure_reads_on_telephones_and_desks_in_light_and_dark() {
    let page = gallery();
    for scheme in [Scheme::Light, Scheme::Dark] {
        for width in [375, 1440] {
            let Some(check) = check(&page, width, scheme) else { return };
            assert_eq!(check.problems(), [""; 0], "{width} {scheme:?}");
            assert!(check.n_images > 20 && check.n_drawings == 6, "{check:?}");
        }
    }
}

#[test]
fn the_check_sees_what_is_wrong() {
    let bad = "<!doctype html><body><div style=\"width:2000px;font-size:4px\">small</div>\
               <img src=\"data:image/png;base64,AAAA\" alt=\"broken\">\
               <script>console.error('trouble')</script>";
    let Some(check) = check(bad, 375, Scheme::Light) else { return };
    let problems = check.problems().join("\n");
    for part in ["trouble", "2008 pixels wide in 375", "1 of 1 images are bad", "text of 4.0"] {
        assert!(problems.contains(part), "{part} in {problems}");
    }
}

#[test]
fn the_policy_stops_what_markup_could_load() {
    let page = samples::report().to_html().unwrap();
    let loading = page.replace("<main>", "<main><img src=\"file:///none.png\" alt=\"x\">");
    let Some(check) = check(&loading, 1440, Scheme::Light) else { return };
    assert!(check.console.iter().any(|line| line.contains("Content Security Policy")), "{check:?}");
}
