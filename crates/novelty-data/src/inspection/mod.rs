mod chip;
mod config;
mod defect;
mod fabric;
mod render;
mod washer;
mod write;

pub use config::{InspectionCategory, InspectionConfig};
pub use defect::InspectionDefect;
