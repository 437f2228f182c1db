//! Saving and loading: `model.safetensors` with the weights, `model.json` beside it.
//!
//! The weights file carries the description in its own metadata and is enough by itself;
//! `model.json` is the same text, for people and for weights that came from elsewhere. Both are
//! written beside their place and renamed into it: there is never half a file.

mod any;
mod file;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use novelty_core::Threshold;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use any::{Model, ModelRegistry, load_any};
pub(crate) use file::{TensorFile, in_file, write_whole};

use crate::bridge::to_vec;
use crate::error::CheckpointProblem;
use crate::parameters::{Parameter, StoredTensors};
use crate::{Autoencoder, Device, ModelError, NetworkConfig};

const WEIGHTS: &str = "model.safetensors";
const DESCRIPTION: &str = "model.json";

/// The key of the description in the metadata of the weights file.
const METADATA_KEY: &str = "novelty";

/// The libtorch that the `tch` in use binds.
const LIBTORCH_VERSION: &str = "2.13.0";

/// What a checkpoint says about its model.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Description<C, E = Nothing> {
    kind: String,
    pub(crate) config: C,
    pub(crate) threshold: Option<Threshold>,
    #[serde(default)]
    pub(crate) preprocessing: Option<serde_json::Value>,
    /// What a kind of model needs beside: its centre, its radius.
    #[serde(flatten)]
    pub(crate) extra: E,
    library_version: String,
    libtorch_version: String,
}

/// No further entries.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Nothing {}

impl<C: Serialize, E: Serialize> Description<C, E> {
    pub(crate) fn new(kind: &str, config: C, extra: E) -> Self {
        Self {
            kind: kind.to_owned(),
            config,
            threshold: None,
            preprocessing: None,
            extra,
            library_version: env!("CARGO_PKG_VERSION").to_owned(),
            libtorch_version: LIBTORCH_VERSION.to_owned(),
        }
    }

    /// Writes the weights and the description to a folder.
    pub(crate) fn save(&self, folder: &Path, parameters: &[Parameter]) -> Result<(), ModelError> {
        let text = serde_json::to_string_pretty(self);
        let text = text.map_err(|error| CheckpointProblem::Description(error.to_string()))? + "\n";
        let mut file = TensorFile::default();
        file.metadata.insert(METADATA_KEY.to_owned(), text.clone());
        for Parameter { name, tensor, .. } in parameters {
            let shape = tensor.size().iter().map(|&n| n as usize).collect();
            file.tensors.insert(name.clone(), (shape, to_vec(tensor)?));
        }
        write_whole(folder, WEIGHTS, &file.to_bytes()?)?;
        write_whole(folder, DESCRIPTION, text.as_bytes())
    }
}

/// Reads a folder's weights and description, and builds the model.
///
/// `build` is given what the file says; problems it finds are reported with the file's name.
pub(crate) fn load<C: DeserializeOwned, E: DeserializeOwned, M>(
    folder: &Path,
    kind: &str,
    build: impl FnOnce(Description<C, E>, StoredTensors) -> Result<M, ModelError>,
) -> Result<M, ModelError> {
    let path = folder.join(WEIGHTS);
    let file = TensorFile::read(&path)?;
    let build = || {
        file.ensure_finite(|_| true)?;
        let text = describe(folder, &file.metadata)?;
        build(parse(&text, kind)?, file.tensors)
    };
    in_file(&path, build())
}

/// The kind of model a folder holds.
pub(crate) fn kind_of(folder: &Path) -> Result<String, ModelError> {
    let path = folder.join(WEIGHTS);
    let file = TensorFile::read(&path)?;
    let text = in_file(&path, describe(folder, &file.metadata))?;
    in_file(&path, parse_any(&text).map(|any| any.kind).map_err(ModelError::from))
}

/// The description: in the weights file, or else in the file beside it.
fn describe(folder: &Path, metadata: &BTreeMap<String, String>) -> Result<String, ModelError> {
    if let Some(text) = metadata.get(METADATA_KEY) {
        return Ok(text.clone());
    }
    let path = folder.join(DESCRIPTION);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(CheckpointProblem::NoDescription.into())
        }
        Err(source) => Err(ModelError::Io { path, source }),
    }
}

/// The kind is compared first: the settings of another kind would only confuse.
fn parse<C: DeserializeOwned, E: DeserializeOwned>(
    text: &str,
    kind: &str,
) -> Result<Description<C, E>, CheckpointProblem> {
    let any = parse_any(text)?;
    if any.kind != kind {
        return Err(CheckpointProblem::Kind { expected: kind.to_owned(), got: any.kind });
    }
    serde_json::from_str(text).map_err(unreadable)
}

fn parse_any(text: &str) -> Result<Description<serde_json::Value>, CheckpointProblem> {
    serde_json::from_str(text).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> CheckpointProblem {
    CheckpointProblem::Description(error.to_string())
}

impl<C: NetworkConfig> Autoencoder<C> {
    /// Saves the model to `folder`, made if it is not there, as `model.safetensors` and
    /// `model.json`. A kill at any moment leaves the old files or the new ones, never a part.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), ModelError> {
        let mut description = Description::new(C::KIND, self.config(), Nothing {});
        description.threshold.clone_from(&self.threshold);
        description.preprocessing.clone_from(&self.preprocessing);
        description.save(folder.as_ref(), self.parameters())
    }

    /// Loads a model saved by [`Autoencoder::save`] to `device`. Its scores are bit-equal to
    /// those of the model saved, on the same device with the same number of threads.
    ///
    /// # Errors
    /// [`ModelError::Checkpoint`] with the file and the tensor if the checkpoint is of another
    /// kind, truncated, or holds tensors that are missing, named twice, unknown, of another shape
    /// or not finite; [`ModelError::Io`] if a file cannot be read.
    pub fn load(folder: impl AsRef<Path>, device: Device) -> Result<Self, ModelError> {
        let device = device.resolve()?;
        load(folder.as_ref(), C::KIND, |description: Description<C>, tensors| {
            let mut model = Self::from_stored(description.config, tensors, device)?;
            model.threshold = description.threshold;
            model.preprocessing = description.preprocessing;
            Ok(model)
        })
    }
}
