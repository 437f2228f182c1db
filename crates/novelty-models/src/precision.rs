use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

/// The numbers a network computes with. Its weights are 32-bit floats in any case, and so is what
/// it is given and what comes out.
///
/// | | bits of range, of precision | speed | when |
/// |---|---|---|---|
/// | [`Single`](Self::Single) | 8, 24 | 1 | the default |
/// | [`Bfloat16`](Self::Bfloat16) | 8, 8 | measured in docs/PERFORMANCE.md | many images, and a last digit of the score that does not matter |
///
/// In training, weights are rounded for each step, and the gradient's step is taken on the 32-bit
/// weights (Micikevicius et al., *Mixed Precision Training*, ICLR 2018; Kalamkar et al., *A Study
/// of BFLOAT16 for Deep Learning Training*, 2019). Everything from a network's last weights on,
/// the last activation and the loss, is computed in 32 bits, as are batch normalisation's
/// statistics. It takes effect in networks built of [`Layers`](crate::Layers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    Single,
    /// The upper halves of 32-bit floats.
    Bfloat16,
}

/// A precision that the layers of a model have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedPrecision(Arc<AtomicBool>);

impl SharedPrecision {
    pub(crate) fn set(&self, precision: Precision) {
        self.0.store(precision == Precision::Bfloat16, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Precision {
        if self.0.load(Ordering::Relaxed) { Precision::Bfloat16 } else { Precision::Single }
    }
}
