//! x
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
