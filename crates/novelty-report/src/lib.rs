//! What a person looks at: figures, and one self-contained HTML page.
//!
//! A figure is a builder, drawn once for all outputs: [`Figure::to_svg`], [`Figure::to_png`],
//! and, as part of a [`Section`] of a [`Report`], the page. What is wrong with its data is a
//! [`ReportError`] when it is drawn.
//!
//! | figure | shows |
//! |---|---|
//! | [`LineChart`] | losses by epoch, an error along a stream |
//! | [`Histogram`] | scores by group, with thresholds |
//! | [`RocPlot`] | ROC curves with their areas |
//! | [`Scatter`] | embeddings by class |
//! | [`BarChart`] | a value a method and data set, with deviations |
//! | [`ImageGrid`] | inputs beside their reconstructions |
//! | [`HeatMap`] | score maps over images |
//! | [`Animation`] | pictures one after the other |
//!
//! # Example
//!
//! ```
//! use novelty_report::{Figure, Histogram, Report, Section, Tile, Tone};
//!
//! let scores = Histogram::new("Scores")
//!     .x_label("mean squared error")
//!     .group("normal", &[0.010, 0.012, 0.013, 0.020], Tone::Normal)
//!     .group("anomalous", &[0.050, 0.090], Tone::Anomalous)
//!     .threshold(0.04, "threshold 0.04");
//! let page = Report::new("Odd digits")
//!     .tile(Tile::new("Flagged", "2"))
//!     .section(Section::new("Ranking").figure(&scores, "All scores.")?)
//!     .to_html()?;
//! // The drawing for desks and the one for telephones.
//! assert_eq!(page.matches("<svg").count(), 2);
//! # Ok::<(), novelty_report::ReportError>(())
//! ```
//!
//! # Limits
//!
//! PNG files write Latin, Greek and common signs, other characters as boxes; SVG and HTML use
//! the viewer's fonts. A PNG of more than 100 million pixels is an error.
//!
//! # Elsewhere
//!
//! | to | crate |
//! |---|---|
//! | compute ROC curves, areas and the numbers of tables | `novelty-metrics` |
//! | make score maps and thresholds | `novelty-scoring` |
//! | find two components to plot embeddings on | `novelty-cluster` |

mod animation;
mod atomic_file;
mod axis;
mod bar_chart;
mod check;
mod clip;
mod colormap;
mod decimate;
mod error;
mod figure;
mod frame;
mod heat_map;
mod histogram;
mod image_grid;
mod line_chart;
mod page;
mod palette;
mod picture;
mod report;
mod roc_plot;
mod scatter;
mod scene;
mod table;
#[cfg(feature = "testkit")]
mod testkit;

pub use animation::Animation;
pub use atomic_file::write_atomic;
pub use bar_chart::BarChart;
pub use colormap::Colormap;
pub use error::ReportError;
pub use figure::Figure;
pub use heat_map::{HeatMap, HeatSample};
pub use histogram::Histogram;
pub use image_grid::{ImageCard, ImageGrid};
pub use line_chart::{LineChart, Series};
pub use palette::Tone;
pub use picture::Picture;
pub use report::{Report, Section, Tile};
pub use roc_plot::RocPlot;
pub use scatter::Scatter;
pub use table::{Align, Table};
#[cfg(feature = "testkit")]
pub use testkit::{PageCheck, Scheme, check_page};
