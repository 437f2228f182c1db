//! Anomalies, drift and new classes in images.
//!
//! Given images of what is normal, it learns what normal looks like; then it says of new images
//! which are anomalous (a score, a threshold, a heat map), whether the population has drifted (a
//! p-value), and whether a new class has appeared.
//!
//! This crate is the way in: it holds the crates of the project under one name and one version.
//! Each can also be used on its own.
//!
//! | module | what is in it | crate | feature |
//! |---|---|---|---|
//! | [`core`] | the traits that everything composes through, thresholds, shapes, errors | `novelty-core` | |
//! | [`data`] | images from files, transforms, camera problems, protocols | `novelty-data` | |
//! | [`scoring`] | one score an image; thresholds; heat maps; ensembles | `novelty-scoring` | |
//! | [`metrics`] | ROC, precision and recall, pixel and cluster metrics | `novelty-metrics` | |
//! | [`cluster`] | principal components, k-means, Gaussian mixtures, DBSCAN, how many clusters | `novelty-cluster` | |
//! | [`drift`] | two-sample tests, online detectors, camera diagnosis, the new-class monitor | `novelty-drift` | |
//! | `models` | autoencoders, VAE, VAEGAN, Deep SVDD on libtorch | `novelty-models` | `models` |
//! | `report` | figures and a self-contained HTML page | `novelty-report` | `report` |
//!
//! No feature is on by default, and without `models` nothing here needs libtorch. The features
//! `linfa`, `serde` and `svm` pass on to the crates that have them.
//!
//! # Example
//!
//! Parts of one kind, some of them damaged. The scorer sees good parts only, and its threshold
//! comes from good parts that it was not fitted on:
//!
//! ```
//! use novelty::data::{InMemoryDataset, InspectionConfig, MvtecDataset, Split};
//! use novelty::metrics::roc_auc;
//! use novelty::prelude::*;
//! use novelty::scoring::{ConformalThreshold, PatchMemoryConfig};
//! use ndarray::Axis;
//!
//! // A small synthetic set, in the folders of MVTec AD; yours is a path.
//! let folder = tempfile::tempdir()?;
//! let root = folder.path().join("inspection");
//! InspectionConfig::new().side(32).n_train(60).n_test_good(8).n_per_defect(2).write(&root)?;
//!
//! let good = InMemoryDataset::read(&MvtecDataset::open(&root, "washer", Split::Train)?)?;
//! let (learned, held_out) = good.images().split_at(Axis(0), 40);
//! let scorer = PatchMemoryConfig::new().fit(learned)?;
//! let threshold = ConformalThreshold::new(0.05).select(&scorer.score(held_out)?.to_vec(), None)?;
//!
//! let test = InMemoryDataset::read(&MvtecDataset::open(&root, "washer", Split::Test)?)?;
//! let scores = scorer.score(test.images())?.to_vec();
//! assert!(roc_auc(&scores, test.labels().expect("the folders say which are good"))? > 0.9);
//! println!("anomalous: {:?}", threshold.judge(&scores)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Elsewhere
//!
//! The repository's guide goes from a folder of good parts to a running monitor in ten steps; its
//! examples reproduce published notebooks.

pub use novelty_cluster as cluster;
pub use novelty_core as core;
pub use novelty_data as data;
pub use novelty_drift as drift;
pub use novelty_metrics as metrics;
#[cfg(feature = "models")]
pub use novelty_models as models;
#[cfg(feature = "report")]
pub use novelty_report as report;
pub use novelty_scoring as scoring;

/// The traits, for a glob import: their methods are what most code calls.
pub mod prelude {
    pub use novelty_core::{
        Assign, Dataset, DetectDrift, Embed, Features, Fit, Images, Reconstruct, Score, ScoreMap,
        SelectThreshold, TrainObserver,
    };
    pub use novelty_data::{LabelledDataset, Transform};
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
