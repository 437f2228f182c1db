//! Known classes, what none of them explains, and the new classes found in it.

mod bank;
mod calibration;
mod clustering;
mod config;
mod discovery;
mod error;
mod event;
mod fitted;
mod state;
mod usual;

pub use bank::{ClassModel, Explained, ModelBank, train_class};
pub use clustering::BufferClustering;
pub use config::{CameraFeatures, MonitorConfig, MonitorReference};
pub use error::MonitorError;
pub use event::{Event, EventKind};
pub use fitted::Monitor;
pub use state::{MonitorState, Proposal};
