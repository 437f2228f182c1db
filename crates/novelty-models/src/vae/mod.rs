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
pub use scores::VaeScore;
pub use trainer::VaeTrainer;
