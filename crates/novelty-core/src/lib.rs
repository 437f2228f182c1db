//! Traits and value types shared by the `novelty` crates.
//!
//! A scorer written against these traits works with every model, dataset, threshold and
//! drift test of the workspace, and the other way round. Nothing here computes a score; the
//! crate only says what a score is.
//!
//! # Conventions
//!
//! - Images are [`Images`], `(n, channels, height, width)`, `f32` in `[0, 1]`.
//! - Features are [`Features`], `(n_samples, n_features)`.
//! - A **higher score is more anomalous**; a scorer returns one finite score a sample, in
//!   input order. A sample is anomalous if `score > threshold`.
//! - Labels are `bool`, `true` = anomalous.
//! - A configuration and what it was fitted to are two types: scoring before fitting does not
//!   compile.
//!
//! # Example
//!
//! A scorer is one `impl`. This one calls an image more anomalous the brighter it is:
//!
//! ```
//! use ndarray::{Array1, Array4, Axis};
//! use novelty_core::{Images, InputError, Score, ensure_finite};
//!
//! struct MeanBrightness;
//!
//! impl Score<Images<'_>> for MeanBrightness {
//!     type Error = InputError;
//!
//!     fn score(&self, images: Images<'_>) -> Result<Array1<f32>, InputError> {
//!         ensure_finite("images", &images)?;
//!         Ok(images
//!             .axis_iter(Axis(0))
//!             .map(|image| (image.iter().map(|&x| f64::from(x)).sum::<f64>() / image.len() as f64) as f32)
//!             .collect())
//!     }
//! }
//!
//! let mut images = Array4::zeros((2, 1, 4, 4));
//! images.index_axis_mut(Axis(0), 1).fill(0.5);
//! assert_eq!(MeanBrightness.score(images.view())?.to_vec(), [0.0, 0.5]);
//! # Ok::<(), InputError>(())
//! ```
//!
//! # Elsewhere
//!
//! | to | crate |
//! |---|---|
//! | read images | `novelty-data` |
//! | train autoencoders and Deep SVDD | `novelty-models` |
//! | score, and choose a threshold | `novelty-scoring` |
//! | measure how good the scores are | `novelty-metrics` |
//! | draw it | `novelty-report` |

mod drift_report;
mod error;
mod observe;
mod sample;
mod score_dataset;
#[cfg(feature = "testkit")]
mod testkit;
mod threshold;
mod traits;
mod validate;

pub use drift_report::{DriftReport, FeatureDrift};
pub use error::InputError;
pub use observe::{BatchReport, EpochReport, ScoreObserver, TrainObserver};
pub use sample::{ImageShape, Sample};
pub use score_dataset::{DatasetScores, ScoreDatasetError, score_dataset};
#[cfg(feature = "testkit")]
pub use testkit::{CheckFailure, check_scorer};
pub use threshold::Threshold;
pub use traits::{
    Assign, Dataset, DetectDrift, Embed, Features, Fit, Images, Reconstruct, Score, ScoreMap,
    SelectThreshold,
};
pub use validate::{ensure_finite, ensure_image_shape, ensure_not_empty, ensure_same_shape};
