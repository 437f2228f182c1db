mod apply;
mod blur;
mod config;
mod jpeg;
mod kind;
mod lens;
mod light;
mod noise;

pub use apply::Applied;
pub use config::{Corrupt, Corruption};
pub use kind::{CameraPart, CorruptionKind};
