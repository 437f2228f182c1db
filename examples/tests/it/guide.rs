use std::fs;
use std::path::Path;

use crate::example;

#[test]
fn the_ten_steps_run_and_a_restart_loses_nothing() {
    let out = tempfile::tempdir().unwrap();
    let output = example("guide").arg("--out").arg(out.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("known now: part, new 0"), "{said}");
    assert!(said.contains("80 images seen, before and after the restart"), "{said}");
    for file in ["heat_maps.png", "monitor.json", "network/model.safetensors"] {
        assert!(out.path().join(file).exists(), "{file}");
    }
}

/// The lines of a text without indentation, and without those that are empty.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// What the guide prints is code that is compiled and run: it stands in the example as it is.
#[test]
fn every_snippet_of_the_guide_is_code_of_the_example() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(examples.join("../docs/GUIDE.md")).unwrap();
    let example = fs::read_to_string(examples.join("guide.rs")).unwrap();
    let example = lines(&example);
    let snippets: Vec<&str> =
        guide.split("```rust").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(snippets.len() >= 9, "{} snippets", snippets.len());
    for snippet in snippets {
        let wanted = lines(snippet);
        let is_there = example.windows(wanted.len()).any(|window| window == wanted);
        assert!(is_there, "not in guide.rs:\n{snippet}");
    }
}
