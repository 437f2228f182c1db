//! The published architectures whose encoders stand alone.

use super::EncoderConfig;
use super::encoder::Encoder;
use crate::{GrayAutoencoderConfig, LeNetAutoencoderConfig, ModelError, Parameters, Sequential};

impl Encoder for Sequential {
    fn encode(&self, images: &tch::Tensor, train: bool) -> Result<tch::Tensor, ModelError> {
        self.forward(images, train)
    }
}

impl EncoderConfig for LeNetAutoencoderConfig {
    type Encoder = Sequential;

    fn build_encoder(&self, parameters: &mut Parameters) -> Result<Sequential, ModelError> {
        self.encoder().build(parameters, "encoder")
    }
}

impl EncoderConfig for GrayAutoencoderConfig {
    type Encoder = Sequential;

    fn build_encoder(&self, parameters: &mut Parameters) -> Result<Sequential, ModelError> {
        self.encoder().build(parameters, "encoder")
    }
}
