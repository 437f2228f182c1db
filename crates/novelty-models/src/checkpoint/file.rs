use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::ModelError;
use crate::error::CheckpointProblem;
use crate::parameters::{StoredTensors, is_batch_counter};

/// A safetensors file in memory: 32-bit floats by name, and text beside them.
#[derive(Debug, Default)]
pub(crate) struct TensorFile {
    pub(crate) tensors: StoredTensors,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl TensorFile {
    /// Reads a whole file. What its header claims is held against its size before memory is
    /// taken.
    pub(crate) fn read(path: &Path) -> Result<Self, ModelError> {
        let io_error = |source| ModelError::Io { path: path.to_owned(), source };
        let bytes = fs::read(path).map_err(io_error)?;
        in_file(path, Self::parse(&bytes).map_err(ModelError::from))
    }

    fn parse(bytes: &[u8]) -> Result<Self, CheckpointProblem> {
        let file = SafeTensors::deserialize(bytes).map_err(malformed)?;
        let (header_len, header) = SafeTensors::read_metadata(bytes).map_err(malformed)?;
        refuse_duplicates(&bytes[8..8 + header_len])?;
        let tensors = file.iter().filter(|(name, _)| !is_batch_counter(name));
        let tensors = tensors.map(|(name, view)| {
            let values = read_values(name, &view)?;
            Ok((name.to_owned(), (view.shape().to_vec(), values)))
        });
        let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        Ok(Self { tensors: tensors.collect::<Result<_, _>>()?, metadata })
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, CheckpointProblem> {
        let raw = self.tensors.iter().map(|(name, (shape, values))| {
            let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            (name, shape, bytes)
        });
        let raw: Vec<_> = raw.collect();
        let views = raw.iter().map(|(name, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(Dtype::F32, shape.to_vec(), bytes)?))
        });
        let views: Vec<_> = views.collect::<Result<_, _>>().map_err(malformed)?;
        let metadata: HashMap<String, String> = self.metadata.clone().into_iter().collect();
        safetensors::serialize(views, Some(metadata)).map_err(malformed)
    }

    /// Refuses the first value that is NaN or infinite in a tensor whose name is `wanted`.
    pub(crate) fn ensure_finite(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), CheckpointProblem> {
        for (name, (_, values)) in self.tensors.iter().filter(|(name, _)| wanted(name)) {
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                let (name, value) = (name.clone(), values[index]);
                return Err(CheckpointProblem::NotFinite { name, index, value });
            }
        }
        Ok(())
    }
}

fn malformed(error: safetensors::SafeTensorError) -> CheckpointProblem {
    CheckpointProblem::Malformed(error.to_string())
}

/// Says which file a problem is in.
pub(crate) fn in_file<T>(path: &Path, result: Result<T, ModelError>) -> Result<T, ModelError> {
    result.map_err(|error| match error {
        ModelError::Weights(problem) => ModelError::Checkpoint { path: path.to_owned(), problem },
        other => other,
    })
}

fn read_values(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, CheckpointProblem> {
    if view.dtype() != Dtype::F32 {
        let (name, dtype) = (name.to_owned(), format!("{:?}", view.dtype()));
        return Err(CheckpointProblem::DType { name, dtype });
    }
    let (chunks, _) = view.data().as_chunks::<4>();
    Ok(chunks.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
}

/// A JSON object may name a key twice, and parsers keep the last: two readers of one file could
/// see two models.
fn refuse_duplicates(header: &[u8]) -> Result<(), CheckpointProblem> {
    let mut duplicate = None;
    let keys = Keys { duplicate: &mut duplicate };
    let parsed = keys.deserialize(&mut serde_json::Deserializer::from_slice(header));
    parsed.map_err(|error| CheckpointProblem::Malformed(error.to_string()))?;
    duplicate.map_or(Ok(()), |name| Err(CheckpointProblem::Duplicate(name)))
}

/// Goes through the keys of an object and keeps the first that comes twice.
struct Keys<'a> {
    duplicate: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if !seen.insert(name.clone()) {
                self.duplicate.get_or_insert(name);
            }
        }
        Ok(())
    }
}

/// Writes a file beside its place and renames it there: a kill leaves the old one or the new.
/// The folder is made if it is not there.
pub(crate) fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
    let path = folder.join(name);
    let io_error = |path: &Path| {
        let path = path.to_owned();
        move |source| ModelError::Io { path, source }
    };
    fs::create_dir_all(folder).map_err(io_error(folder))?;
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
