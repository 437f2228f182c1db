use std::ops::ControlFlow;
use std::time::Instant;

use novelty_core::{BatchReport, Dataset, EpochReport, Images, TrainObserver};
use tch::{Kind, Reduction, Tensor};

use super::batches::{BatchBuffer, shuffled};
use super::{Keep, TrainConfig, Trained};
use crate::bridge::{to_tensor, to_vec};
use crate::error::TorchContext;
use crate::optimizer::Adam;
use crate::{Autoencoder, History, ModelError, NetworkConfig};

/// Images computed at a time when measuring the validation loss.
const VALIDATION_BATCH: usize = 256;

/// One training run: the model, its optimiser, and how far it has come.
pub(super) struct Run<'a, C: NetworkConfig> {
    config: &'a TrainConfig,
    model: Autoencoder<C>,
    optimizer: Adam,
    step: u64,
    best: Option<Best>,
}

/// The weights of the epoch with the lowest validation loss so far.
struct Best {
    epoch: usize,
    loss: f64,
    weights: Vec<Tensor>,
}

/// How an epoch ended.
struct Epoch {
    loss: f64,
    flow: ControlFlow<()>,
}

impl<'a, C: NetworkConfig> Run<'a, C> {
    pub(super) fn new(config: &'a TrainConfig, model: Autoencoder<C>) -> Result<Self, ModelError> {
        let weights = model.parameters().iter().filter(|p| p.trainable).map(|p| &p.tensor);
        let optimizer = Adam::new(config.optimizer, weights).during("preparing the optimiser")?;
        Ok(Self { config, model, optimizer, step: 0, best: None })
    }

    #[cfg(test)]
    pub(super) fn model(&self) -> &Autoencoder<C> {
        &self.model
    }

    pub(super) fn train<D, V, O>(
        mut self,
        train: &D,
        validation: Option<&V>,
        observer: &mut O,
    ) -> Result<Trained<C>, ModelError>
    where
        D: Dataset + ?Sized,
        V: Dataset + ?Sized,
        O: TrainObserver + ?Sized,
    {
        let mut reports = Vec::new();
        let mut flow = ControlFlow::Continue(());
        for epoch in 1..=self.config.epochs {
            let started = Instant::now();
            let done = self.epoch(epoch, train, observer)?;
            let validation_loss = validation.map(|data| self.mean_loss(data)).transpose()?;
            self.remember_if_best(epoch, validation_loss)?;
            let report = EpochReport {
                epoch,
                n_epochs: self.config.epochs,
                train_loss: done.loss,
                validation_loss,
                learning_rate: self.rate_at(self.step.saturating_sub(1)),
                elapsed: started.elapsed(),
            };
            tracing::debug!(epoch, train_loss = done.loss, validation_loss, "epoch done");
            flow = if done.flow.is_break() { done.flow } else { observer.on_epoch(&report) };
            reports.push(report);
            if flow.is_break() {
                break;
            }
        }
        let kept_epoch = self.restore_best()?.unwrap_or(reports.len());
        let history = History { epochs: reports, kept_epoch, is_cancelled: flow.is_break() };
        Ok(Trained { model: self.model, history })
    }

    fn rate_at(&self, step: u64) -> f64 {
        self.config.schedule.rate_at(self.config.learning_rate, step)
    }

    fn epoch<D, O>(&mut self, epoch: usize, data: &D, observer: &mut O) -> Result<Epoch, ModelError>
    where
        D: Dataset + ?Sized,
        O: TrainObserver + ?Sized,
    {
        let order = shuffled(data.len(), self.config.seed, epoch);
        let n_batches = order.len().div_ceil(self.config.batch_size);
        let mut buffer =
            BatchBuffer::new(self.config.batch_size.min(order.len()), data.image_shape());
        let mut losses = Vec::with_capacity(n_batches);
        let mut flow = ControlFlow::Continue(());
        for (i, indices) in order.chunks(self.config.batch_size).enumerate() {
            losses.push((self.train_step(buffer.read(data, indices)?)?, indices.len()));
            let n_epochs = self.config.epochs;
            flow = observer.on_batch(&BatchReport { epoch, n_epochs, batch: i + 1, n_batches });
            if flow.is_break() {
                break;
            }
        }
        Ok(Epoch { loss: weighted_mean(epoch, &losses)?, flow })
    }

    /// One optimiser step; the batch's mean loss, still on the device.
    pub(super) fn train_step(&mut self, images: Images<'_>) -> Result<Tensor, ModelError> {
        let images = to_tensor(&images, self.model.device())?;
        let output = self.model.forward(&images, true)?;
        let loss = output.f_mse_loss(&images, Reduction::Mean).during("computing the loss")?;
        loss.f_backward().during("computing gradients")?;
        let rate = self.rate_at(self.step);
        self.optimizer.step(rate).during("updating weights")?;
        self.step += 1;
        loss.f_detach().during("computing the loss")
    }

    /// The mean loss over a dataset in evaluation mode.
    fn mean_loss<D: Dataset + ?Sized>(&self, data: &D) -> Result<f64, ModelError> {
        let _no_grad = tch::no_grad_guard();
        let indices: Vec<usize> = (0..data.len()).collect();
        let mut buffer = BatchBuffer::new(VALIDATION_BATCH.min(data.len()), data.image_shape());
        let mut sum = 0.0;
        for part in indices.chunks(VALIDATION_BATCH) {
            let images = to_tensor(&buffer.read(data, part)?, self.model.device())?;
            let output = self.model.forward(&images, false)?;
            let loss = output
                .f_mse_loss(&images, Reduction::Mean)
                .and_then(|loss| loss.f_double_value(&[]))
                .during("computing the validation loss")?;
            sum += loss * part.len() as f64;
        }
        Ok(sum / data.len() as f64)
    }

    fn remember_if_best(&mut self, epoch: usize, loss: Option<f64>) -> Result<(), ModelError> {
        let Some(loss) = loss.filter(|_| self.config.keep == Keep::Best) else {
            return Ok(());
        };
        if self.best.as_ref().is_some_and(|best| best.loss <= loss) {
            return Ok(());
        }
        let copies = self.model.parameters().iter().map(|p| p.tensor.f_detach_copy());
        let weights = copies.collect::<Result<_, _>>().during("remembering weights")?;
        self.best = Some(Best { epoch, loss, weights });
        Ok(())
    }

    fn restore_best(&mut self) -> Result<Option<usize>, ModelError> {
        let _no_grad = tch::no_grad_guard();
        let Some(best) = self.best.take() else { return Ok(None) };
        for (parameter, weight) in self.model.parameters().iter().zip(&best.weights) {
            let mut tensor = parameter.tensor.shallow_clone();
            tensor.f_copy_(weight).during("restoring weights")?;
        }
        Ok(Some(best.epoch))
    }
}

/// The mean of batch losses over samples. They are read in one go, at the end of the epoch: on
/// a GPU, reading one waits for everything before it.
fn weighted_mean(epoch: usize, losses: &[(Tensor, usize)]) -> Result<f64, ModelError> {
    let tensors: Vec<&Tensor> = losses.iter().map(|(loss, _)| loss).collect();
    let values = Tensor::f_stack(&tensors, 0)
        .and_then(|t| t.f_to_kind(Kind::Float))
        .during("reading the losses")?;
    let values = to_vec(&values)?;
    if let Some(batch) = values.iter().position(|loss| !loss.is_finite()) {
        let loss = f64::from(values[batch]);
        return Err(ModelError::Diverged { epoch, batch: batch + 1, loss });
    }
    let n: usize = losses.iter().map(|(_, n)| n).sum();
    let sum: f64 =
        values.iter().zip(losses).map(|(&loss, (_, n))| f64::from(loss) * *n as f64).sum();
    Ok(sum / n as f64)
}
