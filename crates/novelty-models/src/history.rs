use novelty_core::EpochReport;

/// What happened in training.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// One report an epoch, in order.
    pub epochs: Vec<EpochReport>,
    /// The epoch the kept weights are of, counted from 1.
    pub kept_epoch: usize,
    /// Whether an observer ended training before the last epoch.
    pub is_cancelled: bool,
}

impl History {
    /// The last epoch's mean training loss, measured while the weights moved.
    #[must_use]
    pub fn final_train_loss(&self) -> Option<f64> {
        self.epochs.last().map(|epoch| epoch.train_loss)
    }

    /// The last epoch's validation loss, where there was validation data.
    #[must_use]
    pub fn final_validation_loss(&self) -> Option<f64> {
        self.epochs.last().and_then(|epoch| epoch.validation_loss)
    }
}
