//! Variational autoencoders against discriminators.

mod collapse;
mod config;
#[cfg(test)]
mod golden;
mod network;
mod objective;
mod scores;
mod style;
mod trainer;

pub use collapse::VaeGanCollapse;
pub use config::{Prior, VaeGan, VaeGanConfig, VaeGanLayers};
pub use network::VaeGanNetwork;
pub use scores::VaeGanScore;
pub use style::{
    StyleVaeGan, StyleVaeGanConfig, StyleVaeGanNetwork, StyleVaeGanTrainer, StyleWeights,
};
pub use trainer::{TrainedVaeGan, VaeGanTrainer, VaeGanWeights};
