use novelty_core::InputError;
use thiserror::Error;

/// Why a metric has no value.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// An input is empty, of the wrong length, not finite, or a setting is out of range.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The labels lack a class without which the metric is undefined.
    #[error("all {n} labels are {label}; the metric needs {} ones too", !label)]
    OneClass {
        /// The class that every label has.
        label: bool,
        /// How many labels there are.
        n: u64,
    },
    /// A clustering has too few or too many clusters for the metric to be defined.
    #[error(
        "there are {n_clusters} clusters of {n_samples} samples; there must be at least 2 clusters and fewer than samples"
    )]
    ClusterCount {
        /// How many clusters the labels name.
        n_clusters: usize,
        /// How many samples there are.
        n_samples: usize,
    },
    /// Two histograms have different bins.
    #[error("a histogram of {left} bits does not merge with one of {right} bits")]
    Resolution {
        /// The bits of the one.
        left: u32,
        /// The bits of the other.
        right: u32,
    },
    /// A class has too few samples for the metric's variance.
    #[error("{n} labels are {label}; the metric needs at least {needed}")]
    TooFew {
        /// The class.
        label: bool,
        /// How many samples it has.
        n: u64,
        /// How many it needs.
        needed: u64,
    },
}
