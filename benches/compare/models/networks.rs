//! The networks compared; `tests/golden/architectures.py` of the models has the same in PyTorch.

use novelty_core::ImageShape;
use novelty_models::{
    ConvAutoencoderConfig, DenoisingAutoencoderConfig, DriftAutoencoderConfig, DriftDecoder,
    FaceAutoencoderConfig, GrayAutoencoderConfig, LeNet, LeNetAutoencoderConfig,
    MlpAutoencoderConfig, VaeConfig, VaeGanConfig, VaeLayers,
};

const DIGIT: ImageShape = ImageShape { channels: 1, height: 28, width: 28 };
const FACE: ImageShape = ImageShape { channels: 3, height: 64, width: 64 };
const SHEET: ImageShape = ImageShape { channels: 1, height: 128, width: 128 };
const PART: ImageShape = ImageShape { channels: 3, height: 150, width: 150 };

pub(super) fn digits() -> ConvAutoencoderConfig {
    ConvAutoencoderConfig::new(DIGIT)
}

pub(super) fn noisy_digits() -> DenoisingAutoencoderConfig {
    DenoisingAutoencoderConfig::new(DIGIT)
}

pub(super) fn faces() -> FaceAutoencoderConfig {
    FaceAutoencoderConfig::new(FACE)
}

pub(super) fn plain_faces() -> FaceAutoencoderConfig {
    faces().batch_norm(false)
}

pub(super) fn flat_faces() -> MlpAutoencoderConfig {
    MlpAutoencoderConfig::new(FACE)
}

pub(super) fn lenet(network: LeNet) -> LeNetAutoencoderConfig {
    LeNetAutoencoderConfig::new(network)
}

pub(super) fn sheets() -> GrayAutoencoderConfig {
    GrayAutoencoderConfig::new(SHEET)
}

pub(super) fn parts() -> DriftAutoencoderConfig {
    DriftAutoencoderConfig::new(PART)
}

pub(super) fn published_parts() -> DriftAutoencoderConfig {
    parts().decoder(DriftDecoder::Published)
}

pub(super) fn digit_vae() -> VaeConfig {
    VaeConfig::new(DIGIT)
}

pub(super) fn part_vae() -> VaeConfig {
    let layers = VaeLayers::Conv { trunk: 512, decoder: DriftDecoder::Slim };
    VaeConfig::new(PART).layers(layers)
}

pub(super) fn vae_gan() -> VaeGanConfig {
    VaeGanConfig::new(DIGIT)
}
