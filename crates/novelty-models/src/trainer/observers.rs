use std::io::Write;
use std::ops::ControlFlow;

use novelty_core::{BatchReport, EpochReport, TrainObserver};

use crate::history::{CSV_HEADER, csv_row};

/// Writes a line a epoch as CSV, with the columns
/// `epoch,train_loss,validation_loss,learning_rate,elapsed_seconds`, as training goes on.
///
/// If the writer fails, training goes on and [`error`](Self::error) has the first failure: a
/// full disk is no reason to lose a run.
#[derive(Debug)]
pub struct CsvObserver<W> {
    writer: W,
    error: Option<std::io::Error>,
}

impl<W: Write> CsvObserver<W> {
    /// Writes the header.
    pub fn new(writer: W) -> Self {
        let mut observer = Self { writer, error: None };
        observer.line(CSV_HEADER);
        observer
    }

    /// The first failure to write.
    pub fn error(&self) -> Option<&std::io::Error> {
        self.error.as_ref()
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.writer
    }

    fn line(&mut self, text: &str) {
        if self.error.is_some() {
            return;
        }
        let written = writeln!(self.writer, "{text}").and_then(|()| self.writer.flush());
        self.error = written.err();
    }
}

impl<W: Write> TrainObserver for CsvObserver<W> {
    fn on_epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        self.line(&csv_row(report));
        ControlFlow::Continue(())
    }
}

/// Writes a line a epoch for a person to read.
#[derive(Debug)]
pub struct ProgressObserver<W> {
    writer: W,
}

impl<W: Write> ProgressObserver<W> {
    /// Writes to `writer`, such as `std::io::stderr()`. Failures to write are ignored.
    pub fn new(writer: W) -> Self {
        Self { writer }
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.writer
    }
}

impl<W: Write> TrainObserver for ProgressObserver<W> {
    fn on_epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let EpochReport { epoch, n_epochs, train_loss, .. } = report;
        let validation = report.validation_loss.map(|loss| format!(", validation {loss:.6}"));
        let validation = validation.unwrap_or_default();
        let seconds = report.elapsed.as_secs_f64();
        // Nobody can be told, and nothing is lost.
        let _ = writeln!(
            self.writer,
            "epoch {epoch}/{n_epochs}: loss {train_loss:.6}{validation}, {seconds:.1} s"
        );
        ControlFlow::Continue(())
    }
}

/// Several observers as one. All of them see everything; training ends if one wants it to.
#[derive(Default)]
pub struct Observers<'a> {
    list: Vec<&'a mut dyn TrainObserver>,
}

impl std::fmt::Debug for Observers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observers").field("len", &self.list.len()).finish()
    }
}

impl<'a> Observers<'a> {
    /// No observers yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    #[must_use]
    pub fn and(mut self, observer: &'a mut dyn TrainObserver) -> Self {
        self.list.push(observer);
        self
    }

    fn all(
        &mut self,
        mut call: impl FnMut(&mut dyn TrainObserver) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        for observer in &mut self.list {
            if call(*observer).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        flow
    }
}

impl TrainObserver for Observers<'_> {
    fn on_epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        self.all(|observer| observer.on_epoch(report))
    }

    fn on_batch(&mut self, report: &BatchReport) -> ControlFlow<()> {
        self.all(|observer| observer.on_batch(report))
    }
}

/// Ends training as soon as the training loss is at most a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossTarget(
    /// The loss to reach.
    pub f64,
);

impl TrainObserver for LossTarget {
    fn on_epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        if report.train_loss <= self.0 {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
