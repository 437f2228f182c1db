use crate::check::Check;
use crate::error::Result;

/// Which side of a column its cells keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table: a header, and rows of as many cells.
///
/// A column whose cells all begin like numbers keeps to the right, so that digits stand under
/// each other; any other to the left.
///
/// ```
/// use novelty_report::Table;
///
/// let table = Table::new(["", "notebook", "ours"])
///     .row(["flagged", "7", "7"])
///     .row(["ROC AUC", "not given", "0.9952"])
///     .strong(1, 2);
/// assert_eq!(table.n_rows(), 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub(crate) caption: String,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    strong: Vec<(usize, usize)>,
    aligns: Vec<(usize, Align)>,
}

impl Table {
    /// A table with a header and no rows yet.
    #[must_use]
    pub fn new<T: Into<String>>(header: impl IntoIterator<Item = T>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// A line above the table.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Adds a row, of as many cells as the header has.
    #[must_use]
    pub fn row<T: Into<String>>(mut self, cells: impl IntoIterator<Item = T>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Makes a cell stand out, such as the best of a column; both count from 0.
    #[must_use]
    pub fn strong(mut self, row: usize, column: usize) -> Self {
        self.strong.push((row, column));
        self
    }

    /// The side a column keeps to, instead of the one its cells suggest.
    #[must_use]
    pub fn align(mut self, column: usize, align: Align) -> Self {
        self.aligns.push((column, align));
        self
    }

    /// How many rows there are.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn check(&self) -> Result<()> {
        let name = if self.caption.is_empty() { "table" } else { &self.caption };
        let check = Check { figure: name };
        check.not_empty("the header", self.header.len())?;
        for (i, row) in self.rows.iter().enumerate() {
            check.length(&format!("row {i}"), self.header.len(), row.len())?;
        }
        Ok(())
    }

    /// The header's cells, each with its style class.
    pub(crate) fn styled_header(&self) -> Vec<(&str, &'static str)> {
        let class = |column| if self.alignment(column) == Align::Right { "right" } else { "" };
        self.header
            .iter()
            .enumerate()
            .map(|(column, cell)| (cell.as_str(), class(column)))
            .collect()
    }

    /// The rows' cells, each with its style class.
    pub(crate) fn styled_rows(&self) -> Vec<Vec<(&str, &'static str)>> {
        let aligns: Vec<Align> = (0..self.header.len()).map(|c| self.alignment(c)).collect();
        let class = |row, column| match (aligns[column], self.strong.contains(&(row, column))) {
            (Align::Left, false) => "",
            (Align::Left, true) => "strong",
            (Align::Right, false) => "right",
            (Align::Right, true) => "right strong",
        };
        let mut styled = Vec::with_capacity(self.rows.len());
        for (r, row) in self.rows.iter().enumerate() {
            let cells = (0..aligns.len()).zip(row);
            styled.push(cells.map(|(c, cell)| (cell.as_str(), class(r, c))).collect());
        }
        styled
    }

    fn alignment(&self, column: usize) -> Align {
        let chosen = self.aligns.iter().rev().find(|(c, _)| *c == column);
        chosen.map_or_else(|| self.suggested(column), |(_, align)| *align)
    }

    /// Right when the column has a number and nothing but numbers and empty cells.
    fn suggested(&self, column: usize) -> Align {
        let cells = || self.rows.iter().filter_map(|row| row.get(column)).filter(|c| !is_blank(c));
        let numbers = cells().next().is_some() && cells().all(|cell| is_numeric(cell));
        if numbers { Align::Right } else { Align::Left }
    }
}

fn is_blank(cell: &str) -> bool {
    matches!(cell.trim(), "" | "-" | "–" | "—")
}

/// Whether a cell begins with a digit, after a sign or the like.
fn is_numeric(cell: &str) -> bool {
    let rest =
        cell.trim().trim_start_matches(['+', '-', '−', '±', '<', '>', '≤', '≥', '~', '.', ' ']);
    rest.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_right() {
        let table = Table::new(["method", "auc", "change", "note"])
            .row(["pca", "0.99", "−3 %", "9 lives"])
            .row(["knn", "–", "+ 1.2", "fast"]);
        let aligns: Vec<Align> = (0..4).map(|c| table.alignment(c)).collect();
        assert_eq!(aligns, [Align::Left, Align::Right, Align::Right, Align::Left]);
        assert_eq!(table.align(0, Align::Right).alignment(0), Align::Right);
    }

    #[test]
    fn rows_of_another_length_are_errors() {
        let error = Table::new(["a", "b"]).row(["1", "2"]).row(["3"]).check().unwrap_err();
        assert_eq!(error.to_string(), "\"table\": row 1 has 1 entries, expected 2");
    }
}
