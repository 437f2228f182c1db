use novelty_core::InputError;
use thiserror::Error;

/// What can go wrong when looking for structure.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// An input or a setting is unusable.
    #[error(transparent)]
    Input(#[from] InputError),
    /// More components are asked for than the data can have.
    #[error(
        "n_components is {n_components}; {n_samples} samples of {n_features} features have at \
         most {limit}"
    )]
    TooManyComponents {
        /// Components asked for.
        n_components: usize,
        /// Samples.
        n_samples: usize,
        /// Features.
        n_features: usize,
        /// The smaller of the two.
        limit: usize,
    },
    /// More clusters are asked for than there are samples.
    #[error("n_clusters is {n_clusters}, of {n_samples} samples")]
    TooManyClusters {
        /// Clusters asked for.
        n_clusters: usize,
        /// Samples.
        n_samples: usize,
    },
    /// Responsibilities are negative or do not sum to 1.
    #[error("the responsibilities of sample {sample} sum to {sum}, or one is negative")]
    NotProbabilities {
        /// The sample.
        sample: usize,
        /// Their sum.
        sum: f64,
    },
    /// A covariance has no inverse: raise `reg_covar`.
    #[error("the covariance of component {component} is singular; a larger reg_covar helps")]
    Singular {
        /// The component.
        component: usize,
    },
    /// A saved model's parts do not fit together.
    #[error("the saved {model} is not whole: {part} is unusable")]
    Saved {
        /// What was saved.
        model: &'static str,
        /// What does not fit.
        part: &'static str,
    },
    /// Code of another crate panicked.
    #[cfg(feature = "linfa")]
    #[error("code of another crate panicked: {message}")]
    PeerPanicked {
        /// What it said, if anything.
        message: String,
    },
    /// The eigenvalues did not converge.
    #[error("the eigenvalues of the {size}x{size} Gram matrix did not converge")]
    NoConvergence {
        /// Its size.
        size: usize,
    },
}
