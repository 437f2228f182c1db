use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use novelty_core::{ImageShape, InputError};
use thiserror::Error;

use crate::{IdxFault, ImageFault, NpyFault};

/// Why data could not be read or put together. Every variant about a file names it, and every
/// message is complete in itself: causes are part of it rather than of a chain.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system refused.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// None of the files that would do is there.
    #[error("{} holds none of {}", dir.display(), tried.join(", "))]
    NotFound {
        /// Where it was looked for.
        dir: PathBuf,
        /// The names that would have done.
        tried: Vec<String>,
    },
    /// An IDX file is damaged, or is none.
    #[error("{}: {fault}", path.display())]
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: IdxFault,
    },
    /// An image file is damaged, is none, or does not fit the others.
    #[error("{}: {fault}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: ImageFault,
    },
    /// A `.npy` or `.npz` file is damaged, is none, or does not hold what it is used for.
    #[error("{}: {fault}", path.display())]
    Npy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: NpyFault,
    },
    /// A folder holds no image.
    #[error("{} holds no image (png, jpeg, bmp, tiff)", dir.display())]
    NoImages {
        /// The folder, or the list.
        dir: PathBuf,
    },
    /// The name of a file or folder is not UTF-8.
    #[error("{}: its name is not UTF-8", path.display())]
    NotUtf8 {
        /// The file or folder.
        path: PathBuf,
    },
    /// A symbolic link leads to a folder that it lies in.
    #[error("{}: links back to {}", path.display(), ancestor.display())]
    LinkLoop {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        ancestor: PathBuf,
    },
    /// There is no such category.
    #[error("{} has no category {category:?}; it has {}", root.display(), listed(available))]
    Category {
        /// The folder of categories.
        root: PathBuf,
        /// The one asked for.
        category: String,
        /// Those there are.
        available: Vec<String>,
    },
    /// A CSV file is damaged, or has not the columns it needs.
    #[error("{}, line {line}: {reason}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of images and a file of labels do not belong together.
    #[error(
        "{} holds {n_images} images, {} holds {n_labels} labels",
        images.display(), labels.display()
    )]
    LabelCount {
        /// The images.
        images: PathBuf,
        /// How many there are.
        n_images: usize,
        /// The labels.
        labels: PathBuf,
        /// How many there are.
        n_labels: usize,
    },
    /// A sample has another shape than its dataset says.
    #[error("sample {index} is {got}, its dataset says {expected}")]
    SampleShape {
        /// The sample.
        index: usize,
        /// What the dataset says.
        expected: ImageShape,
        /// What came.
        got: ImageShape,
    },
    /// A thread that reads could not be started, or panicked.
    #[error("a thread that reads failed: {message}")]
    Worker {
        /// What it said.
        message: String,
    },
    /// There is no such sample.
    #[error("there is no sample {index}: the dataset has {len}")]
    Index {
        /// The sample asked for.
        index: usize,
        /// The number of samples.
        len: usize,
    },
    /// A class does not have enough samples for what is asked of it.
    #[error("class {class} has {available} samples, {needed} are needed")]
    ClassSize {
        /// The class.
        class: usize,
        /// Samples needed.
        needed: usize,
        /// Samples there are.
        available: usize,
    },
    /// There are not enough anomalous samples for what is asked.
    #[error("there are {available} anomalous samples, {needed} are needed")]
    TooFewAnomalies {
        /// Samples needed.
        needed: usize,
        /// Samples there are.
        available: usize,
    },
    /// Test images are among the training images.
    #[error(
        "{n_shared} test images are among the training images, such as test sample {test}, which \
         is training sample {train}"
    )]
    Leak {
        /// How many test images.
        n_shared: usize,
        /// The first of them, in the training set.
        train: usize,
        /// The first of them, in the test set.
        test: usize,
    },
    /// A part of a split would get no sample.
    #[error("{n_samples} samples split with a share of {share} leave the {part} part empty")]
    EmptySplit {
        /// Samples in all.
        n_samples: usize,
        /// The share of the second part.
        share: f64,
        /// The part that would be empty.
        part: &'static str,
    },
    /// A setting or an array is not as it must be.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A dataset from outside this crate failed.
    #[error(transparent)]
    Source(Box<dyn Error + Send + Sync>),
}

impl DataError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { path: path.to_owned(), error }
    }

    pub(crate) fn idx(path: &Path) -> impl FnOnce(IdxFault) -> Self {
        move |fault| match fault {
            IdxFault::Io(error) => Self::Io { path: path.to_owned(), error },
            fault => Self::Idx { path: path.to_owned(), fault },
        }
    }

    pub(crate) fn npy(path: &Path) -> impl FnOnce(NpyFault) -> Self {
        move |fault| match fault {
            NpyFault::Io(error) => Self::Io { path: path.to_owned(), error },
            fault => Self::Npy { path: path.to_owned(), fault },
        }
    }

    pub(crate) fn image(path: &Path) -> impl FnOnce(ImageFault) -> Self {
        move |fault| match fault {
            ImageFault::Io(error) => Self::Io { path: path.to_owned(), error },
            fault => Self::Image { path: path.to_owned(), fault },
        }
    }

    /// Checks that a dataset of `len` samples has sample `index`.
    pub(crate) fn check_index(index: usize, len: usize) -> Result<(), Self> {
        if index < len { Ok(()) } else { Err(Self::Index { index, len }) }
    }
}

impl From<Infallible> for DataError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
