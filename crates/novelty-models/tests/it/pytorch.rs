//! What is saved here loads into PyTorch. Needs a Python with torch and safetensors, given by the
//! environment variable NOVELTY_PYTHON; skipped without.

use std::fs;
use std::process::Command;

use ndarray::Array4;
use novelty_core::{Fit, ImageShape, Reconstruct};
use novelty_models::{ConvAutoencoderConfig, Trainer};
use safetensors::tensor::{Dtype, TensorView};

use crate::pictures::config;

#[test]
fn pytorch_loads_a_saved_model_strictly() {
    let Some(python) = std::env::var_os("NOVELTY_PYTHON") else {
        println!("skipped: NOVELTY_PYTHON names no Python with torch");
        return;
    };
    let network = ConvAutoencoderConfig::new(ImageShape::new(2, 8, 12));
    let network = network.filters([4, 6]).n_features(5);
    let images = Array4::from_shape_fn((20, 2, 8, 12), |(n, c, y, x)| {
        ((n * 13 + c * 5 + y * x) % 17) as f32 / 17.0
    });
    let model = Trainer::new(network, config()).fit(images.view()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let case = folder.path().join("case.safetensors");
    let bytes =
        |array: &Array4<f32>| -> Vec<u8> { array.iter().flat_map(|x| x.to_le_bytes()).collect() };
    let back = model.reconstruct(images.view()).unwrap();
    let (images, back) = (bytes(&images), bytes(&back));
    let view = |bytes| TensorView::new(Dtype::F32, vec![20, 2, 8, 12], bytes).unwrap();
    let tensors = [("images", view(&images)), ("reconstructions", view(&back))];
    fs::write(&case, safetensors::serialize(tensors, None).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/load_strict.py");
    let output = Command::new(python)
        .arg(script)
        .arg(folder.path().join("model.safetensors"))
        .arg(&case)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let far: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    assert!(far < 1e-5, "off by {far}");
}
