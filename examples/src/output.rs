use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use novelty_report::{Figure, Report, Section, write_atomic};
use serde::Serialize;

use crate::{PageSection, Run};

/// The folder an example writes to. Every file in it is whole or absent.
#[derive(Debug, Clone)]
pub struct Output {
    folder: PathBuf,
}

impl Output {
    /// Makes the folder, if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(folder: impl Into<PathBuf>) -> anyhow::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the output folder {}", folder.display()))?;
        let folder = folder.canonicalize().unwrap_or(folder);
        Ok(Self { folder })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The place of a file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes `metrics.json`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_metrics(&self, metrics: &impl Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(metrics)? + "\n";
        Ok(write_atomic(self.path("metrics.json"), text)?)
    }

    /// Writes `scores.csv`: index, score, label, flagged.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_scores(
        &self,
        scores: &[f32],
        labels: &[bool],
        is_flagged: impl Fn(f32) -> bool,
    ) -> anyhow::Result<()> {
        let mut text = String::from("index,score,label,flagged\n");
        for (i, (&score, &label)) in scores.iter().zip(labels).enumerate() {
            writeln!(text, "{i},{score},{},{}", u8::from(label), u8::from(is_flagged(score)))?;
        }
        Ok(write_atomic(self.path("scores.csv"), text)?)
    }

    /// Saves a figure as PNG.
    ///
    /// # Errors
    /// If it cannot be drawn or written.
    pub fn save_png(&self, name: &str, figure: &impl Figure) -> anyhow::Result<()> {
        Ok(figure.save_png(self.path(name))?)
    }

    /// A part of the page, whose figures are saved here too.
    #[must_use]
    pub fn section(&self, heading: &str) -> PageSection<'_> {
        PageSection::new(self, Section::new(heading))
    }

    /// Writes `report.html`, with what made it at its foot.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_report(&self, report: Report, run: &Run) -> anyhow::Result<()> {
        let report = provenance(run)
            .into_iter()
            .fold(report, |report, (name, value)| report.provenance(name, value));
        Ok(report.save(self.path("report.html"))?)
    }
}

/// What made a report: the flags, and what else decides its numbers.
fn provenance(run: &Run) -> [(&'static str, String); 5] {
    let flags: Vec<String> = std::env::args().skip(1).collect();
    let flags = if flags.is_empty() { "none".to_owned() } else { flags.join(" ") };
    [
        ("Flags", flags),
        ("Seed", run.seed.to_string()),
        ("Threads", run.threads.to_string()),
        ("Time", format!("{:.0} s", run.seconds())),
        ("novelty", env!("CARGO_PKG_VERSION").to_owned()),
    ]
}
