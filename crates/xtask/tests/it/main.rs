//! The set-up of libtorch, run for real on tiny wheels.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failing fixture fails its test")]

#[cfg(target_os = "linux")]
mod fixture;
#[cfg(target_os = "linux")]
mod install;
#[cfg(target_os = "linux")]
mod interrupt;
