use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use novelty_report::{Figure, write_atomic};
use serde::Serialize;

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
}

/// What made a report: the command line, and the versions that matter.
#[must_use]
pub fn provenance() -> Vec<(String, String)> {
    let command: Vec<String> = std::env::args().skip(1).collect();
    let flags = if command.is_empty() { "none".to_owned() } else { command.join(" ") };
    vec![("Flags".to_owned(), flags), ("novelty".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]
}
