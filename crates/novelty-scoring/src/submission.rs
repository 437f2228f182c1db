use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::ScoringError;
use crate::threshold::ensure_scores;

/// Writes scores as a table of two columns with the head `id,score`, the ids counted from 0: the
/// form in which competitions take anomaly scores, such as the face task of NTU's Machine
/// Learning 2021, homework 8.
///
/// Scores are written with as many digits as tell `f32` numbers apart. The file is written
/// beside its place and renamed: what stood there before stays until the new one is whole.
///
/// # Errors
/// If there is no score, one is not finite, or the file cannot be written.
pub fn write_submission(path: impl AsRef<Path>, scores: &[f32]) -> Result<(), ScoringError> {
    ensure_scores("scores", scores)?;
    let path = path.as_ref();
    write(path, scores).map_err(|source| ScoringError::Write { path: path.to_owned(), source })
}

fn write(path: &Path, scores: &[f32]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut out = BufWriter::new(NamedTempFile::new_in(folder)?);
    writeln!(out, "id,score")?;
    for (id, score) in scores.iter().enumerate() {
        writeln!(out, "{id},{score}")?;
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
