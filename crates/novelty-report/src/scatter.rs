use std::collections::HashSet;

use ndarray::ArrayView2;

use crate::axis::{Extent, Kind};
use crate::check::Check;
use crate::error::Result;
use crate::figure::{Canvas, Draw};
use crate::frame::{Axis, Frame, Key, LegendEntry, named};
use crate::palette::{Paint, Tone};
use crate::scene::{Fill, Point, Scene, Symbol};

/// Points of classes in the plane: embeddings on their first two principal components, say.
///
/// Classes differ by colour and by shape. Any number of points may be given: of those that
/// fall within the same one and a half pixels, one is drawn.
///
/// ```
/// use ndarray::array;
/// use novelty_report::{Figure, Scatter, Tone};
///
/// let plot = Scatter::new("Embeddings")
///     .x_label("component 1")
///     .y_label("component 2")
///     .class("bottle", array![[0.0, 0.1], [0.2, 0.1]].view(), Tone::Automatic)
///     .class("transistor", array![[3.0, 2.0]].view(), Tone::Automatic);
/// assert!(plot.to_svg()?.contains("transistor"));
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Scatter {
    title: String,
    x_label: String,
    y_label: String,
    classes: Vec<Class>,
}

#[derive(Debug, Clone)]
struct Class {
    name: String,
    points: Vec<(f64, f64)>,
    n_columns: usize,
    tone: Tone,
}

/// How near, in pixels, two points of a class are one.
const SAME: f32 = 1.5;

impl Scatter {
    /// A plot without classes; drawing one is an error until it has some.
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

    /// Adds a class of points, `(n_samples, 2)`. A class may be empty, as long as not all are.
    #[must_use]
    pub fn class(
        mut self,
        name: impl Into<String>,
        points: ArrayView2<'_, f32>,
        tone: Tone,
    ) -> Self {
        let n_columns = points.ncols();
        let name = name.into();
        // Rows of another width are an error when the plot is drawn.
        let pair = |row: ndarray::ArrayView1<'_, f32>| match row.to_vec()[..] {
            [x, y] => Some((f64::from(x), f64::from(y))),
            _ => None,
        };
        let points = points.rows().into_iter().filter_map(pair).collect();
        self.classes.push(Class { name, points, n_columns, tone });
        self
    }

    fn check(&self) -> Result<()> {
        let check = Check { figure: &self.title };
        check.not_empty("the list of classes", self.classes.len())?;
        for Class { name, points, n_columns, .. } in &self.classes {
            check.length(&format!("a point of {name}"), 2, *n_columns)?;
            check.values(&format!("x of {name}"), Kind::Linear, points.iter().map(|p| p.0))?;
            check.values(&format!("y of {name}"), Kind::Linear, points.iter().map(|p| p.1))?;
        }
        check.not_empty("every class", self.classes.iter().map(|c| c.points.len()).sum())
    }

    fn extent(&self, coordinate: impl Fn(&(f64, f64)) -> f64) -> Extent {
        let values = self.classes.iter().flat_map(|class| class.points.iter().map(&coordinate));
        Extent::of(values).unwrap_or_default().widened().padded(0.05)
    }

    fn legend(&self) -> Vec<LegendEntry> {
        let entry = |(i, class): (usize, &Class)| LegendEntry {
            name: format!("{} ({})", class.name, class.points.len()),
            paint: class.tone.paint(i),
            key: Key::Symbol(Symbol::nth(i)),
        };
        self.classes.iter().enumerate().map(entry).collect()
    }

    fn draw_class(frame: &mut Frame, class: &Class, symbol: Symbol, paint: Paint) {
        let mut seen = HashSet::new();
        let cell = |(x, y): Point| ((x / SAME) as i32, (y / SAME) as i32);
        let points = class.points.iter().map(|(x, y)| frame.at(*x, *y));
        let points: Vec<Point> = points.filter(|point| seen.insert(cell(*point))).collect();
        let radius = if points.len() > 2000 { 1.8 } else { 3.0 };
        frame.symbols(points, symbol, radius, Fill { paint, opacity: 0.8 });
    }
}

impl Draw for Scatter {
    fn name(&self) -> String {
        self.title.clone()
    }

    fn describe(&self) -> String {
        let classes = self.classes.iter().map(|c| format!("{} {}", c.points.len(), c.name));
        format!(
            "Scatter plot: {}. {} {}, {} {}. Points: {}.",
            self.title,
            named(&self.x_label, "x"),
            self.extent(|p| p.0).in_words(Kind::Linear),
            named(&self.y_label, "y"),
            self.extent(|p| p.1).in_words(Kind::Linear),
            classes.collect::<Vec<_>>().join(", ")
        )
    }

    fn draw(&self, canvas: Canvas) -> Result<Scene> {
        self.check()?;
        let x = Axis::new(&self.x_label, Kind::Linear, self.extent(|p| p.0));
        let y = Axis::new(&self.y_label, Kind::Linear, self.extent(|p| p.1));
        let mut frame = Frame::new(canvas, &self.title, &x, &y, &self.legend());
        for (i, class) in self.classes.iter().enumerate() {
            Self::draw_class(&mut frame, class, Symbol::nth(i), class.tone.paint(i));
        }
        Ok(frame.finish())
    }
}
