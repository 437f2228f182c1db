//! The public behaviour of the crate.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calibration;
mod camera;
mod degenerate;
#[path = "../../examples/digits/mod.rs"]
mod digits;
mod golden;
mod inputs;
mod monitor;
mod online;
#[path = "../../examples/streams/mod.rs"]
mod streams;
