//! What the crate promises to those who use it.

mod atomic;
mod bad_input;
mod browser;
mod figures;
mod page;
mod samples;
