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
    /// The eigenvalues did not converge.
    #[error("the eigenvalues of the {size}x{size} Gram matrix did not converge")]
    NoConvergence {
        /// Its size.
        size: usize,
    },
}
