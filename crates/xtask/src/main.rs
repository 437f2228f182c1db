//! `cargo xtask`: see `cargo xtask --help`.

#![expect(clippy::print_stderr, reason = "a command line speaks by printing")]

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match xtask::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", xtask::render_error(&error));
            ExitCode::FAILURE
        }
    }
}
