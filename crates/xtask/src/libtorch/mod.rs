//! A CPU libtorch in `.libtorch/`, assembled from the wheels that Python's package index holds.
//!
//! libtorch's own archive lies on a server that many networks do not reach; the package index
//! is reachable wherever pip is. Its Linux wheel of torch is a CUDA build of several gigabytes
//! with all it depends on, but the CPU library in it needs two small NVIDIA libraries and
//! nothing else. So three pinned wheels, some of their files, and a stub in place of the
//! `libtorch.so` that would pull in CUDA make a complete CPU libtorch.

mod assemble;
mod download;
mod ensure;
mod inspect;
mod install;
mod manifest;
mod pip;
mod platform;
mod provenance;
mod recipe;

pub use ensure::{Libtorch, LibtorchArgs, ensure};
pub(crate) use inspect::{Inspection, has_libraries, inspect, is_wanted, version_of};
pub use install::install;
pub use manifest::{MANIFEST, Manifest};
pub use platform::{GlibcVersion, Platform};
pub(crate) use platform::{glibc_version, wheel_route};
pub use provenance::{Provenance, Variables};
pub use recipe::{Recipe, TORCH_VERSION, Take, Wheel};
