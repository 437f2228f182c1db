//! The commands of `cargo xtask`: what a newcomer runs first, and what CI runs.
//!
//! One module a subcommand. The crate stands apart from the rest of the workspace: it depends
//! on none of its crates, so that the first command on a fresh clone builds in seconds.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks by printing")]

mod ci;
mod cli;
mod compare;
mod data;
mod demo;
mod doctor;
mod failure;
pub mod libtorch;
mod machine;
mod metadata;
mod test;
mod tools;
mod whole_folder;
mod workspace;

pub use cli::Cli;
pub use failure::{Failure, render_error};
pub use tools::Tools;
pub use workspace::Workspace;
