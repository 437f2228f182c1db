//! A code in two parts: what is seen, and how the camera saw it.

mod config;
#[cfg(test)]
mod golden;
mod model;
mod network;
mod objective;
mod pairs;
mod trainer;

pub use config::{StyleVaeGan, StyleVaeGanConfig};
pub use network::StyleVaeGanNetwork;
pub use trainer::{StyleVaeGanTrainer, StyleWeights};
