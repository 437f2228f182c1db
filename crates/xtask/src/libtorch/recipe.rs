use std::path::{Path, PathBuf};

/// The libtorch that the tch crate of this workspace wants.
pub const TORCH_VERSION: &str = "2.13.0";

/// What to take out of a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Take {
    /// Everything below a folder of the wheel, into a folder of libtorch.
    Tree {
        /// The wheel's folder, with a closing `/`.
        from: String,
        /// The folder of libtorch.
        to: String,
    },
    /// One file, which must be there, into the flat `lib/`.
    Library(String),
}

impl Take {
    /// Where in libtorch an entry of the wheel goes, if this takes it.
    pub(crate) fn target(&self, entry: &str) -> Option<PathBuf> {
        match self {
            Self::Tree { from, to } => {
                let below = entry.strip_prefix(from.as_str())?;
                (!below.is_empty()).then(|| Path::new(to).join(below))
            }
            Self::Library(name) => (entry == name)
                .then(|| Path::new("lib").join(Path::new(name).file_name()?).into())?,
        }
    }
}

/// One wheel: what pip is asked for, and the only bytes that are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wheel {
    /// The distribution's name.
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// The SHA-256 of the wheel file, in hexadecimal.
    pub sha256: String,
    /// The files wanted from it.
    pub take: Vec<Take>,
}

impl Wheel {
    /// The wheel's name in the download folder.
    pub fn file_name(&self) -> String {
        format!("{}-{}.whl", self.name, self.version)
    }
}

/// Everything that makes one libtorch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The content of `build-version`.
    pub version: String,
    /// The wheels, in download order.
    pub wheels: Vec<Wheel>,
    /// The disk space the whole set-up takes while it runs.
    pub disk_bytes: u64,
}

impl Recipe {
    /// The CPU libtorch for Linux on x86-64.
    pub fn pinned() -> Self {
        let library = |path: &str| Take::Library(path.to_owned());
        let wheel = |name: &str, version: &str, sha256: &str, take| Wheel {
            name: name.to_owned(),
            version: version.to_owned(),
            sha256: sha256.to_owned(),
            take,
        };
        let include = Take::Tree { from: "torch/include/".to_owned(), to: "include".to_owned() };
        Self {
            version: format!("{TORCH_VERSION}+cpu"),
            wheels: vec![
                wheel(
                    "nvidia-cuda-runtime",
                    "13.0.96",
                    "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
                    vec![library("nvidia/cu13/lib/libcudart.so.13")],
                ),
                wheel(
                    "nvidia-cuda-cupti",
                    "13.0.85",
                    "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
                    vec![library("nvidia/cu13/lib/libcupti.so.13")],
                ),
                wheel(
                    "torch",
                    TORCH_VERSION,
                    "796633c4cdf0fe2cdced72d8f88f22e73dbcfce83132763162f6d4bff13b820b",
                    vec![
                        include,
                        library("torch/lib/libtorch_cpu.so"),
                        library("torch/lib/libc10.so"),
                        library("torch/lib/libgomp.so.1"),
                    ],
                ),
            ],
            // The torch wheel twice while pip copies it, or once beside the unpacked files.
            disk_bytes: 1_200_000_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_go_where_the_compiler_and_the_loader_look() {
        let recipe = Recipe::pinned();
        let target = |entry: &str| {
            recipe.wheels.iter().flat_map(|w| &w.take).find_map(|take| take.target(entry))
        };
        assert_eq!(target("torch/include/c10/util/Half.h"), Some("include/c10/util/Half.h".into()));
        assert_eq!(target("torch/lib/libc10.so"), Some("lib/libc10.so".into()));
        assert_eq!(target("nvidia/cu13/lib/libcupti.so.13"), Some("lib/libcupti.so.13".into()));
        assert_eq!(target("torch/lib/libtorch.so"), None);
        assert_eq!(target("torch/lib/libtorch_cuda.so"), None);
        assert_eq!(target("torch/include/"), None);
    }

    #[test]
    fn every_pin_is_a_sha256() {
        for wheel in Recipe::pinned().wheels {
            assert_eq!(wheel.sha256.len(), 64, "{}", wheel.name);
            assert!(wheel.sha256.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
        }
    }
}
