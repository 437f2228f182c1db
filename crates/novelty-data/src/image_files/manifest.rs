use std::fs::File;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::config::ImageReadConfig;
use super::dataset::{ImageFile, ImageFileDataset, MaskSource};
use crate::DataError;

/// How the list of images in a CSV file is understood.
///
/// The first line names the columns. `path` has to be there; `label` and `mask` may be. Paths
/// are relative to the folder of the list, or absolute. The label is the name of a class; one of
/// [`normal_labels`](Self::normal_labels) is normal, every other anomalous, an empty one
/// unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestConfig {
    /// Labels that are normal, compared without regard to case; `good`, `normal`, `ok`, `0` and
    /// `false` unless set.
    pub normal_labels: Vec<String>,
    /// What separates the columns; a comma unless set.
    pub delimiter: u8,
}

impl ManifestConfig {
    /// Commas, and the usual names of what is normal.
    #[must_use]
    pub fn new() -> Self {
        let normal_labels = ["good", "normal", "ok", "0", "false"].map(String::from).to_vec();
        Self { normal_labels, delimiter: b',' }
    }

    /// Sets the labels that are normal.
    #[must_use]
    pub fn normal_labels(mut self, labels: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.normal_labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Sets what separates the columns.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    fn is_normal(&self, label: &str) -> bool {
        // Case of any script, so not only of ASCII.
        self.normal_labels.iter().any(|normal| normal.to_lowercase() == label.to_lowercase())
    }
}

impl Default for ManifestConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the columns are.
struct Columns {
    path: usize,
    label: Option<usize>,
    mask: Option<usize>,
}

/// One line of the list.
struct Row {
    path: String,
    label: Option<String>,
    mask: Option<String>,
}

impl ImageFileDataset {
    /// Opens the images that a CSV file lists; see [`ManifestConfig`]. Classes are the labels,
    /// numbered in the order of their names.
    ///
    /// # Errors
    /// [`DataError::Csv`] with the line if the list is damaged, has no column `path`, or a line
    /// has no path; else as [`open_classes`](Self::open_classes).
    pub fn open_manifest(
        list: impl AsRef<Path>,
        manifest: &ManifestConfig,
        config: &ImageReadConfig,
    ) -> Result<Self, DataError> {
        let list = list.as_ref();
        let rows = read_rows(list, manifest)?;
        let mut class_names: Vec<String> =
            rows.iter().filter_map(|row| row.label.clone()).collect();
        class_names.sort_unstable();
        class_names.dedup();
        let dir = list.parent().unwrap_or(Path::new(""));
        let file = |row: Row| ImageFile {
            path: dir.join(row.path),
            class: row.label.as_ref().and_then(|label| class_names.binary_search(label).ok()),
            is_anomalous: row.label.as_deref().map(|label| !manifest.is_normal(label)),
            mask: row.mask.map_or(MaskSource::Unknown, |mask| MaskSource::File(dir.join(mask))),
        };
        let files = rows.into_iter().map(file).collect();
        Self::from_files(list, files, class_names, config)
    }
}

fn read_rows(list: &Path, manifest: &ManifestConfig) -> Result<Vec<Row>, DataError> {
    let file = File::open(list).map_err(DataError::io(list))?;
    let mut reader =
        ReaderBuilder::new().delimiter(manifest.delimiter).trim(Trim::All).from_reader(file);
    let header = reader.headers().map_err(|error| csv_error(list, error))?.clone();
    let columns = columns(&header).ok_or_else(|| DataError::Csv {
        path: list.to_owned(),
        line: 1,
        reason: format!(
            "has the columns {}, no path",
            header.iter().collect::<Vec<_>>().join(", ")
        ),
    })?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(list, error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell =
            |column: usize| record.get(column).filter(|text| !text.is_empty()).map(str::to_owned);
        let path = cell(columns.path).ok_or_else(|| DataError::Csv {
            path: list.to_owned(),
            line,
            reason: "has no path".to_owned(),
        })?;
        let (label, mask) = (columns.label.and_then(cell), columns.mask.and_then(cell));
        rows.push(Row { path, label, mask });
    }
    Ok(rows)
}

fn columns(header: &StringRecord) -> Option<Columns> {
    // Spreadsheet programs put a byte order mark before the first name.
    let position = |name: &str| {
        header
            .iter()
            .position(|cell| cell.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
    };
    Some(Columns { path: position("path")?, label: position("label"), mask: position("mask") })
}

/// The reader's errors with their line; those of the operating system as such.
pub(crate) fn csv_error(path: &Path, error: csv::Error) -> DataError {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => DataError::Io { path: path.to_owned(), error },
        _ => DataError::Csv { path: path.to_owned(), line, reason },
    }
}
