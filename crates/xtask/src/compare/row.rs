use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::Contest;
use super::measure::{Pair, median};
use super::side::Farewell;
use crate::machine;

/// One task against one peer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) area: String,
    pub(super) task: String,
    pub(super) description: String,
    pub(super) ours_ms: f64,
    pub(super) peer: String,
    pub(super) peer_version: String,
    pub(super) peer_ms: f64,
    /// The median over the pairs of peer time / our time.
    pub(super) ratio: f64,
    pub(super) ratio_min: f64,
    pub(super) ratio_max: f64,
    pub(super) ours_peak_mb: Option<f64>,
    pub(super) peer_peak_mb: Option<f64>,
    pub(super) answers_agree: bool,
    pub(super) threads: usize,
    pub(super) runs: usize,
    pub(super) machine: String,
}

impl Row {
    /// Sums up the pairs; `ends` is what ours and theirs said at the end.
    pub(super) fn new(
        contest: &Contest<'_>,
        threads: usize,
        pairs: &[Pair],
        ends: &[Farewell; 2],
    ) -> Self {
        let Contest { area, task, peer } = contest;
        let [ours, theirs] = ends;
        let ratios = || pairs.iter().map(Pair::ratio);
        Self {
            area: (*area).to_owned(),
            task: task.name.clone(),
            description: task.description.clone(),
            ours_ms: median(pairs.iter().map(|pair| pair.ours.ms)),
            peer: peer.name.clone(),
            peer_version: theirs.version.clone(),
            peer_ms: median(pairs.iter().map(|pair| pair.theirs.ms)),
            ratio: median(ratios()),
            ratio_min: ratios().fold(f64::INFINITY, f64::min),
            ratio_max: ratios().fold(f64::NEG_INFINITY, f64::max),
            ours_peak_mb: ours.peak_mb,
            peer_peak_mb: theirs.peak_mb,
            answers_agree: pairs.iter().all(|pair| pair.agrees(task)),
            threads,
            runs: pairs.len(),
            machine: machine::describe(),
        }
    }
}

/// A comparison of two different answers measures nothing.
pub(super) fn all_agree(rows: &[Row]) -> Result<()> {
    let apart: Vec<_> = rows
        .iter()
        .filter(|row| !row.answers_agree)
        .map(|row| format!("{} {} against {}", row.area, row.task, row.peer))
        .collect();
    if apart.is_empty() { Ok(()) } else { bail!("the answers differ: {}", apart.join("; ")) }
}

pub(super) fn write_json(path: &Path, rows: &[Row]) -> Result<()> {
    write_whole(path, &serde_json::to_string_pretty(rows)?)
}

/// Writes beside the file, then renames.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(context)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)?;
    readable_by_all(file.as_file()).with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}

/// A temporary file is its owner's alone; what replaces a file of the project is not.
#[cfg(unix)]
fn readable_by_all(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::area::{Peer, PeerSide, Task};
    use super::super::side::Answer;
    use super::*;

    pub(in super::super) fn row() -> Row {
        let task = Task {
            name: "train".to_owned(),
            description: "one epoch".to_owned(),
            rtol: 0.0,
            atol: 0.5,
            peers: Vec::new(),
        };
        let peer = Peer { name: "torch eager".to_owned(), side: PeerSide::Python };
        let pair = |ours, theirs| Pair {
            ours: Answer { ms: ours, answer: vec![1.0] },
            theirs: Answer { ms: theirs, answer: vec![1.25] },
        };
        let end = |mb, version: &str| Farewell { peak_mb: mb, version: version.to_owned() };
        let pairs = [pair(10.0, 20.0), pair(8.0, 8.0), pair(9.0, 13.5)];
        let contest = Contest { area: "models", task: &task, peer: &peer };
        let ends = [end(Some(100.25), ""), end(None, "2.13.0")];
        let row = Row::new(&contest, 2, &pairs, &ends);
        Row { machine: "a machine".to_owned(), ..row }
    }

    #[test]
    fn a_row_holds_medians_and_the_spread() {
        let row = row();
        assert_eq!((row.ours_ms, row.peer_ms, row.ratio), (9.0, 13.5, 1.5));
        assert_eq!((row.ratio_min, row.ratio_max, row.runs), (1.0, 2.0, 3));
        assert!(row.answers_agree);
    }

    #[test]
    fn differing_answers_are_named() {
        let apart = Row { answers_agree: false, ..row() };
        all_agree(&[row()]).unwrap();
        let error = all_agree(&[row(), apart]).unwrap_err();
        assert_eq!(error.to_string(), "the answers differ: models train against torch eager");
    }

    #[test]
    fn rows_are_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/rows.json");
        write_json(&path, &[row()]).unwrap();
        let rows: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for key in [
            "area",
            "task",
            "ours_ms",
            "peer",
            "peer_version",
            "peer_ms",
            "ratio",
            "ours_peak_mb",
            "peer_peak_mb",
            "answers_agree",
            "threads",
            "runs",
            "ratio_min",
            "ratio_max",
        ] {
            assert!(rows[0].get(key).is_some(), "{key}");
        }
    }
}
