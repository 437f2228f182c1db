//! The public behaviour of `novelty-models`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod any;
mod any_call;
mod architectures;
mod checkpoint;
mod conv_autoencoder;
mod critic;
mod device;
mod golden;
mod modules;
mod own_network;
mod pictures;
mod precision;
mod pytorch;
mod resume;
mod svdd;
mod training;
mod vae;
mod vae_gan;
