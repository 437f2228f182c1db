use std::path::Path;

use csv::{ReaderBuilder, Trim};

use super::array::NpyArray;
use super::convert::for_each_value;
use super::fault::NpyFault;
use super::header::NumberType;
use crate::DataError;
use crate::image_files::csv_error;

/// Reads one class a sample from a `.npy` file of integers or booleans with one dimension, or
/// from a CSV file (by its ending, `.csv`): the column `label`, or the only column, of integers;
/// a first line that is no number names the columns.
///
/// # Errors
/// If the file cannot be read or is damaged, or a label is no number from 0.
pub fn read_labels(path: impl AsRef<Path>) -> Result<Vec<usize>, DataError> {
    let path = path.as_ref();
    let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if is_csv { from_csv(path) } else { from_npy(path).map_err(DataError::npy(path)) }
}

fn from_npy(path: &Path) -> Result<Vec<usize>, NpyFault> {
    let array = super::open::open(path, None)?;
    from_array(&array)
}

fn from_array(array: &NpyArray) -> Result<Vec<usize>, NpyFault> {
    let (what, element) = ("labels", array.element_type());
    if array.shape().len() != 1 {
        return Err(NpyFault::Rank { what, expected: "one", got: array.shape().len() });
    }
    if element.number == NumberType::Float {
        let got = element.to_string();
        return Err(NpyFault::Values { what, expected: "integers", got });
    }
    let mut labels = Vec::with_capacity(array.shape()[0]);
    let mut negative = None;
    for_each_value(element, array.values()?, |value| {
        if value < 0.0 && negative.is_none() {
            negative = Some((labels.len(), value as i64));
        }
        labels.push(value as usize);
    });
    match negative {
        Some((index, value)) => Err(NpyFault::NegativeLabel { index, value }),
        None => Ok(labels),
    }
}

fn from_csv(path: &Path) -> Result<Vec<usize>, DataError> {
    let file = std::fs::File::open(path).map_err(DataError::io(path))?;
    let mut reader = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(file);
    let (mut labels, mut column) = (Vec::new(), None);
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(path, error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let fault = |reason: String| DataError::Csv { path: path.to_owned(), line, reason };
        let Some(at) = column else {
            let first = record.get(0).unwrap_or_default().trim_start_matches('\u{feff}');
            match (first.parse(), record.len()) {
                (Ok(label), 1) => labels.push(label),
                (Err(_), 1) => {}
                _ if record.iter().any(|cell| cell.eq_ignore_ascii_case("label")) => {}
                _ => return Err(fault("has several columns, none named label".to_owned())),
            }
            column = record.iter().position(|cell| cell.eq_ignore_ascii_case("label")).or(Some(0));
            continue;
        };
        let cell = record.get(at).unwrap_or_default();
        let label =
            cell.parse().map_err(|_| fault(format!("has the label {cell:?}, no number from 0")))?;
        labels.push(label);
    }
    Ok(labels)
}
