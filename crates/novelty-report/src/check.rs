//! The checks that all charts make on their data, with the words of one error.

use crate::axis::Kind;
use crate::error::{ReportError, Result};

/// Names the figure in the errors it raises.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check<'a> {
    pub(crate) figure: &'a str,
}

impl Check<'_> {
    pub(crate) fn not_empty(self, part: &str, len: usize) -> Result<()> {
        if len > 0 {
            return Ok(());
        }
        Err(ReportError::Empty { figure: self.figure.to_owned(), part: part.to_owned() })
    }

    /// Every value is finite and, on a logarithmic axis, above zero.
    pub(crate) fn values(
        self,
        part: &str,
        kind: Kind,
        values: impl IntoIterator<Item = f64>,
    ) -> Result<()> {
        for (index, value) in values.into_iter().enumerate() {
            let (figure, part) = (self.figure, part);
            if !value.is_finite() {
                return Err(ReportError::NotFinite {
                    figure: figure.to_owned(),
                    part: part.to_owned(),
                    index,
                    value,
                });
            }
            if kind == Kind::Log && value <= 0.0 {
                return Err(ReportError::NotPositive {
                    figure: figure.to_owned(),
                    part: part.to_owned(),
                    index,
                    value,
                });
            }
        }
        Ok(())
    }

    pub(crate) fn rising(self, part: &str, values: impl IntoIterator<Item = f64>) -> Result<()> {
        let mut previous = f64::NEG_INFINITY;
        for (index, value) in values.into_iter().enumerate() {
            if value < previous {
                let (figure, part) = (self.figure.to_owned(), part.to_owned());
                return Err(ReportError::Unsorted { figure, part, index, previous, value });
            }
            previous = value;
        }
        Ok(())
    }

    pub(crate) fn length(self, part: &str, expected: usize, got: usize) -> Result<()> {
        if expected == got {
            return Ok(());
        }
        let (figure, part) = (self.figure.to_owned(), part.to_owned());
        Err(ReportError::Length { figure, part, expected, got })
    }

    pub(crate) fn within(
        self,
        part: &str,
        value: impl ToString,
        inside: bool,
        range: &'static str,
    ) -> Result<()> {
        if inside {
            return Ok(());
        }
        let (figure, part) = (self.figure.to_owned(), part.to_owned());
        Err(ReportError::OutOfRange { figure, part, value: value.to_string(), range })
    }

    pub(crate) fn range(
        self,
        part: &str,
        kind: Kind,
        range: &std::ops::RangeInclusive<f64>,
    ) -> Result<()> {
        self.values(part, kind, [*range.start(), *range.end()])?;
        self.within(part, format!("{range:?}"), range.start() < range.end(), "rising")
    }
}
