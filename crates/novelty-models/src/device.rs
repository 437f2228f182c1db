use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// Where a model lives and computes.
///
/// Parses from `auto`, `cpu`, `cuda` and `cuda:N`. CUDA is device selection only: the code path
/// is the one the CPU takes. It was never run on a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Device {
    /// The first CUDA device if there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// CUDA device N, counted from 0.
    Cuda(usize),
}

impl Device {
    /// The libtorch device, after checking that it is there.
    ///
    /// # Errors
    /// [`ModelError::Device`] if a CUDA device is asked for and not there.
    pub(crate) fn resolve(self) -> Result<tch::Device, ModelError> {
        let missing = |reason| ModelError::Device { wanted: self.to_string(), reason };
        match self {
            Self::Auto => Ok(tch::Device::cuda_if_available()),
            Self::Cpu => Ok(tch::Device::Cpu),
            Self::Cuda(_) if !tch::utils::has_cuda() => {
                Err(missing("this libtorch is built without CUDA"))
            }
            Self::Cuda(index) => match usize::try_from(tch::Cuda::device_count()) {
                Ok(count) if index < count => Ok(tch::Device::Cuda(index)),
                _ => Err(missing("there is no such CUDA device")),
            },
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl FromStr for Device {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| ModelError::UnknownDevice(text.to_owned())),
        }
    }
}

/// Sets how many threads libtorch computes with, in this process.
///
/// Results are bit-identical from run to run for one number of threads, and differ in the last
/// bits between numbers. Call it before the first computation: each thread keeps the number it
/// saw first.
///
/// # Errors
/// [`ModelError::Input`] if `n_threads` is 0 or above 1024.
pub fn set_threads(n_threads: usize) -> Result<(), ModelError> {
    match i32::try_from(n_threads) {
        Ok(n @ 1..=1024) => {
            tch::set_num_threads(n);
            Ok(())
        }
        _ => Err(novelty_core::InputError::setting("threads", n_threads, "in 1..=1024").into()),
    }
}

/// How many threads libtorch computes with.
#[must_use]
pub fn threads() -> usize {
    usize::try_from(tch::get_num_threads()).unwrap_or(1)
}
