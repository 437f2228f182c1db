//! Neural networks that learn what normal images look like, on libtorch.
//!
//! | model | images | parameters | million multiplications an image | source |
//! |---|---|---:|---:|---|
//! | [`ConvAutoencoder`] | any even size; 1x28x28 | 178,385 | 6.7 | Rosebrock, PyImageSearch 2020 |
//! | [`DenoisingAutoencoder`] | sides divisible by 4; 1x28x28 | 28,353 | 4.5 | Chollet, Keras blog 2016; Domino Data Lab |
//! | [`MlpAutoencoder`] | any; 3x64x64 | 3,176,419 | 3.2 | National Taiwan University, ML 2021, homework 8 |
//! | [`FaceAutoencoder`], without and with BatchNorm | sides of at least 8; 3x64x64 | 47,355; 47,595 | 5.9 | the same |
//! | [`CriticAutoencoder`] | as above; 3x64x64 | 234,052 | 23 | ours, after DRAEM and CutPaste |
//! | [`GrayAutoencoder`] | sides divisible by 32; 1x128x128 | 591,200; published 592,162 | 498 | Dornelles 2022 |
//! | [`LeNetAutoencoder`] for MNIST | 1x28x28 | 8,472 | 0.7 | Ruff et al., ICML 2018 |
//! | the same for Fashion-MNIST | 1x28x28 | 249,888 | 7.0 | Ruff et al., ICLR 2020 |
//! | the same for CIFAR-10, with LeakyReLU or ELU | 3x32x32 | 804,544 | 58 | Ruff et al., ICML 2018 |
//! | [`DriftAutoencoder`], slim decoder | any; 3x150x150 | 1,499,763 | 247 | uncleDecart, *data_drift* 2021; decoder ours |
//! | the same, published decoder, big; small | square, side divisible by 5; 3x150x150 | 32,799,870; 32,173,110 | 2,447; 2,446 | uncleDecart, *data_drift* 2021 |
//! | [`Vae`], fully connected | any; 1x28x28 | 224,464 | 0.2 | Kingma and Welling, ICLR 2014; Ruff et al., ICLR 2020 |
//! | [`Vae`], convolutional, published decoder | as above; 3x150x150 | 45,122,142 | 2,459 | the same; *data_drift* |
//! | [`VaeGan`] | sides divisible by 2 once a filter but one; 1x28x28 | 273,954 | 4.0 | Larsen et al., ICML 2016 |
//! | the same, published | 3x32x32 | 7,121,605 | 118 | uncleDecart, *data_drift* 2021 |
//! | [`StyleVaeGan`] | as above | as above | as above | content and style: ours |
//! | [`DeepSvdd`] | those of its encoder | its encoder's | its encoder's | Ruff et al., ICML 2018, ICLR 2020 |
//!
//! A model is described by a configuration ([`ConvAutoencoderConfig`]), trained by a
//! [`Trainer`], and then [reconstructs](novelty_core::Reconstruct) and
//! [embeds](novelty_core::Embed) images. It is saved as safetensors with a JSON description,
//! and never as a pickle. Your own architecture takes the same road: implement [`NetworkConfig`],
//! and build its network from [`Layers`], from a [pair of `tch` modules](ModulePair), or
//! implement [`Network`].
//!
//! Images are in 0..1 on both sides, whatever range a network works in. Where a source has a
//! trap, its setting is there and the default is mended: the type's documentation says which
//! is which.
//!
//! # Inference
//!
//! Reconstruction and embedding compute with a [prepared](Sequential::prepared) form of the
//! network, made once for the weights at hand: batch normalisation is folded into the weights
//! around it, activations overwrite their input, and images come in parts that the processor's
//! caches hold. Its answers differ from the layers' own by rounding, below 1e-5 on the networks
//! above; checkpoints hold the layers as they were trained.
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
//! Weights, the order of images and noise come from ChaCha8 streams of one seed, one for each
//! epoch and batch, not from libtorch's process-wide generator. So a run can be taken up where
//! it was left, and ends with the same bits ([`Trainer::resume`]). One seed and one number of threads give the same bits; another
//! number of threads sums in another order and differs in the last ones ([`set_threads`]).
//!
//! # Memory
//!
//! A batch's maps are of one size, step after step, and the system clears every page it hands
//! out: a network of small kernels spends up to a quarter of its time on that. On Linux with
//! glibc, the first training or inference therefore lets the process keep up to 1 GiB of freed
//! memory for itself; [`set_kept_memory`] takes another bound, or leaves the allocator alone.
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
mod critic;
mod device;
mod error;
mod history;
mod layers;
mod memory;
mod modules;
mod network;
mod optimizer;
mod parameters;
mod precision;
mod prepared;
mod random;
mod schedule;
mod score_scale;
mod settings;
mod svdd;
mod trainer;
mod vae;
mod vae_gan;

pub use architectures::{
    ConvAutoencoder, ConvAutoencoderConfig, DenoisingAutoencoder, DenoisingAutoencoderConfig,
    DriftAutoencoder, DriftAutoencoderConfig, DriftDecoder, FaceAutoencoder, FaceAutoencoderConfig,
    GrayAutoencoder, GrayAutoencoderConfig, LeNet, LeNetAutoencoder, LeNetAutoencoderConfig,
    MlpAutoencoder, MlpAutoencoderConfig,
};
pub use autoencoder::Autoencoder;
pub use checkpoint::{Model, ModelRegistry, load_any};
pub use critic::{
    CriticAutoencoder, CriticAutoencoderConfig, CriticNetwork, CriticScore, CriticTrainer,
    PseudoAnomaly,
};
pub use device::{Device, set_threads, threads};
pub use error::{CheckpointProblem, ModelError};
pub use history::{History, Measure};
pub use layers::{
    BatchNorm, Convolution, EncoderDecoder, Initialization, Layer, Layers, Sequential,
};
pub use memory::{DEFAULT_KEPT_MEMORY, set_kept_memory};
pub use modules::{ModuleEncoder, ModulePair};
pub use network::{Network, NetworkConfig};
pub use optimizer::{AdadeltaConfig, AdamConfig, Clip, OptimizerConfig, RmsPropConfig, SgdConfig};
pub use parameters::{Init, Parameters};
pub use precision::Precision;
pub use schedule::{ConvergenceConfig, Monitor, PlateauConfig, Schedule};
pub use svdd::{
    DeepSvdd, DeepSvddConfig, Encoder, EncoderConfig, RadiusRule, SvddObjective, TrainedDeepSvdd,
};
pub use trainer::{
    CsvObserver, Keep, Loss, LossTarget, Observers, ProgressObserver, TrainConfig, Trained, Trainer,
};
pub use vae::{Likelihood, Vae, VaeConfig, VaeLayers, VaeNetwork, VaeScore, VaeTrainer};
pub use vae_gan::{
    Prior, StyleVaeGan, StyleVaeGanConfig, StyleVaeGanNetwork, StyleVaeGanTrainer, StyleWeights,
    TrainedVaeGan, VaeGan, VaeGanCollapse, VaeGanConfig, VaeGanLayers, VaeGanNetwork, VaeGanScore,
    VaeGanTrainer, VaeGanWeights,
};
