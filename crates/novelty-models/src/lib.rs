//! Neural networks that learn what normal images look like, on libtorch.
//!
//! | model | learns by | size | source |
//! |---|---|---|---|
//! | [`ConvAutoencoder`] | redrawing images through a short code | 178,385 parameters at 28x28 | Rosebrock, PyImageSearch 2020 |
//!
//! A model is described by a configuration ([`ConvAutoencoderConfig`]), trained by a
//! [`Trainer`], and then [reconstructs](novelty_core::Reconstruct) and
//! [embeds](novelty_core::Embed) images. It is saved as safetensors with a JSON description,
//! and never as a pickle. Your own architecture takes the same road: implement [`NetworkConfig`]
//! and [`Network`].
//!
//! # Example
//!
//! ```
//! use ndarray::Array4;
//! use novelty_core::{Embed, Fit, ImageShape, Reconstruct};
//! use novelty_models::{ConvAutoencoder, ConvAutoencoderConfig, Device, TrainConfig, Trainer};
//!
//! let images = Array4::from_shape_fn((64, 1, 8, 8), |(n, _, y, x)| ((n * y + x) % 5) as f32 / 5.0);
//! let network = ConvAutoencoderConfig::new(ImageShape::new(1, 8, 8)).filters([8]).n_features(4);
//! let config = TrainConfig::new().epochs(2).batch_size(16).seed(7).device(Device::Cpu);
//! let model = Trainer::new(network, config).fit(images.view())?;
//! assert_eq!(model.embed(images.view())?.dim(), (64, 4));
//!
//! let folder = tempfile::tempdir()?;
//! model.save(folder.path())?;
//! let same = ConvAutoencoder::load(folder.path(), Device::Cpu)?;
//! assert_eq!(same.reconstruct(images.view())?, model.reconstruct(images.view())?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Reproducibility
//!
//! Weights and the order of images come from ChaCha8 streams of one seed, not from libtorch's
//! process-wide generator. One seed and one number of threads give the same bits; another
//! number of threads sums in another order and differs in the last ones ([`set_threads`]).
//!
//! # Linking
//!
//! The crate needs libtorch 2.13 at build time and at run time. In this workspace
//! `cargo xtask libtorch` sees to both. Elsewhere, set `LIBTORCH`, and either set
//! `LD_LIBRARY_PATH` or pass an rpath from your own build script: the crate's README has both.
//!
//! # Elsewhere
//!
//! Scores from reconstructions and thresholds are in `novelty-scoring`, datasets in
//! `novelty-data`. This crate needs neither: they meet in the traits of [`novelty_core`].

// A network of the tests is shared with those outside, who know the crate by its name.
#[cfg(test)]
extern crate self as novelty_models;

mod architectures;
mod autoencoder;
mod bridge;
mod checkpoint;
mod device;
mod error;
mod history;
mod layers;
mod network;
mod optimizer;
mod parameters;
mod random;
mod schedule;
mod svdd;
mod trainer;

pub use architectures::{
    ConvAutoencoder, ConvAutoencoderConfig, DenoisingAutoencoder, DenoisingAutoencoderConfig,
    DriftAutoencoder, DriftAutoencoderConfig, DriftDecoder, FaceAutoencoder, FaceAutoencoderConfig,
    GrayAutoencoder, GrayAutoencoderConfig, LeNet, LeNetAutoencoder, LeNetAutoencoderConfig,
    MlpAutoencoder, MlpAutoencoderConfig,
};
pub use autoencoder::Autoencoder;
pub use device::{Device, set_threads, threads};
pub use error::{CheckpointProblem, ModelError};
pub use history::{History, Measure};
pub use layers::{
    BatchNorm, CollapseRisk, Convolution, EncoderDecoder, Initialization, Layer, Layers, Sequential,
};
pub use network::{Network, NetworkConfig};
pub use optimizer::{AdadeltaConfig, AdamConfig, Clip, OptimizerConfig, RmsPropConfig, SgdConfig};
pub use parameters::{Init, Parameters};
pub use schedule::{ConvergenceConfig, Monitor, PlateauConfig, Schedule};
pub use svdd::{
    DeepSvdd, DeepSvddConfig, Encoder, EncoderConfig, RadiusRule, SvddObjective, TrainedDeepSvdd,
};
pub use trainer::{
    CsvObserver, Keep, Loss, LossTarget, Observers, ProgressObserver, TrainConfig, Trained, Trainer,
};
