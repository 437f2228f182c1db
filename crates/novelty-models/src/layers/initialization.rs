use serde::{Deserialize, Serialize};

use crate::Init;

/// How the weights of a convolution or a fully connected layer start out.
///
/// `fan_in` is the number of inputs an output sums over, `fan_out` the number of outputs an
/// input reaches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Initialization {
    /// What `torch.nn` does by itself: weights and biases uniform in `±1 / sqrt(fan_in)`. For a
    /// transposed convolution PyTorch takes the outputs for the inputs, and so does this.
    ///
    /// He et al., *Delving Deep into Rectifiers*, ICCV 2015, with slope sqrt(5).
    PyTorch,
    /// Weights uniform in `±gain * sqrt(6 / (fan_in + fan_out))`, biases 0. Keras's default with
    /// gain 1.
    ///
    /// Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural
    /// networks*, AISTATS 2010.
    GlorotUniform {
        /// A factor for the activation that follows: `sqrt(2 / (1 + slope^2))` for LeakyReLU.
        gain: f64,
    },
    /// Weights normal with standard deviation `sqrt(2 / (fan_in + fan_out))`, biases 0.
    GlorotNormal,
    /// Weights normal with this standard deviation, biases 0.
    Normal {
        /// The standard deviation.
        std: f64,
    },
}

impl Initialization {
    /// Glorot-uniform with the gain of a LeakyReLU of slope 0.01.
    pub(crate) fn glorot_for_leaky_relu() -> Self {
        Self::GlorotUniform { gain: (2.0 / (1.0 + 0.01_f64.powi(2))).sqrt() }
    }

    /// The start of the weights and of the biases. `fans` is (in, out), `default_fan` the one
    /// that PyTorch's own rule reads.
    pub(super) fn inits(self, fans: (usize, usize), default_fan: usize) -> (Init, Init) {
        let (fan_in, fan_out) = fans;
        let both = (fan_in + fan_out) as f64;
        let zero = Init::Constant(0.0);
        match self {
            Self::PyTorch => {
                let limit = Init::Uniform { limit: 1.0 / (default_fan as f64).sqrt() };
                (limit, limit)
            }
            Self::GlorotUniform { gain } => {
                (Init::Uniform { limit: gain * (6.0 / both).sqrt() }, zero)
            }
            Self::GlorotNormal => (Init::Normal { std: (2.0 / both).sqrt() }, zero),
            Self::Normal { std } => (Init::Normal { std }, zero),
        }
    }
}
