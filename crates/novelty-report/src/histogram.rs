use crate::axis::{Extent, Kind, rounded_out};
use crate::check::Check;
use crate::error::Result;
use crate::figure::{Canvas, Draw};
use crate::frame::{Axis, Frame, Key, LegendEntry, named};
use crate::palette::{Paint, Tone};
use crate::scene::{Fill, Mark, Scene, Stroke};

/// How often scores fall where, for one or several groups over the same bins.
///
/// ```
/// use novelty_report::{Figure, Histogram, Tone};
///
/// let chart = Histogram::new("Reconstruction error")
///     .x_label("mean squared error")
///     .group("normal", &[0.01, 0.012, 0.013, 0.02], Tone::Normal)
///     .group("anomalous", &[0.05, 0.09], Tone::Anomalous)
///     .log_count(true)
///     .threshold(0.04, "threshold 0.04");
/// assert!(chart.to_svg()?.contains("threshold 0.04"));
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    title: String,
    x_label: String,
    x_kind: Kind,
    y_kind: Kind,
    bins: Option<usize>,
    groups: Vec<Group>,
    thresholds: Vec<(f64, String)>,
}

#[derive(Debug, Clone)]
struct Group {
    name: String,
    values: Vec<f64>,
    tone: Tone,
}

/// The bins chosen by rule are at least and at most this many.
const FEWEST_BINS: usize = 8;
const MOST_BINS: usize = 60;
/// Where the bars of a logarithmic count begin, so that a count of one has a height.
const LOG_FLOOR: f64 = 0.5;

impl Histogram {
    /// A histogram without groups; drawing one is an error until it has some.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// What the values are.
    #[must_use]
    pub fn x_label(mut self, label: impl Into<String>) -> Self {
        self.x_label = label.into();
        self
    }

    /// Adds a group of values.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>, values: &[f32], tone: Tone) -> Self {
        let values = values.iter().copied().map(f64::from).collect();
        self.groups.push(Group { name: name.into(), values, tone });
        self
    }

    /// How many bins, 1 to 1,000. Default: Freedman and Diaconis' rule over all groups, within
    /// 8 and 60.
    #[must_use]
    pub fn bins(mut self, bins: usize) -> Self {
        self.bins = Some(bins);
        self
    }

    /// Whether counts are logarithmic, so that seven samples show beside seven thousand; empty
    /// bins stay empty. Default: not.
    #[must_use]
    pub fn log_count(mut self, log: bool) -> Self {
        self.y_kind = if log { Kind::Log } else { Kind::Linear };
        self
    }

    /// Whether values, and their bins, are logarithmic, which needs values above zero.
    /// Default: not.
    #[must_use]
    pub fn log_x(mut self, log: bool) -> Self {
        self.x_kind = if log { Kind::Log } else { Kind::Linear };
        self
    }

    /// A dashed line at a value, with a label.
    #[must_use]
    pub fn threshold(mut self, value: f64, label: impl Into<String>) -> Self {
        self.thresholds.push((value, label.into()));
        self
    }

    fn check(&self) -> Result<()> {
        let check = Check { figure: &self.title };
        check.not_empty("the list of groups", self.groups.len())?;
        for Group { name, values, .. } in &self.groups {
            check.values(name, self.x_kind, values.iter().copied())?;
        }
        check.not_empty("every group", self.values().count())?;
        let bins = self.bins.unwrap_or(FEWEST_BINS);
        check.within("bins", bins, (1..=1000).contains(&bins), "from 1 to 1000")?;
        check.values("thresholds", self.x_kind, self.thresholds.iter().map(|t| t.0))
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.groups.iter().flat_map(|group| group.values.iter().copied())
    }

    /// Values, as the axis spaces them.
    fn spaced(&self, value: f64) -> f64 {
        match self.x_kind {
            Kind::Linear => value,
            Kind::Log => value.log10(),
        }
    }

    fn unspaced(&self, value: f64) -> f64 {
        match self.x_kind {
            Kind::Linear => value,
            Kind::Log => 10f64.powf(value).clamp(f64::MIN_POSITIVE, f64::MAX),
        }
    }

    fn bins_over(&self, extent: Extent) -> Bins {
        let count = self.bins.unwrap_or_else(|| self.chosen_bins(extent));
        Bins { extent, count }
    }

    /// Freedman and Diaconis (1981): a bin is `2 IQR / n^(1/3)` wide.
    fn chosen_bins(&self, extent: Extent) -> usize {
        let mut sorted: Vec<f64> = self.values().map(|value| self.spaced(value)).collect();
        sorted.sort_by(f64::total_cmp);
        // Interpolated, and in halves, so that no range overflows.
        let quartile = |share: f64| {
            let place = (sorted.len() - 1) as f64 * share;
            let (below, above) = (sorted[place as usize], sorted[place.ceil() as usize]);
            below / 2.0 + place.fract() * (above / 2.0 - below / 2.0)
        };
        let half_width = 2.0 * (quartile(0.75) - quartile(0.25)) / (sorted.len() as f64).cbrt();
        let count = if half_width > 0.0 {
            (extent.half_width() / half_width).ceil()
        } else {
            MOST_BINS as f64
        };
        // The cast saturates, and the range is then cut.
        (count as usize).clamp(FEWEST_BINS, MOST_BINS)
    }

    fn data_extent(&self) -> Extent {
        Extent::of(self.values().map(|value| self.spaced(value))).unwrap_or_default().widened()
    }

    fn draw_group(&self, frame: &mut Frame, bins: &Bins, counts: &[usize], paint: Paint) {
        let floor = if self.y_kind == Kind::Log { LOG_FLOOR } else { 0.0 };
        let mut steps = Vec::with_capacity(2 * counts.len() + 2);
        let edge = |i: usize| self.unspaced(bins.edge(i));
        steps.push(frame.at(edge(0), floor));
        for (i, count) in counts.iter().enumerate() {
            let height = (*count as f64).max(floor);
            steps.extend([frame.at(edge(i), height), frame.at(edge(i + 1), height)]);
        }
        steps.push(frame.at(edge(counts.len()), floor));
        frame
            .scene
            .marks
            .push(Mark::Area { points: steps.clone(), fill: Fill { paint, opacity: 0.4 } });
        frame.scene.line(steps, Stroke { paint, width: 1.5, dashed: false });
    }

    fn legend(&self) -> Vec<LegendEntry> {
        let entry = |(i, group): (usize, &Group)| LegendEntry {
            name: format!("{} ({})", group.name, group.values.len()),
            paint: group.tone.paint(i),
            key: Key::Block,
        };
        self.groups.iter().enumerate().map(entry).collect()
    }

    fn y_extent(&self, tallest: usize) -> Extent {
        let tallest = tallest.max(1) as f64;
        match self.y_kind {
            Kind::Linear => rounded_out(Extent { low: 0.0, high: tallest }, 5),
            Kind::Log => Extent { low: LOG_FLOOR, high: tallest * 1.6 },
        }
    }
}

/// Bins of equal width on the axis.
#[derive(Debug)]
struct Bins {
    extent: Extent,
    count: usize,
}

impl Bins {
    fn edge(&self, i: usize) -> f64 {
        let share = i as f64 / self.count as f64;
        self.extent.low * (1.0 - share) + self.extent.high * share
    }

    /// The last bin holds its upper end, as NumPy's does.
    fn counts(&self, values: impl Iterator<Item = f64>) -> Vec<usize> {
        let mut counts = vec![0; self.count];
        for value in values {
            let share = (value / 2.0 - self.extent.low / 2.0) / self.extent.half_width();
            counts[((share * self.count as f64) as usize).min(self.count - 1)] += 1;
        }
        counts
    }
}

impl Draw for Histogram {
    fn name(&self) -> String {
        self.title.clone()
    }

    fn describe(&self) -> String {
        let groups = self.groups.iter().map(|g| format!("{} {}", g.values.len(), g.name));
        let lines = self.thresholds.iter().map(|(_, label)| format!(", {label}"));
        let extent = Extent::of(self.values()).unwrap_or_default();
        format!(
            "Histogram: {}. {} {}: {}{}.",
            self.title,
            named(&self.x_label, "values"),
            extent.in_words(self.x_kind),
            groups.collect::<Vec<_>>().join(", "),
            lines.collect::<String>()
        )
    }

    fn draw(&self, canvas: Canvas) -> Result<Scene> {
        self.check()?;
        let bins = self.bins_over(self.data_extent());
        let spaced = |group: &Group| bins.counts(group.values.iter().map(|v| self.spaced(*v)));
        let counts: Vec<Vec<usize>> = self.groups.iter().map(spaced).collect();
        let tallest = counts.iter().flatten().copied().max().unwrap_or(1);
        let thresholds = self.thresholds.iter().map(|t| self.spaced(t.0));
        let shown = thresholds.fold(bins.extent, Extent::with).padded(0.02);
        let shown = Extent { low: self.unspaced(shown.low), high: self.unspaced(shown.high) };
        let x = Axis::new(&self.x_label, self.x_kind, shown);
        let y = Axis::new("count", self.y_kind, self.y_extent(tallest));
        let mut frame = Frame::new(canvas, &self.title, &x, &y, &self.legend());
        for (i, (group, counts)) in self.groups.iter().zip(&counts).enumerate() {
            self.draw_group(&mut frame, &bins, counts, group.tone.paint(i));
        }
        for (row, (value, label)) in self.thresholds.iter().enumerate() {
            frame.vertical_rule(*value, label, row % 4);
        }
        Ok(frame.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_numpy_does() {
        // numpy.histogram([0, 0.5, 1, 1, 2.5, 4], bins=4) counts 2, 2, 1, 1.
        let bins = Bins { extent: Extent { low: 0.0, high: 4.0 }, count: 4 };
        assert_eq!(bins.counts([0.0, 0.5, 1.0, 1.0, 2.5, 4.0].into_iter()), [2, 2, 1, 1]);
    }

    #[test]
    fn the_number_of_bins_follows_the_rule() {
        // numpy.histogram_bin_edges(arange(1000) ** 2, bins="fd") has 10 bins, of
        // arange(3000) ** 0.5 it has 20 (NumPy 2.4.6).
        for (n, power, expected) in [(1000, 2.0, 10), (3000, 0.5, 20)] {
            let values: Vec<f32> = (0..n).map(|i| (i as f32).powf(power)).collect();
            let histogram = Histogram::new("t").group("g", &values, Tone::Normal);
            assert_eq!(histogram.chosen_bins(histogram.data_extent()), expected);
        }
    }
}
