//! What `camera_problems` measures, and how it shows it.

mod diagnosis;
mod digits;
mod metrics;
mod page;
mod sensitivity;

pub use diagnosis::{Diagnosed, Windows, diagnose};
pub use digits::{Digits, PROBLEMS, seen, styles};
pub use metrics::{Metrics, Named};
pub use page::write_report;
pub use sensitivity::{Sensitivity, Shares, sensitivities};
