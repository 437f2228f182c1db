//! The published architectures whose encoders stand alone.

use super::EncoderConfig;
use super::encoder::Encoder;
use crate::layers::part_size;
use crate::{GrayAutoencoderConfig, LeNetAutoencoderConfig, ModelError, Parameters, Sequential};

impl Encoder for Sequential {
    fn encode(&self, images: &tch::Tensor, train: bool) -> Result<tch::Tensor, ModelError> {
        self.forward(images, train)
    }

    fn prepared(&self) -> Result<Option<Self>, ModelError> {
        Sequential::prepared(self).map(Some)
    }

    fn inference_batch(&self) -> usize {
        part_size([self, self])
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
