//! From images to one anomaly score a sample, and from scores to a decision.
//!
//! | algorithm | cost | source |
//! |---|---|---|
//! | [`ReconstructionError`] | one reconstruction, then one pass over the pixels | Japkowicz, Myers and Gluck, IJCAI 1995 |
//! | [`QuantileThreshold`] | linear in the number of scores | Hyndman and Fan, *Sample Quantiles in Statistical Packages*, 1996, type 7 |
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
//! assert_eq!(threshold.flagged(&scores.to_vec()), [4]);
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
mod patch_memory;
mod reconstruction;
mod submission;
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
pub use patch_memory::{PatchMemory, PatchMemoryConfig};
pub use reconstruction::{
    PixelError, Pooling, ReconstructionError, mean_absolute_error, mean_squared_error,
};
pub use submission::write_submission;
pub use threshold::{
    ConformalPValues, ConformalThreshold, ContaminationThreshold, MaxF1Threshold, MaxFprThreshold,
    MedianDeviationThreshold, ParetoTail, PeaksOverThreshold, QuantileThreshold,
    StandardDeviationThreshold, quantile,
};
pub use tiles::{TileAttention, TileAttentionConfig, tile_scores};
