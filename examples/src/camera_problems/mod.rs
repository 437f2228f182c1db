//! What `camera_problems` measures, and how it shows it.

mod diagnosis;
mod digits;
mod page;
mod sensitivity;

pub use diagnosis::{Diagnosed, Windows, diagnose};
pub use digits::{Digits, PROBLEMS, seen, styles};
pub use page::write_results;
pub use sensitivity::{Sensitivity, Shares, sensitivities};
