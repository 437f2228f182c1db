use std::fmt;
use std::process::Command;

use super::TORCH_VERSION;
use crate::Failure;
use crate::tools::first_line;

/// What decides whether the wheels run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The operating system, as `std::env::consts::OS`.
    pub os: String,
    /// The processor, as `std::env::consts::ARCH`.
    pub arch: String,
    /// Whether this program was built for glibc.
    pub gnu: bool,
    /// The glibc found, if it says its version.
    pub glibc: Option<GlibcVersion>,
}

/// A glibc release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GlibcVersion(pub u32, pub u32);

impl fmt::Display for GlibcVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The oldest glibc the torch wheel is built for (`manylinux_2_28`).
const OLDEST_GLIBC: GlibcVersion = GlibcVersion(2, 28);

impl Platform {
    /// This machine.
    pub fn here() -> Self {
        Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            gnu: cfg!(target_env = "gnu"),
            glibc: glibc_version(),
        }
    }
}

/// Whether libtorch can be assembled from wheels here.
///
/// # Errors
/// A [`Failure`] saying what this platform is, and what to do instead.
pub(crate) fn wheel_route(platform: &Platform) -> Result<(), Failure> {
    let Platform { os, arch, gnu, glibc } = platform;
    if os != "linux" || arch != "x86_64" || !gnu {
        let libc = if os == "linux" && !gnu { " without glibc" } else { "" };
        return Err(elsewhere(format!(
            "libtorch is set up automatically on Linux x86_64 with glibc only, and this is {os} {arch}{libc}"
        )));
    }
    match glibc {
        Some(found) if *found < OLDEST_GLIBC => Err(elsewhere(format!(
            "this system has glibc {found}, and torch {TORCH_VERSION} needs {OLDEST_GLIBC} or newer"
        ))),
        _ => Ok(()),
    }
}

fn elsewhere(message: String) -> Failure {
    Failure::new(
        message,
        format!(
            "get libtorch {TORCH_VERSION} for your platform from https://pytorch.org and set LIBTORCH to its folder, \
             or run `python3 -m pip install torch=={TORCH_VERSION}` and set LIBTORCH_USE_PYTORCH=1"
        ),
    )
}

/// The glibc of this system, where there is one.
pub(crate) fn glibc_version() -> Option<GlibcVersion> {
    parse_glibc(&first_line(Command::new("getconf").arg("GNU_LIBC_VERSION"))?)
}

fn parse_glibc(line: &str) -> Option<GlibcVersion> {
    let mut numbers = line.strip_prefix("glibc ")?.split('.');
    Some(GlibcVersion(numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(os: &str, arch: &str, gnu: bool, glibc: Option<GlibcVersion>) -> Platform {
        Platform { os: os.to_owned(), arch: arch.to_owned(), gnu, glibc }
    }

    #[test]
    fn the_wheels_run_on_linux_x86_64_with_a_recent_glibc() {
        for glibc in
            [None, Some(GlibcVersion(2, 28)), Some(GlibcVersion(2, 36)), Some(GlibcVersion(3, 0))]
        {
            assert_eq!(wheel_route(&platform("linux", "x86_64", true, glibc)), Ok(()));
        }
    }

    #[test]
    fn elsewhere_the_way_is_shown() {
        let cases = [
            (platform("macos", "aarch64", false, None), "this is macos aarch64"),
            (platform("linux", "x86_64", false, None), "this is linux x86_64 without glibc"),
            (platform("linux", "aarch64", true, None), "this is linux aarch64"),
            (platform("windows", "x86_64", false, None), "this is windows x86_64"),
            (platform("linux", "x86_64", true, Some(GlibcVersion(2, 17))), "has glibc 2.17"),
        ];
        for (platform, part) in cases {
            let failure = wheel_route(&platform).unwrap_err();
            assert!(failure.message.contains(part), "{failure}");
            assert!(failure.help.contains("set LIBTORCH to"), "{}", failure.help);
            assert!(failure.help.contains("LIBTORCH_USE_PYTORCH=1"), "{}", failure.help);
        }
    }

    #[test]
    fn glibc_says_its_version() {
        assert_eq!(parse_glibc("glibc 2.36"), Some(GlibcVersion(2, 36)));
        assert_eq!(parse_glibc("glibc 2.31.1"), Some(GlibcVersion(2, 31)));
        assert_eq!(parse_glibc("musl 1.2"), None);
        assert!(GlibcVersion(2, 4) < OLDEST_GLIBC);
    }
}
