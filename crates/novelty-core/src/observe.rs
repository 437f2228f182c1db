use std::ops::ControlFlow;
use std::time::Duration;

/// What one training epoch came to.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EpochReport {
    /// Counted from 1.
    pub epoch: usize,
    /// How many are planned.
    pub n_epochs: usize,
    /// Mean training loss over the epoch's samples, measured while the weights moved.
    pub train_loss: f64,
    /// Mean loss on the validation samples after the epoch, where there are any.
    pub validation_loss: Option<f64>,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Time the epoch took, validation included.
    pub elapsed: Duration,
}

/// How far an epoch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchReport {
    /// The running epoch, counted from 1.
    pub epoch: usize,
    /// How many epochs are planned.
    pub n_epochs: usize,
    /// Batches done in this epoch.
    pub batch: usize,
    /// Batches in an epoch.
    pub n_batches: usize,
}

/// Watches training, and may end it.
///
/// `ControlFlow::Break` ends training after the running step; the model then holds the weights
/// it had reached. `()` watches nothing; a closure over [`EpochReport`] is an observer too.
pub trait TrainObserver {
    /// Called after every epoch.
    fn on_epoch(&mut self, report: &EpochReport) -> ControlFlow<()>;

    /// Called after every batch. Does nothing unless overridden.
    fn on_batch(&mut self, _report: &BatchReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl TrainObserver for () {
    fn on_epoch(&mut self, _report: &EpochReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(&EpochReport) -> ControlFlow<()>> TrainObserver for F {
    fn on_epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        self(report)
    }
}

/// Watches the scoring of a dataset, and may end it.
pub trait ScoreObserver {
    /// Called after every batch with the number of samples scored so far and in all.
    fn on_scored(&mut self, done: usize, total: usize) -> ControlFlow<()>;
}

impl ScoreObserver for () {
    fn on_scored(&mut self, _done: usize, _total: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(usize, usize) -> ControlFlow<()>> ScoreObserver for F {
    fn on_scored(&mut self, done: usize, total: usize) -> ControlFlow<()> {
        self(done, total)
    }
}
