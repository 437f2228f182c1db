//! Variational autoencoders: the network, its objective, its training, its scores.

mod config;
#[cfg(test)]
mod golden;
mod network;
mod objective;
mod scores;
mod trainer;

pub use config::{Likelihood, Vae, VaeConfig, VaeLayers};
pub use network::VaeNetwork;
pub(crate) use network::{Distribution, Parts, negative_log_likelihood};
pub use scores::VaeScore;
pub use trainer::VaeTrainer;
