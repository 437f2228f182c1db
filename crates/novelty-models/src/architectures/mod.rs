//! The published networks, one file each: a configuration, and its layers as a table.

mod conv;
mod denoising;
mod drift;
mod face;
#[cfg(test)]
pub(crate) mod golden;
mod gray;
mod lenet;
mod mlp;

pub use conv::{ConvAutoencoder, ConvAutoencoderConfig};
pub use denoising::{DenoisingAutoencoder, DenoisingAutoencoderConfig};
pub use drift::{DriftAutoencoder, DriftAutoencoderConfig, DriftDecoder};
pub use face::{FaceAutoencoder, FaceAutoencoderConfig};
pub use gray::{GrayAutoencoder, GrayAutoencoderConfig};
pub use lenet::{LeNet, LeNetAutoencoder, LeNetAutoencoderConfig};
pub use mlp::{MlpAutoencoder, MlpAutoencoderConfig};

pub(crate) use drift::{
    check_published, encoder as drift_encoder, published_decoder as drift_published_decoder,
    slim_decoder as drift_slim_decoder,
};
pub(crate) use face::strided;
