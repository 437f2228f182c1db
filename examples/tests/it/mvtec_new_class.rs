use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::example;

const FILES: [&str; 13] = [
    "codes_big.png",
    "codes_pca.png",
    "codes_small.png",
    "codes_vae.png",
    "dynamic.png",
    "dynamic_end.png",
    "losses.png",
    "metrics.json",
    "reconstructions.png",
    "report.html",
    "silhouette_k_means.png",
    "silhouette_mixture.png",
    "stream.png",
];

fn run(out: &Path) -> Value {
    let output = example("mvtec_new_class").arg("--out").arg(out).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    serde_json::from_str(&fs::read_to_string(out.join("metrics.json")).unwrap()).unwrap()
}

#[test]
fn it_writes_what_it_says_and_one_seed_gives_the_same_numbers() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (metrics, again) = (run(first.path()), run(second.path()));
    let entries = fs::read_dir(first.path()).unwrap();
    let files: BTreeSet<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(files, FILES.map(str::to_owned).into());
    for table in ["error", "new_class_ratio", "n_clusters", "clusterings", "events", "delays"] {
        assert_eq!(metrics[table], again[table], "{table}");
    }
    for model in ["pca", "small", "big", "vae"] {
        let errors = metrics["error"][model].as_object().unwrap();
        assert!(errors.values().all(|error| error.as_f64().unwrap() > 0.0), "{model}");
        for n_true in ["1", "2", "3", "4"] {
            for rule in ["silhouette", "bic", "gap", "stability"] {
                let found = metrics["n_clusters"][model][n_true][rule].as_u64().unwrap();
                assert!((1..=8).contains(&found), "{model}, {n_true}, {rule}: {found}");
            }
        }
    }
    // An animation, not a still picture: it has more than one frame.
    let film = fs::read(first.path().join("dynamic.png")).unwrap();
    let place = film.windows(4).position(|name| name == b"acTL").unwrap();
    assert!(u32::from_be_bytes(film[place + 4..place + 8].try_into().unwrap()) > 10);
}

#[test]
fn a_category_that_is_not_there_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = example("mvtec_new_class");
    command.arg("--data").arg(folder.path()).args(["--category", "bottle"]);
    let output = command.arg("--out").arg(folder.path().join("out")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(text.contains("bottle"), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}
