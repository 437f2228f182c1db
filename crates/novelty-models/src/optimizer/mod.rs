mod adadelta;
mod adam;
mod clip;
mod fused;
#[cfg(test)]
mod golden;
mod rms_prop;
mod sgd;
mod state;

use novelty_core::InputError;
use serde::{Deserialize, Serialize};

pub use adadelta::AdadeltaConfig;
pub use adam::AdamConfig;
pub use clip::Clip;
pub use rms_prop::RmsPropConfig;
pub use sgd::SgdConfig;
pub(crate) use state::Optimizer;

/// Which optimiser takes the steps, with its settings.
///
/// | optimiser | when |
/// |---|---|
/// | [`AdamConfig`] | first choice; with `decoupled` it is AdamW |
/// | [`SgdConfig`] | plain, with momentum, or Nesterov's; needs its rate tuned |
/// | [`AdadeltaConfig`] | no rate to tune (leave it at 1) |
/// | [`RmsPropConfig`] | as Adam, without the mean of gradients |
///
/// Each follows PyTorch's definition: one step equals `torch.optim`'s to 1e-5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OptimizerConfig {
    /// Adam, AMSGrad and AdamW.
    Adam(AdamConfig),
    /// Stochastic gradient descent.
    Sgd(SgdConfig),
    /// Adadelta.
    Adadelta(AdadeltaConfig),
    /// RMSprop.
    RmsProp(RmsPropConfig),
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self::Adam(AdamConfig::default())
    }
}

impl From<AdamConfig> for OptimizerConfig {
    fn from(config: AdamConfig) -> Self {
        Self::Adam(config)
    }
}

impl From<SgdConfig> for OptimizerConfig {
    fn from(config: SgdConfig) -> Self {
        Self::Sgd(config)
    }
}

impl From<AdadeltaConfig> for OptimizerConfig {
    fn from(config: AdadeltaConfig) -> Self {
        Self::Adadelta(config)
    }
}

impl From<RmsPropConfig> for OptimizerConfig {
    fn from(config: RmsPropConfig) -> Self {
        Self::RmsProp(config)
    }
}

impl OptimizerConfig {
    pub(crate) fn validate(self) -> Result<(), InputError> {
        match self {
            Self::Adam(config) => config.validate(),
            Self::Sgd(config) => config.validate(),
            Self::Adadelta(config) => config.validate(),
            Self::RmsProp(config) => config.validate(),
        }
    }

    /// The running values kept for each weight, by PyTorch's names.
    fn state_names(self) -> &'static [&'static str] {
        match self {
            Self::Adam(config) => config.state_names(),
            Self::Sgd(config) => config.state_names(),
            Self::Adadelta(_) => AdadeltaConfig::STATE_NAMES,
            Self::RmsProp(config) => config.state_names(),
        }
    }
}
