//! What the crate promises to those who use it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod atomic;
mod bad_input;
mod browser;
mod figures;
mod page;
mod samples;
