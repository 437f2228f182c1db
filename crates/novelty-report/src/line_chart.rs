use std::ops::RangeInclusive;

use crate::axis::{Extent, Kind, rounded_out};
use crate::check::Check;
use crate::clip::clip;
use crate::decimate::decimate;
use crate::error::Result;
use crate::figure::{Canvas, Draw};
use crate::frame::{Axis, Frame, Key, LegendEntry, named};
use crate::palette::{Paint, Tone};
use crate::scene::{Fill, Scene, Stroke, Symbol};

/// A line of a [`LineChart`]: a name and points with x that does not decrease.
#[derive(Debug, Clone)]
pub struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    dashed: bool,
    tone: Tone,
}

impl Series {
    /// A line through points `(x, y)`.
    #[must_use]
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().collect();
        Self { name: name.into(), points, dashed: false, tone: Tone::Automatic }
    }

    /// A line through values at x = 1, 2, 3, ..., as losses have at epochs.
    #[must_use]
    pub fn from_values(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self::new(name, values.into_iter().enumerate().map(|(i, y)| ((i + 1) as f64, y)))
    }

    /// Dashes instead of a solid line.
    #[must_use]
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }

    /// What the line stands for, hence its colour.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// Lines over a common x axis: losses over epochs, an error over a stream, a curve over a
/// setting.
///
/// Any number of points may be given: the drawing keeps those a pixel can show. Up to 32
/// points a line are marked each.
///
/// ```
/// use novelty_report::{Figure, LineChart, Series};
///
/// let chart = LineChart::new("Training")
///     .x_label("epoch")
///     .y_label("mean squared error")
///     .log_y(true)
///     .series(Series::from_values("training", [0.05, 0.01, 0.004]))
///     .series(Series::from_values("validation", [0.03, 0.009, 0.005]).dashed());
/// assert!(chart.to_svg()?.contains("validation"));
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct LineChart {
    title: String,
    x_label: String,
    y_label: String,
    x_kind: Kind,
    y_kind: Kind,
    x_range: Option<RangeInclusive<f64>>,
    y_range: Option<RangeInclusive<f64>>,
    series: Vec<Series>,
    spans: Vec<(RangeInclusive<f64>, String)>,
    events: Vec<(f64, String)>,
    levels: Vec<(f64, String)>,
}

/// The most points of a line that are marked each.
const MOST_MARKED: usize = 32;

impl LineChart {
    /// A chart without lines; drawing one is an error until it has some.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// What x is.
    #[must_use]
    pub fn x_label(mut self, label: impl Into<String>) -> Self {
        self.x_label = label.into();
        self
    }

    /// What y is.
    #[must_use]
    pub fn y_label(mut self, label: impl Into<String>) -> Self {
        self.y_label = label.into();
        self
    }

    /// Whether x is logarithmic, which needs values above zero. Default: not.
    #[must_use]
    pub fn log_x(mut self, log: bool) -> Self {
        self.x_kind = if log { Kind::Log } else { Kind::Linear };
        self
    }

    /// Whether y is logarithmic, which needs values above zero. Default: not.
    #[must_use]
    pub fn log_y(mut self, log: bool) -> Self {
        self.y_kind = if log { Kind::Log } else { Kind::Linear };
        self
    }

    /// The ends of the x axis. Default: those of the data.
    #[must_use]
    pub fn x_range(mut self, range: RangeInclusive<f64>) -> Self {
        self.x_range = Some(range);
        self
    }

    /// The ends of the y axis. Default: those of the data, moved out to round values.
    #[must_use]
    pub fn y_range(mut self, range: RangeInclusive<f64>) -> Self {
        self.y_range = Some(range);
        self
    }

    /// Adds a line.
    #[must_use]
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Shades a part of the x axis, such as the time after a change.
    #[must_use]
    pub fn span(mut self, range: RangeInclusive<f64>, label: impl Into<String>) -> Self {
        self.spans.push((range, label.into()));
        self
    }

    /// A dashed vertical line at an x, such as an alarm.
    #[must_use]
    pub fn event(mut self, x: f64, label: impl Into<String>) -> Self {
        self.events.push((x, label.into()));
        self
    }

    /// A dashed horizontal line at a y, such as a threshold.
    #[must_use]
    pub fn level(mut self, y: f64, label: impl Into<String>) -> Self {
        self.levels.push((y, label.into()));
        self
    }

    fn check(&self) -> Result<()> {
        let check = Check { figure: &self.title };
        check.not_empty("the list of series", self.series.len())?;
        for Series { name, points, .. } in &self.series {
            check.not_empty(name, points.len())?;
            check.values(name, self.x_kind, points.iter().map(|p| p.0))?;
            check.values(name, self.y_kind, points.iter().map(|p| p.1))?;
            check.rising(name, points.iter().map(|p| p.0))?;
        }
        for (range, label) in &self.spans {
            check.range(label, self.x_kind, range)?;
        }
        check.values("events", self.x_kind, self.events.iter().map(|e| e.0))?;
        check.values("levels", self.y_kind, self.levels.iter().map(|l| l.0))?;
        let x_range = self.x_range.iter().try_for_each(|r| check.range("x range", self.x_kind, r));
        x_range.and(self.y_range.iter().try_for_each(|r| check.range("y range", self.y_kind, r)))
    }

    fn x_extent(&self) -> Extent {
        if let Some(range) = &self.x_range {
            return Extent { low: *range.start(), high: *range.end() };
        }
        let points = self.series.iter().flat_map(|s| s.points.iter().map(|p| p.0));
        let spans = self.spans.iter().flat_map(|(range, _)| [*range.start(), *range.end()]);
        let events = self.events.iter().map(|e| e.0);
        let extent = Extent::of(points.chain(spans).chain(events)).unwrap_or_default();
        match self.x_kind {
            Kind::Linear => extent.widened(),
            Kind::Log => extent.padded_log(0.02),
        }
    }

    fn y_extent(&self) -> Extent {
        if let Some(range) = &self.y_range {
            return Extent { low: *range.start(), high: *range.end() };
        }
        let points = self.series.iter().flat_map(|s| s.points.iter().map(|p| p.1));
        let extent = Extent::of(points.chain(self.levels.iter().map(|l| l.0))).unwrap_or_default();
        match self.y_kind {
            Kind::Linear => rounded_out(extent.widened(), 5),
            Kind::Log => extent.padded_log(0.05),
        }
    }

    fn legend(&self) -> Vec<LegendEntry> {
        if self.series.len() == 1 && !self.y_label.is_empty() {
            return Vec::new();
        }
        let entry = |(i, s): (usize, &Series)| LegendEntry {
            name: s.name.clone(),
            paint: s.tone.paint(i),
            key: Key::Line { dashed: s.dashed },
        };
        self.series.iter().enumerate().map(entry).collect()
    }

    fn draw_series(frame: &mut Frame, series: &Series, paint: Paint) {
        let points = series.points.iter().map(|(x, y)| frame.at(*x, *y));
        let line = clip(&decimate(points), frame.area);
        if series.points.len() <= MOST_MARKED {
            let inside =
                |p: &&(f64, f64)| frame.x.extent.contains(p.0) && frame.y.extent.contains(p.1);
            let marks =
                series.points.iter().filter(inside).map(|(x, y)| frame.at(*x, *y)).collect();
            frame.symbols(marks, Symbol::Circle, 3.0, Fill::solid(paint));
        }
        // Lines closer than their width would be one block.
        let width = if series.points.len() > 1000 { 1.2 } else { 2.0 };
        for part in line {
            frame.scene.line(part, Stroke { paint, width, dashed: series.dashed });
        }
    }
}

impl Draw for LineChart {
    fn name(&self) -> String {
        self.title.clone()
    }

    fn describe(&self) -> String {
        let names: Vec<&str> = self.series.iter().map(|s| s.name.as_str()).collect();
        format!(
            "Line chart: {}. {} {}, {} {}. Lines: {}.",
            self.title,
            named(&self.x_label, "x"),
            self.x_extent().in_words(self.x_kind),
            named(&self.y_label, "y"),
            self.y_extent().in_words(self.y_kind),
            names.join(", ")
        )
    }

    fn draw(&self, canvas: Canvas) -> Result<Scene> {
        self.check()?;
        let x = Axis::new(&self.x_label, self.x_kind, self.x_extent());
        let y = Axis::new(&self.y_label, self.y_kind, self.y_extent());
        let mut frame = Frame::new(canvas, &self.title, &x, &y, &self.legend());
        for (row, (range, label)) in self.spans.iter().enumerate() {
            frame.shade(*range.start(), *range.end(), label, row % 3);
        }
        for (i, series) in self.series.iter().enumerate() {
            Self::draw_series(&mut frame, series, series.tone.paint(i));
        }
        for (y, label) in &self.levels {
            frame.horizontal_rule(*y, label);
        }
        for (row, (x, label)) in self.events.iter().enumerate() {
            frame.vertical_rule(*x, label, row % 4);
        }
        Ok(frame.finish())
    }
}
