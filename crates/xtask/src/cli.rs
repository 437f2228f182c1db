use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::{Workspace, ci, compare, data, demo, doctor, libtorch, test};

/// Set-up, demo, tests and checks of the novelty workspace.
///
/// On a fresh clone, `cargo xtask demo` shows what the project does and `cargo xtask test`
/// runs its tests. Both need cargo, a C++ compiler and python3 with pip; `cargo xtask doctor`
/// says what is missing.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Libtorch(libtorch::LibtorchArgs),
    Doctor(NoArgs),
    Demo(demo::DemoArgs),
    Test(test::TestArgs),
    Ci(ci::CiArgs),
    Compare(compare::CompareArgs),
    Data(data::DataArgs),
}

/// Say what this machine has, what is missing, and the command that mends it.
///
/// Looks at libtorch (which, its version against the one the tch crate wants, CUDA), cores and
/// thread settings, compilers, Python and pip, git, and disk space. Changes nothing. The exit
/// code is not zero when something needed is missing.
#[derive(Debug, Args)]
struct NoArgs {}

impl Cli {
    /// Runs the chosen subcommand.
    ///
    /// # Errors
    /// Whatever stopped it; show it with [`render_error`](crate::render_error).
    pub fn run(self) -> Result<()> {
        let workspace = Workspace::locate()?;
        match self.command {
            Command::Libtorch(args) => args.run(&workspace),
            Command::Doctor(_) => doctor::run(&workspace),
            Command::Demo(args) => args.run(&workspace),
            Command::Test(args) => args.run(&workspace),
            Command::Ci(args) => args.run(&workspace),
            Command::Compare(args) => args.run(&workspace),
            Command::Data(args) => args.run(&workspace),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
