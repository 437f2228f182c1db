use std::path::Path;

use crate::atomic_file::write_atomic;
use crate::error::Result;
use crate::figure::Figure;
use crate::page;
use crate::table::Table;

/// A number to see first: what it is, what it is, and what to make of it.
#[derive(Debug, Clone)]
pub struct Tile {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) note: String,
}

impl Tile {
    /// A label and a value.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), note: String::new() }
    }

    /// A line below the value.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// A part of a page under one heading: paragraphs, figures, tables, in the order added.
#[derive(Debug, Clone)]
pub struct Section {
    pub(crate) heading: String,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
pub(crate) enum Block {
    Paragraph(String),
    Code(String),
    Figures(Vec<DrawnFigure>),
    Table(Table),
}

/// A figure as the page has it.
#[derive(Debug, Clone)]
pub(crate) struct DrawnFigure {
    pub(crate) html: String,
    pub(crate) caption: String,
    pub(crate) is_wide: bool,
}

impl Section {
    /// A section with nothing but its heading.
    #[must_use]
    pub fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), blocks: Vec::new() }
    }

    /// Adds a paragraph of plain text.
    #[must_use]
    pub fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Paragraph(text.into()));
        self
    }

    /// Adds a text as it is typed, such as a command.
    #[must_use]
    pub fn code(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Code(text.into()));
        self
    }

    /// Draws a figure and adds it with a caption, which may be empty.
    ///
    /// Charts added one after the other share lines, two by two, where the page is wide enough.
    ///
    /// # Errors
    ///
    /// What is wrong with the figure's data.
    pub fn figure(mut self, figure: &impl Figure, caption: impl Into<String>) -> Result<Self> {
        let drawn = DrawnFigure {
            html: figure.to_html()?,
            caption: caption.into(),
            is_wide: figure.is_wide(),
        };
        match self.blocks.last_mut() {
            Some(Block::Figures(figures)) => figures.push(drawn),
            _ => self.blocks.push(Block::Figures(vec![drawn])),
        }
        Ok(self)
    }

    /// Adds a table.
    ///
    /// # Errors
    ///
    /// [`ReportError::Length`](crate::ReportError::Length) when a row has not as many cells as
    /// the header, [`ReportError::Empty`](crate::ReportError::Empty) without header.
    pub fn table(mut self, table: Table) -> Result<Self> {
        table.check()?;
        self.blocks.push(Block::Table(table));
        Ok(self)
    }
}

/// One page that needs nothing else: no network, no script, no other file.
///
/// It reads on telephones and desks, follows the light or dark scheme of its viewer, and
/// prints. All text is escaped; the page forbids itself, by a content security policy, to load
/// anything.
///
/// ```
/// use novelty_report::{LineChart, Report, Section, Series, Table, Tile};
///
/// let losses = LineChart::new("Training").series(Series::from_values("training", [0.05, 0.01]));
/// let page = Report::new("Odd digits")
///     .lead("An autoencoder of ones meets a few threes.")
///     .tile(Tile::new("ROC AUC", "0.9952").note("higher is better"))
///     .section(
///         Section::new("Training")
///             .paragraph("Twenty epochs.")
///             .figure(&losses, "Mean squared error by epoch.")?
///             .table(Table::new(["", "ours"]).row(["flagged", "7"]))?,
///     )
///     .provenance("seed", "42")
///     .to_html()?;
/// assert!(page.contains("<h2>Training</h2>"));
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Report {
    pub(crate) title: String,
    pub(crate) lead: String,
    pub(crate) tiles: Vec<Tile>,
    pub(crate) sections: Vec<Section>,
    pub(crate) provenance: Vec<(String, String)>,
}

impl Report {
    /// A page with nothing but its title.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            lead: String::new(),
            tiles: Vec::new(),
            sections: Vec::new(),
            provenance: Vec::new(),
        }
    }

    /// What the page is about, in a sentence or two.
    #[must_use]
    pub fn lead(mut self, text: impl Into<String>) -> Self {
        self.lead = text.into();
        self
    }

    /// Adds a number to see first.
    #[must_use]
    pub fn tile(mut self, tile: Tile) -> Self {
        self.tiles.push(tile);
        self
    }

    /// Adds a section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// Adds what one needs to get the same again: the command, the seed, a version.
    #[must_use]
    pub fn provenance(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.provenance.push((name.into(), value.into()));
        self
    }

    /// The page.
    ///
    /// # Errors
    ///
    /// [`ReportError::Template`](crate::ReportError::Template) when the template fails.
    pub fn to_html(&self) -> Result<String> {
        page::report_html(self)
    }

    /// Saves the page whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`to_html`](Self::to_html) and [`write_atomic`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomic(path, self.to_html()?)
    }
}
