use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressStyle};
use novelty_core::{BatchReport, EpochReport, TrainObserver};

/// A bar over all batches of all epochs, with the latest losses and the time left.
#[derive(Debug)]
pub struct EpochBar {
    bar: ProgressBar,
}

impl EpochBar {
    /// A bar that shows itself with the first batch.
    #[must_use]
    pub fn new() -> Self {
        let bar = ProgressBar::no_length();
        let template = "{prefix} {wide_bar} {pos}/{len} batches, {eta} left {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }
}

impl Default for EpochBar {
    fn default() -> Self {
        Self::new()
    }
}

impl TrainObserver for EpochBar {
    fn on_epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let validation = report.validation_loss.map(|loss| format!(", validation {loss:.5}"));
        let losses = format!("loss {:.5}{}", report.train_loss, validation.unwrap_or_default());
        // Where there is no terminal, a line an epoch takes the bar's place.
        if self.bar.is_hidden() {
            let (epoch, of) = (report.epoch, report.n_epochs);
            eprintln!("epoch {epoch}/{of}: {losses}, {:.1} s", report.elapsed.as_secs_f64());
        }
        self.bar.set_message(format!("({losses})"));
        if report.epoch == report.n_epochs {
            self.bar.finish();
        }
        ControlFlow::Continue(())
    }

    fn on_batch(&mut self, report: &BatchReport) -> ControlFlow<()> {
        if report.epoch == 1 && report.batch == 1 {
            self.bar.set_length((report.n_batches * report.n_epochs) as u64);
        }
        self.bar.set_prefix(format!("epoch {}/{}", report.epoch, report.n_epochs));
        self.bar.set_position(((report.epoch - 1) * report.n_batches + report.batch) as u64);
        ControlFlow::Continue(())
    }
}
