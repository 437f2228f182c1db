use novelty_models::History;
use novelty_report::{Figure, LineChart, Section, Series, Table};
use serde::Serialize;

use crate::Output;

/// A section of the page, whose figures are also saved as PNG beside it.
///
/// Start one with [`Output::section`], end it with [`finish`](Self::finish).
#[derive(Debug)]
pub struct PageSection<'a> {
    output: &'a Output,
    section: Section,
}

impl<'a> PageSection<'a> {
    pub(crate) fn new(output: &'a Output, section: Section) -> Self {
        Self { output, section }
    }

    /// Adds a paragraph of plain text.
    #[must_use]
    pub fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.section = self.section.paragraph(text);
        self
    }

    /// Saves the figure as `name`, which ends in `.png`, and adds it with a caption.
    ///
    /// # Errors
    /// If it cannot be drawn or written.
    pub fn figure(
        mut self,
        name: &str,
        figure: &impl Figure,
        caption: impl Into<String>,
    ) -> anyhow::Result<Self> {
        self.output.save_png(name, figure)?;
        self.section = self.section.figure(figure, caption)?;
        Ok(self)
    }

    /// Adds a table.
    ///
    /// # Errors
    /// If a row has not as many cells as the header.
    pub fn table(mut self, table: Table) -> anyhow::Result<Self> {
        self.section = self.section.table(table)?;
        Ok(self)
    }

    /// The section, for the report.
    #[must_use]
    pub fn finish(self) -> Section {
        self.section
    }
}

/// What every example is held against: the published figures and cheap baselines beside ours.
///
/// Its table stands in the page, its rows in `metrics.json`. A figure nobody gave is written
/// as a dash.
///
/// ```
/// use novelty_examples::Comparison;
///
/// let comparison = Comparison::new(["principal components"])
///     .row("ROC-AUC", "0.948", 0.951, [0.946])
///     .row("parameters", "", 7272, [""]);
/// assert_eq!(comparison.table().n_rows(), 2);
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// What the last columns are of.
    baselines: Vec<String>,
    rows: Vec<ComparedRow>,
}

#[derive(Debug, Clone, Serialize)]
struct ComparedRow {
    what: String,
    published: String,
    ours: String,
    baselines: Vec<String>,
}

impl Comparison {
    /// A comparison without rows, with baselines of these names.
    #[must_use]
    pub fn new<T: Into<String>>(baselines: impl IntoIterator<Item = T>) -> Self {
        Self { baselines: baselines.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row: what is measured, the published figure, ours, and one a baseline; an empty
    /// one is not known.
    #[must_use]
    pub fn row<T: ToString>(
        mut self,
        what: impl Into<String>,
        published: impl ToString,
        ours: impl ToString,
        baselines: impl IntoIterator<Item = T>,
    ) -> Self {
        self.rows.push(ComparedRow {
            what: what.into(),
            published: or_dash(published),
            ours: or_dash(ours),
            baselines: baselines.into_iter().map(or_dash).collect(),
        });
        self
    }

    /// The table of the page.
    #[must_use]
    pub fn table(&self) -> Table {
        let head = ["", "published", "ours"].map(str::to_owned);
        let baselines = self.baselines.iter().map(|name| format!("cheap baseline: {name}"));
        let table = Table::new(head.into_iter().chain(baselines));
        self.rows.iter().fold(table, |table, row| {
            let cells = [&row.what, &row.published, &row.ours];
            table.row(cells.into_iter().chain(&row.baselines).cloned())
        })
    }
}

/// The losses of a training, epoch by epoch; `held_out` names those of the images that were not
/// learned from.
#[must_use]
pub fn loss_chart(title: &str, loss: &str, history: &History, held_out: &str) -> LineChart {
    let epochs = &history.epochs;
    let train = epochs.iter().map(|e| (e.epoch as f64, e.train_loss));
    let validation = epochs.iter().filter_map(|e| Some((e.epoch as f64, e.validation_loss?)));
    LineChart::new(title)
        .x_label("epoch")
        .y_label(loss)
        .series(Series::new("training", train))
        .series(Series::new(held_out, validation))
}

fn or_dash(figure: impl ToString) -> String {
    let figure = figure.to_string();
    if figure.is_empty() { "–".to_owned() } else { figure }
}
