//! The public behaviour of the crate.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calibration;
mod camera;
mod golden;
mod inputs;
mod monitor;
mod online;
