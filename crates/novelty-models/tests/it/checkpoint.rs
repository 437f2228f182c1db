use std::fs;
use std::path::Path;

use novelty_core::{Reconstruct, Threshold};
use novelty_models::{CheckpointProblem, ConvAutoencoder, Device, ModelError};
use tempfile::TempDir;

use crate::pictures::{bars, network, trained};

const WEIGHTS: &str = "model.safetensors";
const DESCRIPTION: &str = "model.json";

fn saved() -> (ConvAutoencoder, TempDir) {
    let (mut model, folder) = (trained(), tempfile::tempdir().unwrap());
    model.threshold = Some(Threshold::new(0.1, "quantile(0.999)", 64));
    model.save(folder.path()).unwrap();
    (model, folder)
}

fn load(folder: &Path) -> Result<ConvAutoencoder, ModelError> {
    ConvAutoencoder::load(folder, Device::Cpu)
}

fn problem(folder: &Path) -> CheckpointProblem {
    match load(folder).unwrap_err() {
        ModelError::Checkpoint { path, problem } => {
            assert_eq!(path, folder.join(WEIGHTS));
            problem
        }
        other => panic!("{other}"),
    }
}

/// Rewrites the header of the weights file, keeping its length consistent.
pub(crate) fn edit_header(folder: &Path, edit: impl Fn(&str) -> String) {
    let path = folder.join(WEIGHTS);
    let bytes = fs::read(&path).unwrap();
    let n = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = edit(std::str::from_utf8(&bytes[8..8 + n]).unwrap());
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header.as_bytes());
    out.extend(&bytes[8 + n..]);
    fs::write(path, out).unwrap();
}

#[test]
fn a_reloaded_model_gives_the_same_bits() {
    let (model, folder) = saved();
    let same = load(folder.path()).unwrap();
    let images = bars(70);
    assert_eq!(same.reconstruct(images.view()).unwrap(), model.reconstruct(images.view()).unwrap());
    assert_eq!((same.config(), &same.threshold), (model.config(), &model.threshold));
}

#[test]
fn the_weights_file_is_enough() {
    let (_, folder) = saved();
    fs::remove_file(folder.path().join(DESCRIPTION)).unwrap();
    load(folder.path()).unwrap();
}

#[test]
fn saving_twice_leaves_two_files() {
    let (model, folder) = saved();
    model.save(folder.path()).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [DESCRIPTION, WEIGHTS]);
}

#[test]
fn every_truncation_is_an_error() {
    let (_, folder) = saved();
    let path = folder.path().join(WEIGHTS);
    let bytes = fs::read(&path).unwrap();
    for n in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        fs::write(&path, &bytes[..n]).unwrap();
        assert!(matches!(problem(folder.path()), CheckpointProblem::Malformed(_)), "{n} bytes");
    }
}

#[test]
fn a_header_that_claims_too_much_is_an_error() {
    let (_, folder) = saved();
    let path = folder.path().join(WEIGHTS);
    let mut bytes = fs::read(&path).unwrap();
    bytes[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    assert!(matches!(problem(folder.path()), CheckpointProblem::Malformed(_)));
}

#[test]
fn settings_that_ask_for_more_than_the_file_holds_are_errors() {
    let (_, folder) = saved();
    edit_header(folder.path(), |text| {
        text.replacen(r#"\"n_features\": 6"#, r#"\"n_features\": 65536"#, 1)
    });
    assert!(matches!(
        problem(folder.path()),
        CheckpointProblem::Shape { name, expected, .. }
            if name == "encoder.linear.weight" && expected == [65536, 32]
    ));
}

#[test]
fn wrong_tensors_are_named() {
    let (_, folder) = saved();
    edit_header(folder.path(), |text| {
        text.replacen("decoder.output.bias", "decoder.output.tilt", 1)
    });
    assert_eq!(
        problem(folder.path()),
        CheckpointProblem::Missing("decoder.output.bias".to_owned())
    );

    let (_, folder) = saved();
    let path = folder.path().join(WEIGHTS);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    assert!(matches!(problem(folder.path()), CheckpointProblem::NotFinite { .. }));
}

#[test]
fn another_kind_and_unknown_settings_are_refused() {
    let (_, folder) = saved();
    edit_header(folder.path(), |text| text.replacen("conv_autoencoder", "deep_svdd", 1));
    assert_eq!(
        problem(folder.path()),
        CheckpointProblem::Kind {
            expected: "conv_autoencoder".to_owned(),
            got: "deep_svdd".to_owned()
        }
    );
    let (_, folder) = saved();
    edit_header(folder.path(), |text| text.replacen("negative_slope", "negative_slip", 1));
    assert!(matches!(problem(folder.path()), CheckpointProblem::Description(_)));
}

/// A header may name a tensor twice, and parsers keep the last of them.
#[test]
fn a_name_that_stands_twice_is_refused() {
    let (_, folder) = saved();
    edit_header(folder.path(), |text| {
        let twin = r#"{"decoder.linear.bias":{"dtype":"F32","shape":[32],"data_offsets":[0,128]},"#;
        text.replacen('{', twin, 1)
    });
    let found = problem(folder.path());
    assert_eq!(found, CheckpointProblem::Duplicate("decoder.linear.bias".to_owned()));
}

#[test]
fn preprocessing_is_kept() {
    let (mut model, folder) = saved();
    model.preprocessing = Some(serde_json::json!({"min": -0.8826, "max": 9.0014}));
    model.save(folder.path()).unwrap();
    assert_eq!(load(folder.path()).unwrap().preprocessing, model.preprocessing);
}

#[test]
fn a_pickle_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(WEIGHTS), b"\x80\x02}q\x00.").unwrap();
    assert!(matches!(problem(folder.path()), CheckpointProblem::Malformed(_)));
}

#[test]
fn a_missing_folder_is_named() {
    let error = load(Path::new("no/such/folder")).unwrap_err();
    assert!(matches!(error, ModelError::Io { ref path, .. } if path.ends_with(WEIGHTS)), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let model = ConvAutoencoder::untrained(network(), 0, Device::Cpu).unwrap();
    assert!(matches!(model.save(file.join("inside")), Err(ModelError::Io { .. })));
}
