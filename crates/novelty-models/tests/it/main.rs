//! The public behaviour of `novelty-models`.

mod checkpoint;
mod conv_autoencoder;
mod device;
mod golden;
mod pictures;
mod training;
