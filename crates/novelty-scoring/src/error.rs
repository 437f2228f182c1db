use std::convert::Infallible;
use std::error::Error;

use novelty_cluster::ClusterError;
use novelty_core::InputError;
use novelty_metrics::MetricsError;
use thiserror::Error;

/// Why something could not be fitted or scored. `E` is the error of the model that a scorer
/// holds; scorers without a model have none.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScoringError<E: Error + 'static = Infallible> {
    /// An input or a setting is unusable.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The model failed.
    #[error("the model failed")]
    Model(#[source] E),
    /// The scorer behind a model failed.
    #[error("the scorer of the embeddings failed")]
    Scorer(#[source] Box<dyn Error + Send + Sync>),
    /// A value is outside the range that the error is defined on.
    #[error("{place} holds {value} at position {index}; it must be {range}")]
    OutOfRange {
        /// Which input.
        place: &'static str,
        /// The position of the first such value, in row-major order.
        index: usize,
        /// The value.
        value: f32,
        /// The range.
        range: &'static str,
    },
    /// There are fewer samples than the settings need.
    #[error("there are {n_samples} {place}; at least {needed} are needed")]
    TooFewSamples {
        /// Which input.
        place: &'static str,
        /// How many there are.
        n_samples: usize,
        /// How many are needed.
        needed: usize,
    },
    /// The images are smaller than what looks at them.
    #[error("the images are {height}x{width}; {what} needs at least {needed} rows and columns")]
    ImageTooSmall {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// What looks at them.
        what: &'static str,
        /// The smallest side.
        needed: usize,
    },
    /// All reference values are the same: there is no scale to measure by.
    #[error("{place} do not vary: there is no scale to measure by")]
    NoSpread {
        /// Which values.
        place: &'static str,
    },
    /// The rule needs labels.
    #[error("the rule {rule} needs labels")]
    NoLabels {
        /// The rule.
        rule: &'static str,
    },
    /// The principal components of patches could not be found.
    #[error(transparent)]
    Components(#[from] ClusterError),
    /// A metric that a rule optimises has no value.
    #[error(transparent)]
    Metric(#[from] MetricsError),
    /// A matrix could not be decomposed.
    #[error("the eigenvalues of a {size}x{size} matrix did not converge")]
    NoConvergence {
        /// Its size.
        size: usize,
    },
    /// A support vector machine has no finite solution.
    #[error("the support vector machine of {n_samples} samples has no finite solution")]
    Unsolved {
        /// Its samples.
        n_samples: usize,
    },
    /// Summaries that keep different things cannot become one.
    #[error("summaries of different {what} cannot be merged")]
    Unlike {
        /// What differs.
        what: &'static str,
    },
    /// A summary has no room for more samples.
    #[error("a summary holds at most {limit} samples")]
    TooManySamples {
        /// The most it holds.
        limit: u64,
    },
    /// A saved scorer's or summary's parts do not fit together.
    #[error("the saved {model} is not whole: {part} is unusable")]
    Saved {
        /// What was saved.
        model: &'static str,
        /// What does not fit.
        part: &'static str,
    },
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl ScoringError {
    /// The same error for a scorer that holds a model.
    pub(crate) fn with_model<E: Error + 'static>(self) -> ScoringError<E> {
        match self {
            Self::Input(error) => ScoringError::Input(error),
            Self::Model(never) => match never {},
            Self::Scorer(error) => ScoringError::Scorer(error),
            Self::OutOfRange { place, index, value, range } => {
                ScoringError::OutOfRange { place, index, value, range }
            }
            Self::TooFewSamples { place, n_samples, needed } => {
                ScoringError::TooFewSamples { place, n_samples, needed }
            }
            Self::ImageTooSmall { height, width, what, needed } => {
                ScoringError::ImageTooSmall { height, width, what, needed }
            }
            Self::NoSpread { place } => ScoringError::NoSpread { place },
            Self::NoLabels { rule } => ScoringError::NoLabels { rule },
            Self::Components(error) => ScoringError::Components(error),
            Self::Metric(error) => ScoringError::Metric(error),
            Self::NoConvergence { size } => ScoringError::NoConvergence { size },
            Self::Unsolved { n_samples } => ScoringError::Unsolved { n_samples },
            Self::Unlike { what } => ScoringError::Unlike { what },
            Self::TooManySamples { limit } => ScoringError::TooManySamples { limit },
            Self::Saved { model, part } => ScoringError::Saved { model, part },
            Self::Write { path, source } => ScoringError::Write { path, source },
        }
    }
}
