//! From images or features to one anomaly score a sample, and from scores to a decision.
//!
//! # Scorers of images
//!
//! | algorithm | cost of an image of `p` values | source |
//! |---|---|---|
//! | [`ReconstructionError`] by [`PixelError`] | one reconstruction, then `p` | Japkowicz, Myers and Gluck 1995 |
//! | … structural similarity, one or several scales | 88 `p` a scale | Wang et al. 2004; Wang, Simoncelli and Bovik 2003 |
//! | … gradient magnitude similarity | `p` | Xue et al. 2014 |
//! | [`EmbeddingScore`] | one embedding, then a scorer of features | |
//! | … of [`OrientationHistograms`] | 8 `p` times the spread | Dalal and Triggs 2005 |
//! | [`PatchMemory`] | places x kept patches x 9 x components | after Roth et al. 2022 and Defard et al. 2021 |
//!
//! # Scorers of features
//!
//! With `n` reference samples of `d` features; the cost is that of scoring one sample.
//!
//! | algorithm | cost | source |
//! |---|---|---|
//! | [`KNearestNeighbors`] | `n d` | Ramaswamy, Rastogi and Shim 2000; Angiulli and Pizzuti 2002 |
//! | [`Mahalanobis`] | `d min(n, d)` | Mahalanobis 1936; Ledoit and Wolf 2004 |
//! | [`Hypersphere`] | `d` | Ruff et al. 2018 |
//! | [`KernelDensity`] | `n d` | Parzen 1962 |
//! | [`LocalOutlierFactor`] | `n d` | Breunig et al. 2000 |
//! | [`IsolationForest`] | trees x depth | Liu, Ting and Zhou 2008 |
//! | `OneClassSvm` (feature `svm`) | support vectors x `d` | Schölkopf et al. 2001 |
//! | [`Ensemble`] | that of its members | |
//!
//! # From scores to decisions
//!
//! | rule | cost | source |
//! |---|---|---|
//! | [`QuantileThreshold`], [`ContaminationThreshold`] | `n` | Hyndman and Fan 1996, type 7 |
//! | [`StandardDeviationThreshold`], [`MedianDeviationThreshold`] | `n` | Hampel 1974 |
//! | [`PeaksOverThreshold`] | `n` | Siffer et al. 2017 |
//! | [`ConformalThreshold`], [`ConformalPValues`] | `n`, `n log n` | Vovk, Gammerman and Shafer 2005; Bates et al. 2023 |
//! | [`MaxF1Threshold`], [`MaxFprThreshold`] (labels) | `n` | |
//! | [`Normalisation`], [`Combination`], [`mean_rank`] | `n`, `n log n` | |
//! | [`tile_scores`], [`TileAttention`] | the map | |
//! | [`ScoreSummary`], [`EmbeddingMoments`] (merge across machines) | `n`, `n d^2` | after Demmel and Nguyen 2015 |
//!
//! Of a threshold's own reference scores, [`judge`](novelty_core::Threshold::judge) makes an
//! error; [`flagged`](novelty_core::Threshold::flagged) is the explicit way.
//!
//! With the feature `serde`, fitted scorers and scales are saved and restored: a restored one
//! scores to the same bits, and what does not fit together is an error. An [`Ensemble`] has
//! forgotten the types of its members; save those and their normalisers.
//!
//! Every scorer gives the same bits on any number of threads. What cannot be scored (constant
//! references, too few samples, NaN) is a [`ScoringError`].
//!
//! # Example
//!
//! A model that redraws everything as gray finds the image that is least gray:
//!
//! ```
//! use ndarray::Array4;
//! use novelty_core::{Images, InputError, Reconstruct, Score, SelectThreshold};
//! use novelty_scoring::{QuantileThreshold, ReconstructionError};
//!
//! struct Gray;
//!
//! impl Reconstruct for Gray {
//!     type Error = InputError;
//!
//!     fn reconstruct(&self, x: Images<'_>) -> Result<Array4<f32>, InputError> {
//!         Ok(Array4::from_elem(x.dim(), 0.5))
//!     }
//! }
//!
//! let images = Array4::from_shape_fn((5, 1, 2, 2), |(n, ..)| 0.5 + n as f32 * 0.125);
//! let scores = ReconstructionError::mse(Gray).score(images.view())?;
//! assert_eq!(scores[2], 0.0625);
//!
//! let threshold = QuantileThreshold::new(0.75).select(&scores.to_vec(), None)?;
//! assert_eq!(threshold.judge(&[0.01, 0.3])?, [1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Elsewhere
//!
//! Models that reconstruct are in `novelty-models`; how good scores are, in `novelty-metrics`.

mod embedding_score;
mod ensemble;
mod error;
mod features;
mod hypersphere;
mod isolation_forest;
mod kernel_density;
mod local_outlier_factor;
mod mahalanobis;
mod neighbors;
mod normalise;
#[cfg(feature = "svm")]
mod one_class_svm;
mod orientation_histograms;
mod patch_memory;
mod reconstruction;
#[cfg(feature = "serde")]
mod saved;
mod submission;
mod summary;
mod threshold;
mod tiles;

pub use embedding_score::EmbeddingScore;
pub use ensemble::{Combination, Ensemble, mean_rank};
pub use error::ScoringError;
pub use hypersphere::{Boundary, Hypersphere, HypersphereConfig};
pub use isolation_forest::{IsolationForest, IsolationForestConfig};
pub use kernel_density::{Bandwidth, KernelDensity, KernelDensityConfig};
pub use local_outlier_factor::{LocalOutlierFactor, LocalOutlierFactorConfig};
pub use mahalanobis::{Mahalanobis, MahalanobisConfig, Shrinkage};
pub use neighbors::{Distance, KNearestNeighbors, KNearestNeighborsConfig, NeighborAggregation};
pub use normalise::{Normalisation, Normalised, ScoreNormaliser};
#[cfg(feature = "svm")]
pub use one_class_svm::{KernelScale, OneClassSvm, OneClassSvmConfig};
pub use orientation_histograms::OrientationHistograms;
pub use patch_memory::{PatchMemory, PatchMemoryConfig};
pub use reconstruction::{
    PixelError, Pooling, ReconstructionError, mean_absolute_error, mean_squared_error,
};
pub use submission::write_submission;
pub use summary::{EmbeddingMoments, ScoreSummary, SummaryConfig};
pub use threshold::{
    ConformalPValues, ConformalThreshold, ContaminationThreshold, MaxF1Threshold, MaxFprThreshold,
    MedianDeviationThreshold, ParetoTail, PeaksOverThreshold, QuantileThreshold,
    StandardDeviationThreshold, quantile,
};
pub use tiles::{TileAttention, TileAttentionConfig, tile_scores};
