use std::ops::RangeInclusive;

use crate::axis::{Extent, Kind, rounded_out};
use crate::check::Check;
use crate::error::Result;
use crate::figure::{Canvas, Draw};
use crate::frame::{Axis, Frame, Key, LegendEntry, named};
use crate::palette::{Paint, Tone};
use crate::scene::{Fill, Rect, Scene, Stroke};

/// One value a category, for one or several groups: the ROC AUC of methods by class, say.
///
/// Bars lie, names to their left, as names are long.
///
/// ```
/// use novelty_report::{BarChart, Figure, Tone};
///
/// let chart = BarChart::new("Mean ROC AUC", ["PCA", "nearest neighbour", "Deep SVDD"])
///     .value_label("ROC AUC")
///     .group("MNIST", &[0.97, 0.98, 0.95], Tone::Automatic)
///     .group("Fashion-MNIST", &[0.90, 0.93, 0.89], Tone::Automatic)
///     .deviations(&[0.01, 0.01, 0.02])
///     .range(0.5..=1.0);
/// assert!(chart.to_svg()?.contains("Deep SVDD"));
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct BarChart {
    title: String,
    value_label: String,
    categories: Vec<String>,
    groups: Vec<Group>,
    range: Option<RangeInclusive<f64>>,
}

#[derive(Debug, Clone)]
struct Group {
    name: String,
    values: Vec<f64>,
    deviations: Option<Vec<f64>>,
    tone: Tone,
}

/// The height of a bar and the room around a category's bars.
const BAR: f32 = 15.0;
const BETWEEN: f32 = 13.0;

impl BarChart {
    /// A chart of categories without values; drawing one is an error until it has some.
    #[must_use]
    pub fn new<T: Into<String>>(
        title: impl Into<String>,
        categories: impl IntoIterator<Item = T>,
    ) -> Self {
        let categories = categories.into_iter().map(Into::into).collect();
        Self { title: title.into(), categories, ..Self::default() }
    }

    /// What the values are.
    #[must_use]
    pub fn value_label(mut self, label: impl Into<String>) -> Self {
        self.value_label = label.into();
        self
    }

    /// Adds a group: one value for each category.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>, values: &[f64], tone: Tone) -> Self {
        let (name, values) = (name.into(), values.to_vec());
        self.groups.push(Group { name, values, deviations: None, tone });
        self
    }

    /// How far the values of the group added last vary, to either side.
    #[must_use]
    pub fn deviations(mut self, deviations: &[f64]) -> Self {
        if let Some(group) = self.groups.last_mut() {
            group.deviations = Some(deviations.to_vec());
        }
        self
    }

    /// The ends of the value axis; bars are cut there, and begin at 0 or at the end nearest to
    /// it. Default: 0 and the values, moved out to round ones.
    #[must_use]
    pub fn range(mut self, range: RangeInclusive<f64>) -> Self {
        self.range = Some(range);
        self
    }

    fn check(&self) -> Result<()> {
        let check = Check { figure: &self.title };
        check.not_empty("the list of categories", self.categories.len())?;
        check.not_empty("the list of groups", self.groups.len())?;
        for Group { name, values, deviations, .. } in &self.groups {
            for numbers in std::iter::once(values).chain(deviations) {
                check.length(name, self.categories.len(), numbers.len())?;
                check.values(name, Kind::Linear, numbers.iter().copied())?;
            }
            let negative = deviations.iter().flatten().find(|deviation| **deviation < 0.0);
            let part = format!("a deviation of {name}");
            check.within(&part, negative.unwrap_or(&0.0), negative.is_none(), "at least 0")?;
        }
        self.range.iter().try_for_each(|range| check.range("range", Kind::Linear, range))
    }

    fn extent(&self) -> Extent {
        if let Some(range) = &self.range {
            return Extent { low: *range.start(), high: *range.end() };
        }
        let ends = self.groups.iter().flat_map(Group::ends);
        let ends = ends.map(|end| end.clamp(f64::MIN, f64::MAX));
        let extent = Extent::of(ends.chain([0.0])).unwrap_or_default();
        let extent = if extent.half_width() > 0.0 { extent } else { extent.with(1.0) };
        rounded_out(extent.widened(), 5)
    }

    fn legend(&self) -> Vec<LegendEntry> {
        if self.groups.len() == 1 && !self.value_label.is_empty() {
            return Vec::new();
        }
        let entry = |(i, group): (usize, &Group)| LegendEntry {
            name: group.name.clone(),
            paint: group.tone.paint(i),
            key: Key::Block,
        };
        self.groups.iter().enumerate().map(entry).collect()
    }

    fn draw_group(&self, frame: &mut Frame, position: usize, group: &Group) {
        let extent = frame.x.extent;
        let base = 0f64.clamp(extent.low, extent.high);
        let paint = group.tone.paint(position);
        let all = self.groups.len() as f32 * BAR;
        for (category, value) in group.values.iter().enumerate() {
            let top = frame.y.at(category as f64) - all / 2.0 + position as f32 * BAR;
            let ends = [frame.x.at(base), frame.x.at(value.clamp(extent.low, extent.high))];
            let (left, right) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            let rect = Rect { x: left, y: top, width: right - left, height: BAR - 1.0 };
            frame.scene.rect(rect, Fill { paint, opacity: 0.85 });
            let deviation = group.deviations.as_ref().and_then(|d| d.get(category));
            if let Some(deviation) = deviation {
                draw_whisker(frame, value - deviation, value + deviation, top + BAR / 2.0 - 0.5);
            }
        }
    }
}

impl Group {
    /// The ends of its bars and whiskers.
    fn ends(&self) -> impl Iterator<Item = f64> {
        let deviation = |i: usize| self.deviations.as_ref().and_then(|d| d.get(i)).unwrap_or(&0.0);
        self.values.iter().enumerate().flat_map(move |(i, value)| {
            let deviation = *deviation(i);
            [value - deviation, value + deviation]
        })
    }
}

fn draw_whisker(frame: &mut Frame, from: f64, to: f64, y: f32) {
    let extent = frame.x.extent;
    let stroke = Stroke { paint: Paint::Ink, width: 1.3, dashed: false };
    let [left, right] = [from, to].map(|end| frame.x.at(end.clamp(extent.low, extent.high)));
    frame.scene.line(vec![(left, y), (right, y)], stroke);
    for (end, x) in [(from, left), (to, right)] {
        if extent.contains(end) {
            frame.scene.line(vec![(x, y - 3.0), (x, y + 3.0)], stroke);
        }
    }
}

impl Draw for BarChart {
    fn name(&self) -> String {
        self.title.clone()
    }

    fn describe(&self) -> String {
        let groups: Vec<&str> = self.groups.iter().map(|group| group.name.as_str()).collect();
        format!(
            "Bar chart: {}. {} {} for {}. Groups: {}.",
            self.title,
            named(&self.value_label, "values"),
            self.extent().in_words(Kind::Linear),
            self.categories.join(", "),
            groups.join(", ")
        )
    }

    fn draw(&self, canvas: Canvas) -> Result<Scene> {
        self.check()?;
        let n = self.categories.len();
        let height = n as f32 * (self.groups.len() as f32 * BAR + BETWEEN);
        let x = Axis::new(&self.value_label, Kind::Linear, self.extent());
        // Upside down: the first category is the topmost.
        let rows = Extent { low: n as f64 - 0.5, high: -0.5 };
        let y = Axis::new("", Kind::Linear, rows).named(&self.categories);
        let size = (canvas.size().0, height);
        let mut frame = Frame::sized(size, &self.title, &x, &y, &self.legend());
        for (i, group) in self.groups.iter().enumerate() {
            self.draw_group(&mut frame, i, group);
        }
        Ok(frame.finish())
    }
}
