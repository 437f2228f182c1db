use crate::axis::{Extent, Kind};
use crate::check::Check;
use crate::clip::clip;
use crate::decimate::decimate;
use crate::error::Result;
use crate::figure::{Canvas, Draw};
use crate::frame::{Axis, Frame, Key, LegendEntry};
use crate::palette::Paint;
use crate::scene::{Scene, Stroke};

/// ROC curves: how many anomalies are found, against how many normal samples raise an alarm,
/// over all thresholds. The dashed diagonal is chance.
///
/// ```
/// use novelty_report::{Figure, RocPlot};
///
/// let plot = RocPlot::new("ROC").curve("autoencoder", &[0.0, 0.0, 0.5, 1.0], &[0.0, 0.5, 1.0, 1.0], 0.875);
/// assert!(plot.to_svg()?.contains("autoencoder (AUC 0.8750)"));
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct RocPlot {
    title: String,
    curves: Vec<Curve>,
}

#[derive(Debug, Clone)]
struct Curve {
    name: String,
    false_positive_rates: Vec<f64>,
    true_positive_rates: Vec<f64>,
    auc: f64,
}

impl RocPlot {
    /// A plot without curves; drawing one is an error until it has some.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a curve by its points, both rates rising from 0 to 1, and the area under it.
    ///
    /// The area is only written, not computed: `novelty-metrics` does that.
    #[must_use]
    pub fn curve(
        mut self,
        name: impl Into<String>,
        false_positive_rates: &[f64],
        true_positive_rates: &[f64],
        auc: f64,
    ) -> Self {
        self.curves.push(Curve {
            name: name.into(),
            false_positive_rates: false_positive_rates.to_vec(),
            true_positive_rates: true_positive_rates.to_vec(),
            auc,
        });
        self
    }

    fn check(&self) -> Result<()> {
        let check = Check { figure: &self.title };
        check.not_empty("the list of curves", self.curves.len())?;
        for curve in &self.curves {
            let (name, fpr, tpr) =
                (&curve.name, &curve.false_positive_rates, &curve.true_positive_rates);
            check.not_empty(name, fpr.len())?;
            check.length(&format!("the true positive rate of {name}"), fpr.len(), tpr.len())?;
            for rates in [fpr, tpr] {
                check.values(name, Kind::Linear, rates.iter().copied())?;
                check.rising(name, rates.iter().copied())?;
                let outside = rates.iter().find(|rate| !(0.0..=1.0).contains(*rate));
                check.within(
                    name,
                    outside.unwrap_or(&0.0),
                    outside.is_none(),
                    "between 0 and 1",
                )?;
            }
            let auc = curve.auc;
            check.within(
                &format!("the AUC of {name}"),
                auc,
                (0.0..=1.0).contains(&auc),
                "between 0 and 1",
            )?;
        }
        Ok(())
    }

    fn legend(&self) -> Vec<LegendEntry> {
        let entry = |(i, curve): (usize, &Curve)| LegendEntry {
            name: curve.in_words(),
            paint: Paint::Series(i % crate::palette::SERIES),
            key: Key::Line { dashed: false },
        };
        self.curves.iter().enumerate().map(entry).collect()
    }
}

impl Curve {
    fn in_words(&self) -> String {
        format!("{} (AUC {:.4})", self.name, self.auc)
    }
}

impl Draw for RocPlot {
    fn name(&self) -> String {
        self.title.clone()
    }

    fn describe(&self) -> String {
        let curves: Vec<String> = self.curves.iter().map(Curve::in_words).collect();
        format!("ROC curves: {}. {}.", self.title, curves.join(", "))
    }

    fn draw(&self, canvas: Canvas) -> Result<Scene> {
        self.check()?;
        let unit = Extent { low: 0.0, high: 1.0 };
        let x = Axis::new("false positive rate", Kind::Linear, unit);
        let y = Axis::new("true positive rate", Kind::Linear, unit);
        let mut frame = Frame::new(canvas, &self.title, &x, &y, &self.legend());
        let chance = vec![frame.at(0.0, 0.0), frame.at(1.0, 1.0)];
        frame.scene.line(chance, Stroke { paint: Paint::Muted, width: 1.0, dashed: true });
        for (i, curve) in self.curves.iter().enumerate() {
            let rates = curve.false_positive_rates.iter().zip(&curve.true_positive_rates);
            let points = decimate(rates.map(|(x, y)| frame.at(*x, *y)));
            let paint = Paint::Series(i % crate::palette::SERIES);
            for part in clip(&points, frame.area) {
                frame.scene.line(part, Stroke { paint, width: 2.0, dashed: false });
            }
        }
        Ok(frame.finish())
    }
}
