//! The network of `tests/golden/conv_autoencoder.py`, against PyTorch's values.

use std::fs;
use std::path::Path;

use ndarray::{Array, IntoDimension};
use novelty_core::{Embed, ImageShape, Reconstruct};
use novelty_models::{ConvAutoencoder, ConvAutoencoderConfig, Device};
use safetensors::SafeTensors;

const WEIGHTS: &[u8] = include_bytes!("../golden/weights.safetensors");
const EXPECTED: &[u8] = include_bytes!("../golden/expected.safetensors");

/// A tensor of the expected values.
fn expected<Sh: IntoDimension>(name: &str, shape: Sh) -> Array<f32, Sh::Dim> {
    let file = SafeTensors::deserialize(EXPECTED).unwrap();
    let view = file.tensor(name).unwrap();
    let values = view.data().as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b));
    Array::from_shape_vec(shape.into_dimension(), values.collect()).unwrap()
}

/// Puts PyTorch's weights into a folder, with a description of ours beside them.
fn import(folder: &Path, config: ConvAutoencoderConfig) {
    ConvAutoencoder::untrained(config, 0, Device::Cpu).unwrap().save(folder).unwrap();
    fs::write(folder.join("model.safetensors"), WEIGHTS).unwrap();
}

#[test]
fn weights_of_pytorch_load_and_compute_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let config = ConvAutoencoderConfig::new(ImageShape::new(2, 8, 12));
    import(folder.path(), config.filters([4, 6]).n_features(5));
    let model = ConvAutoencoder::load(folder.path(), Device::Cpu).unwrap();
    let images = expected("images", (7, 2, 8, 12));
    let codes = model.embed(images.view()).unwrap() - expected("codes", (7, 5));
    assert!(codes.iter().all(|d| d.abs() < 1e-5), "{codes}");
    let back = model.reconstruct(images.view()).unwrap();
    let far = back - expected("reconstructions", (7, 2, 8, 12));
    assert!(far.iter().all(|d| d.abs() < 1e-5));
}
