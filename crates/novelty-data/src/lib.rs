//! Image datasets for anomaly and drift detection.
//!
//! Files become [`Dataset`](novelty_core::Dataset)s of `f32` images in `[0, 1]`; protocols turn
//! a labelled dataset into the tasks of the field; splits and batches put the samples in an
//! order that a seed decides. Bad input, such as a truncated file or one whose header lies
//! about its size, is a [`DataError`] that names the file and the numbers; memory use is
//! bounded by what the file really holds.
//!
//! # Example
//!
//! ```
//! use ndarray::Array4;
//! use novelty_core::Dataset;
//! use novelty_data::{ContaminationConfig, InMemoryDataset, LabelledDataset};
//!
//! let images = Array4::zeros((300, 1, 8, 8));
//! let classes = (0..300).map(|i| if i < 200 { 1 } else { 3 }).collect();
//! let dataset = InMemoryDataset::new(images)?.classes(classes)?;
//!
//! // Everything of class 1, with one percent of class 3 hidden among it.
//! let train = ContaminationConfig::new(1, 3).seed(7).apply(&dataset)?;
//! let n_hidden = (0..train.len()).filter(|&i| train.is_anomalous(i) == Some(true)).count();
//! assert_eq!((train.len(), n_hidden), (202, 2));
//! # Ok::<(), novelty_data::DataError>(())
//! ```
//!
//! # What is here
//!
//! | to | use |
//! |---|---|
//! | read MNIST and its family | [`IdxDataset`] |
//! | read any IDX file | [`read_idx`] |
//! | use images from memory | [`InMemoryDataset`] |
//! | take a part | [`Subset`], [`train_validation_split`] |
//! | call one class normal | [`OneClass`] |
//! | hide anomalies in training data | [`ContaminationConfig`] |
//! | go through the samples in batches | [`BatchConfig`] |
//!
//! # Random numbers
//!
//! All come from ChaCha with 8 rounds. Its 256-bit key is the caller's seed, a number for the
//! purpose, a counter such as the epoch, and a zero, each as 8 little-endian bytes. So a seed
//! gives the same samples on every machine and in every version, the purposes do not influence
//! each other, and epochs can be asked for in any order.

mod batches;
mod compose;
mod error;
mod idx;
mod image_files;
mod in_memory;
mod labels;
mod loader;
mod npy;
mod protocol;
mod random;
mod subset;
mod transform;

pub use batches::{BatchConfig, IndexBatches};
pub use compose::{Cached, Concat, Map};
pub use error::DataError;
pub use idx::{IdxArray, IdxDataset, IdxFault, Split, read_idx};
pub use image_files::{
    BadImages, Colour, Filter, ImageFault, ImageFileDataset, ImageReadConfig, ManifestConfig,
    MvtecDataset, read_image,
};
pub use in_memory::InMemoryDataset;
pub use labels::{LabelledDataset, OneClass};
pub use loader::{Batch, Batches, Loader, LoaderConfig};
pub use npy::{
    NpyArray, NpyConfig, NpyDataset, NpyFault, NpyLayout, NpyType, NumberType, read_labels,
};
pub use protocol::{
    AnomalyBudgetConfig, ContaminationConfig, KnownAnomalies, OneVsRest, OneVsRestConfig,
    TrainValidation, classes_of, ensure_disjoint, shared_images, stratified_split,
    train_validation_split,
};
pub use subset::Subset;
pub use transform::{
    Augment, AugmentConfig, CentreCrop, ContrastNormalise, ContrastNormaliseConfig, Gray,
    Normalise, Pipeline, Resize, Step, SymmetricRange, Transform, global_contrast_normalise,
};
