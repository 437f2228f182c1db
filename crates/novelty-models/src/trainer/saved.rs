//! Training checkpoints: one file, `training.safetensors`, that holds the weights, the best
//! weights, the optimisers' running values and, in its metadata, how far the run has come.
//!
//! Random numbers need no place in it: every epoch and batch has a stream of its own.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::TrainConfig;
use super::objective::Objective;
use super::run::{Progress, Run, Session};
use crate::ModelError;
use crate::bridge::to_vec;
use crate::checkpoint::{TensorFile, in_file, write_whole};
use crate::error::{CheckpointProblem, TorchContext};
use crate::optimizer::Optimizer;
use crate::parameters::StoredTensors;

const FILE: &str = "training.safetensors";

/// The key of the description in the file's metadata.
const METADATA_KEY: &str = "novelty-training";

/// What the file says about the run.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    settings: serde_json::Value,
    config: TrainConfig,
    n_samples: usize,
    n_threads: usize,
    optimizer_steps: Vec<u64>,
    progress: Progress,
    library_version: String,
}

/// Writes the run as it is, in place of what was there.
pub(super) fn save<O: Objective>(
    folder: &Path,
    session: &Session<'_>,
    run: &Run<'_, O>,
    n_samples: usize,
) -> Result<(), ModelError> {
    let description = Description {
        settings: session.settings.clone(),
        config: session.config.clone(),
        n_samples,
        n_threads: crate::threads(),
        optimizer_steps: run.optimizers.iter().map(Optimizer::n_steps).collect(),
        progress: run.progress.clone(),
        library_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let text = serde_json::to_string(&description)
        .map_err(|error| CheckpointProblem::Description(error.to_string()))?;
    let mut tensors = BTreeMap::new();
    for (name, tensor) in live_tensors(run).into_iter().chain(best_tensors(run)) {
        let shape = tensor.size().iter().map(|&n| n as usize).collect();
        tensors.insert(name, (shape, to_vec(&tensor)?));
    }
    let bytes = TensorFile { tensors, metadata: BTreeMap::from([(METADATA_KEY.to_owned(), text)]) };
    write_whole(folder, FILE, &bytes.to_bytes()?)
}

/// Takes up the run in `folder`; whether there is one.
pub(super) fn restore<O: Objective>(
    folder: &Path,
    session: &Session<'_>,
    run: &mut Run<'_, O>,
    n_samples: usize,
) -> Result<bool, ModelError> {
    let path = folder.join(FILE);
    if !path.try_exists().map_err(|source| ModelError::Io { path: path.clone(), source })? {
        return Ok(false);
    }
    let file = TensorFile::read(&path)?;
    in_file(&path, restore_from(file, session, run, n_samples))?;
    tracing::info!(epoch = run.progress.epochs.len(), "training resumed");
    Ok(true)
}

fn restore_from<O: Objective>(
    file: TensorFile,
    session: &Session<'_>,
    run: &mut Run<'_, O>,
    n_samples: usize,
) -> Result<(), ModelError> {
    let text = file.metadata.get(METADATA_KEY).ok_or(CheckpointProblem::NoDescription)?;
    let unreadable = |error: serde_json::Error| CheckpointProblem::Description(error.to_string());
    let description: Description = serde_json::from_str(text).map_err(unreadable)?;
    check(&description, session, n_samples)?;
    file.ensure_finite(|name| !name.starts_with("optimizers."))?;
    let mut tensors = file.tensors;
    for (name, tensor) in live_tensors(run) {
        put(&mut tensors, &name, tensor)?;
    }
    if description.progress.best.is_some() {
        let copies = run.objective.parameters().iter().map(|p| p.tensor.f_detach_copy());
        run.best = Some(copies.collect::<Result<_, _>>().during("restoring weights")?);
        for (name, tensor) in best_tensors(run) {
            put(&mut tensors, &name, tensor)?;
        }
    }
    if let Some(name) = tensors.into_keys().next() {
        return Err(CheckpointProblem::Unexpected(name).into());
    }
    for (optimizer, n_steps) in run.optimizers.iter_mut().zip(description.optimizer_steps) {
        optimizer.set_n_steps(n_steps);
    }
    run.progress = description.progress;
    Ok(())
}

/// Refuses to go on with other settings or data: the result would be neither run's.
fn check(
    saved: &Description,
    session: &Session<'_>,
    n_samples: usize,
) -> Result<(), CheckpointProblem> {
    let differs = |what, saved: String, now: String| {
        let problem = CheckpointProblem::OtherRun { what, saved, now };
        Err(problem)
    };
    if saved.settings != session.settings {
        let (old, new) = (saved.settings.to_string(), session.settings.to_string());
        return differs("network or objective", old, new);
    }
    let (old, new) = (saved.config.decisive(), session.config.decisive());
    if old != new {
        return differs("training settings", format!("{old:?}"), format!("{new:?}"));
    }
    if saved.n_samples != n_samples {
        let (old, new) = (saved.n_samples.to_string(), n_samples.to_string());
        return differs("number of training samples", old, new);
    }
    if saved.n_threads != crate::threads() {
        tracing::warn!(
            saved = saved.n_threads,
            now = crate::threads(),
            "resumed with another number of threads: the last bits will differ"
        );
    }
    Ok(())
}

/// Every tensor that training writes into, by its name in the file.
fn live_tensors<O: Objective>(run: &Run<'_, O>) -> Vec<(String, Tensor)> {
    let parameters = run.objective.parameters().iter();
    let parameters =
        parameters.map(|p| (format!("parameters.{}", p.name), p.tensor.shallow_clone()));
    let state = run.objective.state().into_iter();
    let state = state.map(|(name, tensor)| (format!("state.{name}"), tensor));
    let optimizers = run.optimizers.iter().enumerate().flat_map(|(i, optimizer)| {
        optimizer.state().map(move |(name, tensor)| (format!("optimizers.{i}.{name}"), tensor))
    });
    parameters.chain(state).chain(optimizers).collect()
}

fn best_tensors<O: Objective>(run: &Run<'_, O>) -> Vec<(String, Tensor)> {
    let names = run.objective.parameters().iter().map(|p| format!("best.{}", p.name));
    let weights = run.best.iter().flatten().map(Tensor::shallow_clone);
    names.zip(weights).collect()
}

/// Copies a stored tensor over a live one.
fn put(stored: &mut StoredTensors, name: &str, mut tensor: Tensor) -> Result<(), ModelError> {
    let _no_grad = tch::no_grad_guard();
    let (got, values) =
        stored.remove(name).ok_or_else(|| CheckpointProblem::Missing(name.to_owned()))?;
    let size = tensor.size();
    let expected: Vec<usize> = size.iter().map(|&n| n as usize).collect();
    if got != expected {
        return Err(CheckpointProblem::Shape { name: name.to_owned(), expected, got }.into());
    }
    Tensor::f_from_slice(&values)
        .and_then(|flat| flat.f_view(size.as_slice()))
        .and_then(|values| tensor.f_copy_(&values))
        .during("restoring a training checkpoint")
}
