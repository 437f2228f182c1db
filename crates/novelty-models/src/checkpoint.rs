//! Saving and loading: `model.safetensors` with the weights, `model.json` beside it.
//!
//! The weights file carries the description in its own metadata and is enough by itself;
//! `model.json` is the same text, for people and for weights that came from elsewhere. Both are
//! written beside their place and renamed into it: there is never half a file.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use novelty_core::Threshold;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::bridge::to_vec;
use crate::error::CheckpointProblem;
use crate::parameters::{StoredTensors, is_batch_counter};
use crate::{Autoencoder, Device, ModelError, NetworkConfig};

const WEIGHTS: &str = "model.safetensors";
const DESCRIPTION: &str = "model.json";

/// The key of the description in the metadata of the weights file.
const METADATA_KEY: &str = "novelty";

/// The libtorch that the `tch` in use binds.
const LIBTORCH_VERSION: &str = "2.13.0";

/// What a checkpoint says about its model.
#[derive(Debug, Serialize, Deserialize)]
struct Description<C> {
    kind: String,
    config: C,
    threshold: Option<Threshold>,
    library_version: String,
    libtorch_version: String,
}

impl<C: NetworkConfig> Autoencoder<C> {
    /// Saves the model to `folder`, made if it is not there, as `model.safetensors` and
    /// `model.json`. A kill at any moment leaves the old files or the new ones, never a part.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), ModelError> {
        let folder = folder.as_ref();
        let description = self.description()?;
        let weights = self.weights(&description)?;
        fs::create_dir_all(folder).map_err(io_error(folder))?;
        write_whole(folder, WEIGHTS, &weights)?;
        write_whole(folder, DESCRIPTION, description.as_bytes())
    }

    /// Loads a model saved by [`Autoencoder::save`] to `device`. Its scores are bit-equal to
    /// those of the model saved, on the same device with the same number of threads.
    ///
    /// # Errors
    /// [`ModelError::Checkpoint`] with the file and the tensor if the checkpoint is of another
    /// kind, truncated, or holds tensors that are missing, unknown, of another shape or not
    /// finite; [`ModelError::Io`] if a file cannot be read.
    pub fn load(folder: impl AsRef<Path>, device: Device) -> Result<Self, ModelError> {
        let device = device.resolve()?;
        let path = folder.as_ref().join(WEIGHTS);
        let bytes = fs::read(&path).map_err(io_error(&path))?;
        let described = describe(folder.as_ref(), &bytes);
        let loaded = described.and_then(|text| {
            let description = parse::<C>(&text)?;
            let tensors = read_tensors(&bytes)?;
            let mut model = Self::from_stored(description.config, tensors, device)?;
            model.threshold = description.threshold;
            Ok(model)
        });
        loaded.map_err(|error| match error {
            ModelError::Weights(problem) => ModelError::Checkpoint { path, problem },
            other => other,
        })
    }

    fn description(&self) -> Result<String, ModelError> {
        let description = Description {
            kind: C::KIND.to_owned(),
            config: self.config(),
            threshold: self.threshold.clone(),
            library_version: env!("CARGO_PKG_VERSION").to_owned(),
            libtorch_version: LIBTORCH_VERSION.to_owned(),
        };
        let text = serde_json::to_string_pretty(&description);
        Ok(text.map_err(|error| CheckpointProblem::Description(error.to_string()))? + "\n")
    }

    fn weights(&self, description: &str) -> Result<Vec<u8>, ModelError> {
        let mut tensors = Vec::new();
        for parameter in self.parameters() {
            let values = to_vec(&parameter.tensor)?;
            let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            let shape: Vec<usize> = parameter.tensor.size().iter().map(|&n| n as usize).collect();
            tensors.push((&parameter.name, shape, bytes));
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?))
        });
        let views: Vec<_> = views.collect::<Result<_, _>>().map_err(malformed)?;
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), description.to_owned())]);
        Ok(safetensors::serialize(views, Some(metadata)).map_err(malformed)?)
    }
}

fn malformed(error: safetensors::SafeTensorError) -> CheckpointProblem {
    CheckpointProblem::Malformed(error.to_string())
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> ModelError {
    let path = path.to_owned();
    move |source| ModelError::Io { path, source }
}

/// The description: in the weights file, or else in the file beside it.
fn describe(folder: &Path, weights: &[u8]) -> Result<String, ModelError> {
    let (_, header) = SafeTensors::read_metadata(weights).map_err(malformed)?;
    if let Some(text) = header.metadata().as_ref().and_then(|map| map.get(METADATA_KEY)) {
        return Ok(text.clone());
    }
    let path: PathBuf = folder.join(DESCRIPTION);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(CheckpointProblem::NoDescription.into())
        }
        Err(source) => Err(ModelError::Io { path, source }),
    }
}

/// The kind is compared first: the settings of another kind would only confuse.
fn parse<C: NetworkConfig>(text: &str) -> Result<Description<C>, CheckpointProblem> {
    let unreadable = |error: serde_json::Error| CheckpointProblem::Description(error.to_string());
    let any: Description<serde_json::Value> = serde_json::from_str(text).map_err(unreadable)?;
    if any.kind != C::KIND {
        return Err(CheckpointProblem::Kind { expected: C::KIND.to_owned(), got: any.kind });
    }
    serde_json::from_str(text).map_err(unreadable)
}

fn read_tensors(bytes: &[u8]) -> Result<StoredTensors, CheckpointProblem> {
    let file = SafeTensors::deserialize(bytes).map_err(malformed)?;
    let tensors = file.iter().filter(|(name, _)| !is_batch_counter(name));
    tensors
        .map(|(name, view)| {
            let values = read_values(name, &view)?;
            Ok((name.to_owned(), (view.shape().to_vec(), values)))
        })
        .collect()
}

fn read_values(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, CheckpointProblem> {
    if view.dtype() != Dtype::F32 {
        let (name, dtype) = (name.to_owned(), format!("{:?}", view.dtype()));
        return Err(CheckpointProblem::DType { name, dtype });
    }
    let (chunks, _) = view.data().as_chunks::<4>();
    let values: Vec<f32> = chunks.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        None => Ok(values),
        Some((index, &value)) => {
            Err(CheckpointProblem::NotFinite { name: name.to_owned(), index, value })
        }
    }
}

fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
    let path = folder.join(name);
    let write = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".model-");
        // What a new file gets by default; the temporary file's own default is the owner alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(io_error(&path))
}
