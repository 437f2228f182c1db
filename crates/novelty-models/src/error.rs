use std::error::Error;
use std::path::PathBuf;

use novelty_core::InputError;
use tch::TchError;
use thiserror::Error;

/// What can go wrong with a model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// An input or a setting is unusable.
    #[error(transparent)]
    Input(#[from] InputError),
    /// libtorch refused an operation; the first line of its message.
    #[error("libtorch failed while {operation}: {message}")]
    Torch {
        /// What was being done.
        operation: &'static str,
        /// The first line of libtorch's message.
        message: String,
    },
    /// The device is not there.
    #[error("device {wanted} is not available: {reason}; use `cpu` or `auto`")]
    Device {
        /// The device asked for.
        wanted: String,
        /// What is missing.
        reason: &'static str,
    },
    /// A device name that means nothing.
    #[error("unknown device `{0}`; use `auto`, `cpu`, `cuda` or `cuda:N`")]
    UnknownDevice(String),
    /// A sample could not be read.
    #[error("sample {index} could not be read")]
    Dataset {
        /// The sample.
        index: usize,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The loss is not a number any more.
    #[error(
        "the loss is {loss} in epoch {epoch}, batch {batch}; \
         lower the learning rate, or look for extreme values in the data"
    )]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The first such batch, counted from 1.
        batch: usize,
        /// The loss.
        loss: f64,
    },
    /// The loss on the validation set is not a number any more.
    #[error(
        "the validation loss is {loss} after epoch {epoch}, in batch {batch}; \
         lower the learning rate, or look for extreme values in the data"
    )]
    DivergedInValidation {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The first such batch of the validation set, counted from 1.
        batch: usize,
        /// The loss.
        loss: f64,
    },
    /// The last steps of an epoch left a weight that is not a number.
    #[error("tensor `{name}` is not finite after epoch {epoch}; lower the learning rate")]
    DivergedWeights {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The first such tensor.
        name: String,
    },
    /// A model gave a reconstruction or an embedding that is not finite.
    #[error("the model's output for image {index} is not finite; its weights have diverged")]
    Output {
        /// The image's position in the batch.
        index: usize,
    },
    /// An encoder could map every image to one point, and a hypersphere would teach it to.
    #[error("the encoder can collapse: {part} {reason}")]
    CanCollapse {
        /// The parameter or part.
        part: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A trained encoder maps every image to one point, or to one distance.
    #[error(
        "the hypersphere has collapsed: {n_samples} training images are at a mean squared distance \
         of {mean:e} from the centre, give or take {spread:e}"
    )]
    Collapsed {
        /// The mean squared distance.
        mean: f64,
        /// Its standard deviation.
        spread: f64,
        /// Training images.
        n_samples: usize,
    },
    /// A network asked twice for one parameter name.
    #[error("parameter `{0}` is defined twice")]
    DuplicateParameter(String),
    /// A checkpoint file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The tensors at hand are not those of the network.
    #[error(transparent)]
    Weights(#[from] CheckpointProblem),
    /// A checkpoint is not usable.
    #[error("{path}: {problem}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: CheckpointProblem,
    },
}

/// What is wrong with a checkpoint.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CheckpointProblem {
    /// The weights file is truncated or not safetensors.
    #[error("not a complete safetensors file ({0})")]
    Malformed(String),
    /// Neither the weights file nor a `model.json` beside it describes the model.
    #[error("holds no model description, and there is no model.json beside it")]
    NoDescription,
    /// The description is not what this library writes.
    #[error("the model description cannot be read ({0})")]
    Description(String),
    /// The checkpoint is of another kind of model.
    #[error("holds a model of kind `{got}`, expected `{expected}`")]
    Kind {
        /// The kind asked for.
        expected: String,
        /// The kind in the file.
        got: String,
    },
    /// The checkpoint is of a kind of model nobody here knows.
    #[error("holds a model of unknown kind `{got}`; known are {}", known.join(", "))]
    UnknownKind {
        /// The kind in the file.
        got: String,
        /// The kinds that can be loaded.
        known: Vec<String>,
    },
    /// A tensor the model needs is not there.
    #[error("tensor `{0}` is missing")]
    Missing(String),
    /// Two tensors have one name.
    #[error("tensor `{0}` is there twice")]
    Duplicate(String),
    /// A training checkpoint is of a run with other settings or data.
    #[error("is of a run with other {what}: {saved}, now {now}")]
    OtherRun {
        /// What differs.
        what: &'static str,
        /// What the file holds.
        saved: String,
        /// What was asked for.
        now: String,
    },
    /// There is a tensor the model does not have.
    #[error("tensor `{0}` does not belong to this model")]
    Unexpected(String),
    /// A tensor has another shape than the model needs.
    #[error("tensor `{name}` has shape {got:?}, expected {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// The shape the model needs.
        expected: Vec<usize>,
        /// The shape in the file.
        got: Vec<usize>,
    },
    /// A tensor is not of 32-bit floats.
    #[error("tensor `{name}` is of type {dtype}, expected F32")]
    DType {
        /// The tensor.
        name: String,
        /// Its type.
        dtype: String,
    },
    /// A weight is NaN or infinite.
    #[error("tensor `{name}` holds {value} at position {index}")]
    NotFinite {
        /// The tensor.
        name: String,
        /// The position, row-major.
        index: usize,
        /// The value.
        value: f32,
    },
}

/// Adds what was being done to a libtorch error, and cuts its C++ stack off.
pub(crate) trait TorchContext<T> {
    fn during(self, operation: &'static str) -> Result<T, ModelError>;
}

impl<T> TorchContext<T> for Result<T, TchError> {
    fn during(self, operation: &'static str) -> Result<T, ModelError> {
        self.map_err(|error| {
            let text = error.to_string();
            let message = text.lines().next().unwrap_or("no message").trim().to_owned();
            ModelError::Torch { operation, message }
        })
    }
}
