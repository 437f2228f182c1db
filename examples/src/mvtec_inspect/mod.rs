//! What `mvtec_inspect` compares, how it chooses, and how it shows it.

mod category;
mod defects;
mod methods;
mod page;
mod rehearsal;
mod results;

pub use category::Category;
pub use defects::{DrawnDefect, draw_defect};
pub use methods::{Detector, Judged, Method, Training};
pub use page::write_report;
pub use rehearsal::Rehearsal;
pub use results::{Inspected, Metrics, Quality};

use std::path::{Path, PathBuf};

use novelty_data::{InspectionConfig, MvtecDataset};

use crate::Output;

/// The tree of images to read: the one given, or the synthetic inspection set, which is drawn
/// into the output folder once.
///
/// # Errors
/// If it cannot be drawn.
pub fn images_root(data: Option<&Path>, output: &Output, smoke: bool) -> anyhow::Result<PathBuf> {
    if let Some(root) = data {
        return Ok(root.to_owned());
    }
    let root = output.path("inspection");
    if !root.exists() {
        let config = InspectionConfig::new();
        let config = if smoke { config.side(64).n_train(24).n_test_good(6) } else { config };
        let config = if smoke { config.n_per_defect(2) } else { config };
        config.write(&root)?;
    }
    Ok(root)
}

/// The categories to inspect: those asked for, or all there are; one of them in a smoke run.
///
/// # Errors
/// If the tree cannot be read.
pub fn categories(root: &Path, asked: &[String], smoke: bool) -> anyhow::Result<Vec<String>> {
    let mut names = if asked.is_empty() { MvtecDataset::categories(root)? } else { asked.to_vec() };
    anyhow::ensure!(!names.is_empty(), "{} holds no category", root.display());
    if smoke {
        names.truncate(1);
    }
    Ok(names)
}
