use std::error::Error;

use novelty_cluster::ClusterError;
use novelty_core::InputError;
use novelty_metrics::MetricsError;
use thiserror::Error;

use crate::DriftError;

/// Why a monitor cannot be made, or cannot take in what it was given.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// An input or a setting is unusable.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A drift test failed.
    #[error(transparent)]
    Drift(#[from] DriftError),
    /// The buffer could not be clustered.
    #[error("the buffer could not be clustered")]
    Cluster(#[from] ClusterError),
    /// A clustering of the buffer could not be judged.
    #[error("a clustering of the buffer could not be judged")]
    Metrics(#[from] MetricsError),
    /// The model of a class failed to score.
    #[error("the model of class {class:?} failed")]
    Score {
        /// The class.
        class: String,
        /// Its error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The embedder failed.
    #[error("the embedder failed")]
    Embed(#[source] Box<dyn Error + Send + Sync>),
    /// A model could not be trained.
    #[error("no model of class {class:?} could be trained")]
    Train {
        /// The class.
        class: String,
        /// The caller's error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A model gave another number of scores than images, or one that is not finite.
    #[error("the model of class {class:?} does not give one finite score an image")]
    BadScores {
        /// The class.
        class: String,
    },
    /// The threshold of a model is not above 0, so that no ratio to it can be formed.
    #[error("the threshold of class {class:?} is {value}; it must be finite and above 0")]
    BadThreshold {
        /// The class.
        class: String,
        /// The threshold.
        value: f32,
    },
    /// Two models have one name.
    #[error("there is already a class {0:?}")]
    DuplicateClass(String),
    /// A saved monitor had other classes than the bank it is to go on with.
    #[error("the bank has the classes {got:?}; the monitor that was saved had {expected:?}")]
    OtherClasses {
        /// The classes it had.
        expected: Vec<String>,
        /// The classes of the bank.
        got: Vec<String>,
    },
    /// No such proposal is open.
    #[error("there is no open proposal {0}")]
    UnknownProposal(u64),
}
