use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use novelty_core::{
    BatchReport, Dataset, EpochReport, ImageShape, Images, InputError, TrainObserver,
};
use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

use super::batches::{for_each_batch, shuffled};
use super::means::Means;
use super::objective::{Batch, Objective, Steps};
use super::{Keep, TrainConfig, saved};
use crate::bridge::{to_tensor, to_vec};
use crate::error::TorchContext;
use crate::history::Measure;
use crate::optimizer::Optimizer;
use crate::schedule::{Pace, Stagnation};
use crate::{History, ModelError, Precision, memory};

/// Images computed at a time where nothing is learned.
pub(crate) const EVALUATION_BATCH: usize = 256;

/// What a run is asked for, beside its objective and its data.
pub(crate) struct Session<'a> {
    pub(crate) config: &'a TrainConfig,
    /// What is trained, in words that a resumed run must repeat.
    pub(crate) settings: serde_json::Value,
    /// Where training checkpoints go.
    pub(crate) folder: Option<&'a Path>,
    /// Whether to go on from the one there.
    pub(crate) resume: bool,
}

impl Session<'_> {
    /// Trains to the end.
    pub(crate) fn train<O, D, V, W>(
        &self,
        objective: O,
        train: &D,
        validation: Option<&V>,
        observer: &mut W,
    ) -> Result<(O, History), ModelError>
    where
        O: Objective,
        D: Dataset + Sync + ?Sized,
        V: Dataset + Sync + ?Sized,
        W: TrainObserver + ?Sized,
    {
        self.check(&objective, train, validation)?;
        memory::keep_freed();
        let mut run = Run::new(self.config, objective)?;
        let is_resumed = match self.folder {
            Some(folder) if self.resume => saved::restore(folder, self, &mut run, train.len())?,
            _ => false,
        };
        if !is_resumed {
            run.objective.prepare(train)?;
        }
        run.objective.precision().set(self.config.precision);
        let trained = run.train(self, train, validation, observer);
        if let Ok((objective, _)) = &trained {
            objective.precision().set(Precision::Single);
        }
        trained
    }

    fn check<O, D, V>(
        &self,
        objective: &O,
        train: &D,
        validation: Option<&V>,
    ) -> Result<(), InputError>
    where
        O: Objective,
        D: Dataset + ?Sized,
        V: Dataset + ?Sized,
    {
        self.config.validate()?;
        let shape = objective.image_shape();
        check_dataset("training set", train, shape)?;
        if let Some(validation) = validation {
            check_dataset("validation set", validation, shape)?;
        } else if self.config.needs_validation() {
            let range = "the training loss where there is no validation set";
            return Err(InputError::setting("monitor", "the validation loss", range));
        }
        let batch_size = self.config.batch_size;
        if self.config.drop_last && batch_size > train.len() {
            let range = "at most the number of samples with drop_last";
            return Err(InputError::setting("batch_size", batch_size, range));
        }
        Ok(())
    }
}

fn check_dataset<D: Dataset + ?Sized>(
    place: &'static str,
    dataset: &D,
    expected: ImageShape,
) -> Result<(), InputError> {
    if dataset.is_empty() {
        return Err(InputError::Empty { place });
    }
    let sides = |shape: ImageShape| vec![shape.channels, shape.height, shape.width];
    let got = dataset.image_shape();
    if got == expected {
        return Ok(());
    }
    Err(InputError::Shape { place, expected: sides(expected), got: sides(got) })
}

/// One training run: the objective, its optimisers, and how far it has come.
pub(crate) struct Run<'a, O> {
    pub(super) config: &'a TrainConfig,
    pub(crate) objective: O,
    pub(super) optimizers: Vec<Optimizer>,
    pub(super) progress: Progress,
    /// The weights of the best epoch so far, in the order of the parameters.
    pub(super) best: Option<Vec<Tensor>>,
}

/// How far a run has come: all that a resumed one needs beside the tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Optimiser steps taken.
    pub(super) step: u64,
    pace: Pace,
    convergence: Stagnation,
    pub(super) epochs: Vec<EpochReport>,
    measures: Vec<Measure>,
    /// The best epoch and its loss.
    pub(super) best: Option<(usize, f64)>,
    is_converged: bool,
}

/// How an epoch's steps ended.
struct Epoch {
    /// Means of the total loss and its parts.
    losses: Vec<f64>,
    flow: ControlFlow<()>,
}

impl<'a, O: Objective> Run<'a, O> {
    pub(crate) fn new(config: &'a TrainConfig, objective: O) -> Result<Self, ModelError> {
        let trainable = || objective.parameters().iter().filter(|p| p.trainable);
        let optimizers = (0..objective.n_optimizers()).map(|index| {
            let own = trainable().filter(|p| objective.optimizer_of(&p.name) == index);
            Optimizer::new(config.optimizer, config.clip, own)
        });
        let optimizers = optimizers.collect::<Result<_, _>>().during("preparing the optimiser")?;
        let progress = Progress {
            step: 0,
            pace: Pace::new(config.learning_rate),
            convergence: Stagnation::default(),
            epochs: Vec::new(),
            measures: Vec::new(),
            best: None,
            is_converged: false,
        };
        Ok(Self { config, objective, optimizers, progress, best: None })
    }

    fn train<D, V, W>(
        mut self,
        session: &Session<'_>,
        train: &D,
        validation: Option<&V>,
        observer: &mut W,
    ) -> Result<(O, History), ModelError>
    where
        D: Dataset + Sync + ?Sized,
        V: Dataset + Sync + ?Sized,
        W: TrainObserver + ?Sized,
    {
        let mut flow = ControlFlow::Continue(());
        while self.progress.epochs.len() < self.config.epochs && !self.progress.is_converged {
            let epoch = self.progress.epochs.len() + 1;
            let started = Instant::now();
            let done = self.epoch(epoch, train, observer)?;
            self.ensure_finite(epoch)?;
            self.objective.epoch_done(epoch, train)?;
            let validation_loss = validation.map(|data| self.mean_loss(epoch, data)).transpose()?;
            self.note(epoch, &done.losses, validation_loss, started)?;
            let is_due = epoch.is_multiple_of(self.config.checkpoint_every)
                || epoch == self.config.epochs
                || self.progress.is_converged;
            if let (Some(folder), true) = (session.folder, is_due && done.flow.is_continue()) {
                saved::save(folder, session, &self, train.len())?;
            }
            let report = self.progress.epochs.last();
            flow = match report {
                Some(report) if done.flow.is_continue() => observer.on_epoch(report),
                _ => done.flow,
            };
            if flow.is_break() {
                break;
            }
        }
        self.finish(flow.is_break())
    }

    fn finish(mut self, is_cancelled: bool) -> Result<(O, History), ModelError> {
        self.restore_best()?;
        let Progress { epochs, measures, best, is_converged, .. } = self.progress;
        let kept_epoch = best.map_or(epochs.len(), |(epoch, _)| epoch);
        let history = History { epochs, measures, kept_epoch, is_cancelled, is_converged };
        Ok((self.objective, history))
    }

    fn rate_at(&self, step: u64, epoch: usize) -> f64 {
        self.progress.pace.rate_at(&self.config.schedule, step, epoch, self.config.epochs)
    }

    fn epoch<D, W>(&mut self, epoch: usize, data: &D, observer: &mut W) -> Result<Epoch, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        W: TrainObserver + ?Sized,
    {
        let (n_epochs, size) = (self.config.epochs, self.config.batch_size);
        let mut order = shuffled(data.len(), self.config.seed, epoch);
        if self.config.drop_last {
            order.truncate(order.len() / size * size);
        }
        let n_batches = order.len().div_ceil(size);
        let mut losses = Means::of_epoch(epoch);
        let mut flow = ControlFlow::Continue(());
        for_each_batch(data, &order, size, |batch| {
            let index = losses.n_batches();
            let labels = (batch.labels(), batch.classes());
            let loss = self.train_step(batch.images(), labels, (epoch, index))?;
            losses.push(&loss, batch.labels().len())?;
            flow = observer.on_batch(&BatchReport { epoch, n_epochs, batch: index + 1, n_batches });
            Ok(flow)
        })?;
        Ok(Epoch { losses: losses.finish()?, flow })
    }

    /// One training step; the batch's mean losses, still on the device.
    pub(crate) fn train_step(
        &mut self,
        images: Images<'_>,
        (labels, classes): (&[Option<bool>], &[Option<usize>]),
        (epoch, index): (usize, usize),
    ) -> Result<Vec<Tensor>, ModelError> {
        let images = self.tensor(&images)?;
        let batch = Batch { images, labels, classes, seed: self.config.seed, epoch, index };
        let rate = self.rate_at(self.progress.step, epoch);
        let mut steps = Steps { optimizers: &mut self.optimizers, rate };
        let losses = self.objective.step(&batch, &mut steps)?;
        self.progress.step += 1;
        losses.detach()
    }

    fn tensor(&self, images: &Images<'_>) -> Result<Tensor, ModelError> {
        self.objective.arranged(&to_tensor(images, self.objective.device())?)
    }

    /// Refuses weights that the last steps have thrown off: no loss was computed of them yet,
    /// and a checkpoint of them could not be read.
    fn ensure_finite(&self, epoch: usize) -> Result<(), ModelError> {
        let parameters = self.objective.parameters();
        let are_finite = || -> Result<Tensor, TchError> {
            let each = parameters.iter().map(|p| p.tensor.f_isfinite()?.f_all());
            Tensor::f_stack(&each.collect::<Result<Vec<_>, _>>()?, 0)
        };
        // Read in one go, as the losses are.
        let are_finite = to_vec(&are_finite().during("looking at the weights")?)?;
        match parameters.iter().zip(are_finite).find(|(_, is_finite)| *is_finite < 0.5) {
            Some((parameter, _)) => {
                Err(ModelError::DivergedWeights { epoch, name: parameter.name.clone() })
            }
            None => Ok(()),
        }
    }

    /// The mean loss over a dataset in evaluation mode, after an epoch.
    fn mean_loss<D>(&self, epoch: usize, data: &D) -> Result<f64, ModelError>
    where
        D: Dataset + Sync + ?Sized,
    {
        let _no_grad = tch::no_grad_guard();
        let order: Vec<usize> = (0..data.len()).collect();
        let (mut sum, mut index) = (0.0, 0);
        for_each_batch(data, &order, EVALUATION_BATCH, |read| {
            let images = self.tensor(&read.images())?;
            let (labels, classes, seed) = (read.labels(), read.classes(), self.config.seed);
            let batch = Batch { images, labels, classes, seed, epoch: 0, index };
            let loss = self.objective.losses(&batch, false)?.total;
            let loss = loss.f_double_value(&[]).during("computing the validation loss")?;
            index += 1;
            if !loss.is_finite() {
                return Err(ModelError::DivergedInValidation { epoch, batch: index, loss });
            }
            sum += loss * labels.len() as f64;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(sum / data.len() as f64)
    }

    /// Takes note of an epoch that is over.
    fn note(
        &mut self,
        epoch: usize,
        losses: &[f64],
        validation_loss: Option<f64>,
        started: Instant,
    ) -> Result<(), ModelError> {
        let (train_loss, parts) =
            losses.split_first().map_or((f64::NAN, &[][..]), |(a, b)| (*a, b));
        let learning_rate = self.rate_at(self.progress.step.saturating_sub(1), epoch);
        let named = self.objective.part_names().iter().copied().zip(parts.iter().copied());
        let measures: Vec<_> = named.chain(self.objective.measures()?).collect();
        tracing::debug!(epoch, train_loss, validation_loss, learning_rate, ?measures, "epoch done");
        for (name, value) in measures {
            self.progress.measure(name, value);
        }
        self.remember_if_best(epoch, validation_loss)?;
        let Progress { pace, convergence, is_converged, epochs, .. } = &mut self.progress;
        pace.epoch_done(&self.config.schedule, train_loss, validation_loss);
        if let Some(rule) = &self.config.convergence
            && let Some(loss) = rule.monitor.pick(train_loss, validation_loss)
        {
            *is_converged = convergence.observe(loss, rule.tolerance) >= rule.patience;
        }
        epochs.push(EpochReport {
            epoch,
            n_epochs: self.config.epochs,
            train_loss,
            validation_loss,
            learning_rate,
            elapsed: started.elapsed(),
        });
        Ok(())
    }

    fn remember_if_best(&mut self, epoch: usize, loss: Option<f64>) -> Result<(), ModelError> {
        let Some(loss) = loss.filter(|_| self.config.keep == Keep::Best) else {
            return Ok(());
        };
        if self.progress.best.is_some_and(|(_, best)| best <= loss) {
            return Ok(());
        }
        let copies = self.objective.parameters().iter().map(|p| p.tensor.f_detach_copy());
        let weights = copies.collect::<Result<_, _>>().during("remembering weights")?;
        self.best = Some(weights);
        self.progress.best = Some((epoch, loss));
        Ok(())
    }

    fn restore_best(&mut self) -> Result<(), ModelError> {
        let _no_grad = tch::no_grad_guard();
        let weights = self.best.take().unwrap_or_default();
        for (parameter, weight) in self.objective.parameters().iter().zip(&weights) {
            let mut tensor = parameter.tensor.shallow_clone();
            tensor.f_copy_(weight).during("restoring weights")?;
        }
        Ok(())
    }
}

impl Progress {
    fn measure(&mut self, name: &str, value: f64) {
        match self.measures.iter_mut().find(|measure| measure.name == name) {
            Some(measure) => measure.values.push(value),
            None => self.measures.push(Measure { name: name.to_owned(), values: vec![value] }),
        }
    }
}
