//! What `encoder_capacity` measures, and how it shows it.

mod knee;
mod metrics;
mod page;
mod separation;
mod task;

pub use knee::knee;
pub use metrics::{Held, Knee, MeanSeparation, Metrics, Point};
pub use page::write_report;
pub use separation::Separation;
pub use task::{Cell, Grid, Task};

/// A class counts as held apart from the others while at least this share of all images lies
/// nearest to an image of its own class.
pub const HELD_APART: f64 = 0.95;
