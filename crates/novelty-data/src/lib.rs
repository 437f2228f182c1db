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
//! | read MVTec AD and trees of its layout | [`MvtecDataset`] |
//! | read folders and lists of images | [`ImageFileDataset`], [`read_image`] |
//! | read MNIST and its family | [`IdxDataset`], [`read_idx`] |
//! | read `.npy` and `.npz` | [`NpyDataset`], [`NpyArray`], [`read_labels`] |
//! | use images from memory | [`InMemoryDataset`] |
//! | have data without any | [`InspectionConfig`] |
//! | put datasets together | [`Subset`], [`Concat`], [`Map`], [`Cached`] |
//! | change images | [`Pipeline`] and its steps, [`ContrastNormaliseConfig`], [`AugmentConfig`] |
//! | split | [`train_validation_split`], [`stratified_split`] |
//! | pose the tasks of the field | [`OneVsRestConfig`], [`ContaminationConfig`], [`AnomalyBudgetConfig`] |
//! | keep test data out of training | [`ensure_disjoint`] |
//! | break a camera | [`Corruption`] |
//! | look at large images in parts | [`TileGrid`], [`Tiled`] |
//! | go through the samples in batches | [`Loader`], [`BatchConfig`] |
//!
//! # Bad images
//!
//! What a header claims is held against the size of its file before memory is taken, and
//! decoding has a limit of pixels. [`BadImages`] says whether an image that cannot be read ends
//! the run or is left out and counted.
//!
//! # Random numbers
//!
//! All come from ChaCha with 8 rounds. Its 256-bit key is the caller's seed, a number for the
//! purpose, a counter such as the epoch, and a zero, each as 8 little-endian bytes. So a seed
//! gives the same samples on every machine and in every version, the purposes do not influence
//! each other, and epochs can be asked for in any order.

mod batches;
mod compose;
mod corruption;
mod error;
mod idx;
mod image_files;
mod in_memory;
mod inspection;
mod labels;
mod loader;
mod memory;
mod npy;
mod protocol;
mod random;
mod subset;
mod tiles;
mod transform;
mod wide;

pub use batches::{BatchConfig, IndexBatches};
pub use compose::{Cached, Concat, Map};
pub use corruption::{Applied, CameraPart, Corrupt, Corruption, CorruptionKind};
pub use error::DataError;
pub use idx::{IdxArray, IdxDataset, IdxFault, Split, read_idx};
pub use image_files::{
    BadImages, Colour, Filter, ImageFault, ImageFileDataset, ImageReadConfig, ManifestConfig,
    MvtecDataset, read_image,
};
pub use in_memory::InMemoryDataset;
pub use inspection::{InspectionCategory, InspectionConfig, InspectionDefect};
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
pub use tiles::{TileGrid, Tiled};
pub use transform::{
    Augment, AugmentConfig, CentreCrop, ContrastNormalise, ContrastNormaliseConfig, Gray,
    Normalise, Pipeline, Resize, Step, SymmetricRange, Transform, global_contrast_normalise,
};
