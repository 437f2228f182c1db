use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::Failure;

/// The programs outside this workspace that a set-up calls.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Python 3 with pip.
    pub python: PathBuf,
    /// The C compiler, which also links.
    pub cc: PathBuf,
    /// The C++ compiler that tch's own C++ part is built with.
    pub cxx: PathBuf,
}

impl Tools {
    /// `python3`, and the compilers that cargo's build scripts would take.
    pub fn from_env() -> Self {
        let variable = |name, default: &str| {
            env::var_os(name)
                .filter(|v| !v.is_empty())
                .map_or_else(|| default.into(), PathBuf::from)
        };
        Self { python: "python3".into(), cc: variable("CC", "cc"), cxx: variable("CXX", "c++") }
    }

    /// Checks everything the set-up needs, so that a gap shows before a long download.
    ///
    /// # Errors
    /// A [`Failure`] naming the missing program and the Debian package that brings it.
    pub fn check(&self) -> Result<(), Failure> {
        for (what, found, package) in [
            ("a C compiler", first_line(Command::new(&self.cc).arg("--version")), "g++"),
            ("a C++ compiler", first_line(Command::new(&self.cxx).arg("--version")), "g++"),
            ("python3", first_line(Command::new(&self.python).arg("--version")), "python3"),
            ("pip of python3", self.pip_version(), "python3-pip"),
        ] {
            if found.is_none() {
                return Err(missing(what, package));
            }
        }
        Ok(())
    }

    pub(crate) fn pip_version(&self) -> Option<String> {
        first_line(Command::new(&self.python).args(["-m", "pip", "--version"]))
    }
}

/// The error for a missing program.
pub(crate) fn missing(what: &str, package: &str) -> Failure {
    Failure::new(format!("{what} is missing"), format!("run `{}`", apt_install(package)))
}

/// How a Debian-like system gets a package.
pub(crate) fn apt_install(package: &str) -> String {
    format!("sudo apt-get install {package}")
}

/// The first line of a program's standard output, if it runs and succeeds.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Tools {
        Tools { python: "true".into(), cc: "true".into(), cxx: "true".into() }
    }

    #[test]
    fn a_missing_program_names_its_package() {
        assert_eq!(tools().check(), Ok(()));
        let no_python = Tools { python: "/nonexistent/python3".into(), ..tools() };
        assert_eq!(no_python.check(), Err(missing("python3", "python3")));
        let no_compiler = Tools { cxx: "/nonexistent/c++".into(), ..tools() };
        let failure = no_compiler.check().unwrap_err();
        assert_eq!(failure.message, "a C++ compiler is missing");
        assert_eq!(failure.help, "run `sudo apt-get install g++`");
    }

    #[test]
    fn a_failing_program_has_no_first_line() {
        assert_eq!(first_line(&mut Command::new("false")), None);
        assert_eq!(first_line(Command::new("echo").arg("a b")), Some("a b".to_owned()));
    }
}
