use novelty_core::{Dataset, ImageShape};
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use crate::ModelError;
use crate::error::TorchContext;
use crate::optimizer::Optimizer;
use crate::parameters::Parameter;
use crate::precision::SharedPrecision;
use crate::random::{self, Purpose};

/// What a run trains, and by which loss.
///
/// The run reads the data, keeps time, remembers, saves and resumes; the objective computes.
pub(crate) trait Objective {
    /// Every parameter and buffer, by name: saved, restored, and kept if best.
    fn parameters(&self) -> &[Parameter];

    /// Where they are.
    fn device(&self) -> tch::Device;

    /// The images it takes.
    fn image_shape(&self) -> ImageShape;

    /// What the layers compute with, shared with them.
    fn precision(&self) -> &SharedPrecision;

    /// A batch in the layout that is computed fastest. Default as it is.
    fn arranged(&self, images: &Tensor) -> Result<Tensor, ModelError> {
        Ok(images.shallow_clone())
    }

    /// How many optimisers take turns. Default 1.
    fn n_optimizers(&self) -> usize {
        1
    }

    /// Which optimiser a trainable parameter belongs to. Default the first.
    fn optimizer_of(&self, _name: &str) -> usize {
        0
    }

    /// Names of the parts a loss is logged in, beside the total. Default none.
    fn part_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// The mean loss of a batch, in training or evaluation mode.
    fn losses(&self, batch: &Batch<'_>, train: bool) -> Result<Losses, ModelError>;

    /// One training step. Default: the first optimiser goes down the total loss.
    fn step(&mut self, batch: &Batch<'_>, steps: &mut Steps<'_>) -> Result<Losses, ModelError> {
        let losses = self.losses(batch, true)?;
        steps.take(0, &losses.total)?;
        Ok(losses)
    }

    /// Before the first epoch, not again when resumed. Default nothing.
    fn prepare<D: Dataset + Sync + ?Sized>(&mut self, _data: &D) -> Result<(), ModelError> {
        Ok(())
    }

    /// After an epoch's steps, before its validation. Default nothing.
    fn epoch_done<D: Dataset + Sync + ?Sized>(
        &mut self,
        _epoch: usize,
        _data: &D,
    ) -> Result<(), ModelError> {
        Ok(())
    }

    /// What is logged after each epoch beside the losses. Default nothing.
    fn measures(&self) -> Result<Vec<(&'static str, f64)>, ModelError> {
        Ok(Vec::new())
    }

    /// Tensors beside the parameters that a run must get back when it is resumed: written into
    /// in place. Default none.
    fn state(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }
}

/// The losses of a batch: means over its samples.
pub(crate) struct Losses {
    /// What is minimised.
    pub(crate) total: Tensor,
    /// The parts with a name, in the order of [`Objective::part_names`].
    pub(crate) parts: Vec<Tensor>,
}

impl From<Tensor> for Losses {
    fn from(total: Tensor) -> Self {
        Self { total, parts: Vec::new() }
    }
}

impl Losses {
    /// The numbers without the graph behind them, which would keep its memory.
    pub(super) fn detach(&self) -> Result<Vec<Tensor>, ModelError> {
        let all = std::iter::once(&self.total).chain(&self.parts);
        all.map(Tensor::f_detach).collect::<Result<_, _>>().during("computing the loss")
    }
}

/// One batch on the device, and where in the run it is.
pub(crate) struct Batch<'a> {
    /// `(n, channels, height, width)`.
    pub(crate) images: Tensor,
    /// Whether each image is anomalous, where the dataset knows.
    pub(crate) labels: &'a [Option<bool>],
    /// The class of each image, where the dataset knows.
    pub(crate) classes: &'a [Option<usize>],
    /// The run's seed.
    pub(crate) seed: u64,
    /// The epoch, counted from 1; 0 in validation, so that every epoch is held to the same.
    pub(crate) epoch: usize,
    /// The batch in its epoch, counted from 0.
    pub(crate) index: usize,
}

impl Batch<'_> {
    /// The batch's own random numbers for a purpose.
    pub(crate) fn rng(&self, purpose: Purpose) -> ChaCha8Rng {
        random::stream(self.seed, purpose, self.epoch, self.index)
    }
}

/// The optimisers at one step of a run.
pub(crate) struct Steps<'a> {
    pub(super) optimizers: &'a mut [Optimizer],
    pub(super) rate: f64,
}

impl Steps<'_> {
    /// The optimiser `index` takes a step down the gradient of `loss`.
    pub(crate) fn take(&mut self, index: usize, loss: &Tensor) -> Result<(), ModelError> {
        self.take_scaled(index, loss, 1.0)
    }

    /// As [`Steps::take`], at `factor` times the learning rate.
    pub(crate) fn take_scaled(
        &mut self,
        index: usize,
        loss: &Tensor,
        factor: f64,
    ) -> Result<(), ModelError> {
        let (rate, optimizers) = (self.rate * factor, &mut self.optimizers[index..=index]);
        Optimizer::step_all(optimizers, loss, rate).during("taking a step")
    }

    /// The first `n` optimisers each take a step down the gradient of one `loss`.
    pub(crate) fn take_together(&mut self, n: usize, loss: &Tensor) -> Result<(), ModelError> {
        Optimizer::step_all(&mut self.optimizers[..n], loss, self.rate).during("taking a step")
    }
}
