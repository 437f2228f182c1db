use std::fmt::Write;

use novelty_core::EpochReport;
use serde::{Deserialize, Serialize};

/// What happened in training.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// One report an epoch, in order.
    pub epochs: Vec<EpochReport>,
    /// What else was measured, such as the parts of a loss or the radius of a hypersphere.
    pub measures: Vec<Measure>,
    /// The epoch the kept weights are of, counted from 1.
    pub kept_epoch: usize,
    /// Whether an observer ended training before the last epoch.
    pub is_cancelled: bool,
    /// Whether training ended because the loss had converged.
    pub is_converged: bool,
}

/// A number that was measured every epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Measure {
    /// What it is.
    pub name: String,
    /// One value an epoch, in order.
    pub values: Vec<f64>,
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

    /// The values of a measure, one an epoch.
    #[must_use]
    pub fn measure(&self, name: &str) -> Option<&[f64]> {
        self.measures.iter().find(|measure| measure.name == name).map(|m| m.values.as_slice())
    }

    /// The history as a table: a header, and a line an epoch.
    ///
    /// Columns: `epoch,train_loss,validation_loss,learning_rate,elapsed_seconds`, then the
    /// measures. What was not measured is empty.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = CSV_HEADER.to_owned();
        for measure in &self.measures {
            text.extend([",", &measure.name]);
        }
        text.push('\n');
        for (i, report) in self.epochs.iter().enumerate() {
            text.push_str(&csv_row(report));
            for measure in &self.measures {
                text.push(',');
                if let Some(value) = measure.values.get(i) {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "{value:e}");
                }
            }
            text.push('\n');
        }
        text
    }
}

/// The columns every history has.
pub(crate) const CSV_HEADER: &str =
    "epoch,train_loss,validation_loss,learning_rate,elapsed_seconds";

/// The values of those columns, without a line end.
pub(crate) fn csv_row(report: &EpochReport) -> String {
    let EpochReport { epoch, train_loss, learning_rate, .. } = report;
    let validation_loss = report.validation_loss.map(|x| format!("{x:e}")).unwrap_or_default();
    let seconds = report.elapsed.as_secs_f64();
    format!("{epoch},{train_loss:e},{validation_loss},{learning_rate:e},{seconds:.3}")
}
