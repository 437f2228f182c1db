use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use novelty_core::{BatchReport, EpochReport, ScoreObserver, TrainObserver};

/// A bar over all batches of all epochs, with the latest losses and the time left.
#[derive(Debug)]
pub struct EpochBar {
    bar: ProgressBar,
    name: String,
}

impl EpochBar {
    /// A bar that shows itself with the first batch.
    #[must_use]
    pub fn new() -> Self {
        let bar = ProgressBar::no_length();
        style(&bar, "{prefix} {wide_bar} {pos}/{len} batches, {eta} left {msg}");
        Self { bar, name: String::new() }
    }

    /// A bar that says what is trained, for examples that train several models.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() + ", ", ..Self::new() }
    }
}

fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
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
            let (name, seconds) = (&self.name, report.elapsed.as_secs_f64());
            eprintln!("{name}epoch {epoch}/{of}: {losses}, {seconds:.1} s");
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
        self.bar.set_prefix(format!("{}epoch {}/{}", self.name, report.epoch, report.n_epochs));
        self.bar.set_position(((report.epoch - 1) * report.n_batches + report.batch) as u64);
        ControlFlow::Continue(())
    }
}

/// A bar over the parts of a work, with the time left.
///
/// Any thread may advance it. It watches the scoring of a dataset, and where training a network
/// is one part of many, that training too.
#[derive(Debug)]
pub struct TaskBar {
    bar: ProgressBar,
    name: String,
    done: AtomicUsize,
    total: usize,
    /// Whether parts are called by name: each has its line then where there is no terminal.
    is_named: AtomicBool,
}

impl TaskBar {
    /// A bar of `total` parts.
    #[must_use]
    pub fn new(name: impl Into<String>, total: usize) -> Self {
        let (name, bar) = (name.into(), ProgressBar::new(total as u64));
        style(&bar, "{prefix} {wide_bar} {pos}/{len}, {eta} left {msg}");
        bar.set_prefix(name.clone());
        Self { bar, name, done: AtomicUsize::new(0), total, is_named: AtomicBool::new(false) }
    }

    /// Says which part begins.
    pub fn begin(&self, part: &str) {
        self.is_named.store(true, Ordering::Relaxed);
        if self.bar.is_hidden() {
            let number = self.done.load(Ordering::Relaxed) + 1;
            eprintln!("{} {number}/{}: {part}", self.name, self.total);
        }
        self.bar.set_message(format!("({part})"));
    }

    /// One more part is done.
    pub fn advance(&self) {
        let before = self.done.fetch_add(1, Ordering::Relaxed);
        self.show(before, before + 1);
    }

    /// Says what came out of a part, above the bar.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    /// Where there is no terminal, a line each tenth takes the bar's place.
    fn show(&self, before: usize, done: usize) {
        self.bar.set_position(done as u64);
        let tenth = |parts: usize| parts * 10 / self.total.max(1);
        let is_named = self.is_named.load(Ordering::Relaxed);
        if self.bar.is_hidden() && !is_named && tenth(done) > tenth(before) {
            eprintln!("{}: {done}/{}", self.name, self.total);
        }
        if done >= self.total {
            self.bar.finish();
        }
    }
}

impl ScoreObserver for TaskBar {
    fn on_scored(&mut self, done: usize, total: usize) -> ControlFlow<()> {
        self.total = total;
        self.bar.set_length(total as u64);
        let before = self.done.swap(done, Ordering::Relaxed);
        self.show(before, done);
        ControlFlow::Continue(())
    }
}

impl TrainObserver for TaskBar {
    fn on_epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let EpochReport { epoch, n_epochs, train_loss, .. } = report;
        self.bar.set_message(format!("(epoch {epoch}/{n_epochs}, loss {train_loss:.4})"));
        ControlFlow::Continue(())
    }
}
