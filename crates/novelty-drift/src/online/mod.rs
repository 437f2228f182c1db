//! Detectors fed one sample at a time, with bounded memory.

mod adwin;
mod detector;
mod mmd;
mod panels;
mod run_length;
mod statistic;

pub use detector::{OnlineDrift, OnlineDriftConfig, OnlineTest, Side};
pub use mmd::{OnlineMmd, OnlineMmdConfig};

/// What an online detector says after a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnlineReport {
    /// Samples seen since the start or the last alarm, this one included.
    pub n_seen: u64,
    /// The statistic; 0 while there are too few samples for one.
    pub statistic: f64,
    /// The limit it is held against.
    pub threshold: f64,
    /// Whether the statistic is above the limit. The detector has then started afresh.
    pub is_drift: bool,
}

fn check_run_time(expected_run_time: usize) -> Result<(), novelty_core::InputError> {
    if (10..=1_000_000).contains(&expected_run_time) {
        return Ok(());
    }
    let range = "in 10..=1000000";
    Err(novelty_core::InputError::setting("expected_run_time", expected_run_time, range))
}
