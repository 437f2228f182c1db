//! An autoencoder beside a critic that learned from made-up anomalies.

mod anomalies;
mod config;
#[cfg(test)]
mod golden;
mod network;
mod objective;
mod scores;
mod trainer;

pub use anomalies::PseudoAnomaly;
pub use config::{CriticAutoencoder, CriticAutoencoderConfig};
pub use network::CriticNetwork;
pub use scores::CriticScore;
pub use trainer::CriticTrainer;
