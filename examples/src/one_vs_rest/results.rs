use std::collections::BTreeMap;

use anyhow::Context;
use novelty_metrics::roc_auc;
use serde::Serialize;

use super::dataset::{Classes, Task};
use super::deep::Length;
use super::methods::{Method, Scored};
use super::published::Published;
use crate::{Comparison, Run};

/// The simplest methods, which a deep model is to beat.
pub(super) const CHEAP: [Method; 2] = [Method::Pca, Method::Neighbor];

/// What `metrics.json` holds.
#[derive(Debug, Clone, Serialize)]
pub struct Metrics {
    /// The dataset, where it is a known one.
    pub dataset: Option<&'static str>,
    /// The names of the classes.
    pub class_names: Vec<String>,
    /// How long Deep SVDD was trained.
    pub schedule: Length,
    /// The seeds that networks were trained with.
    pub seeds: Vec<u64>,
    /// Seed of the methods that have one, threads, and whether it is a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// Test images.
    pub n_test: usize,
    /// What each method came to.
    pub methods: BTreeMap<Method, MethodMetrics>,
    /// The method of highest mean, of those that ran on every class.
    pub best: Option<Method>,
    /// Seconds of the whole run.
    pub seconds: f64,
    /// Deep SVDD beside its paper and the simplest methods.
    pub comparison: Comparison,
    #[serde(skip)]
    published: Option<&'static Published>,
}

/// What a method came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MethodMetrics {
    /// Mean ROC-AUC over the classes it ran on, and over seeds.
    pub mean: f64,
    /// Standard deviation over seeds of the mean over classes, where there are several.
    pub deviation: Option<f64>,
    /// ROC-AUC by class and seed.
    pub classes: BTreeMap<usize, Vec<f64>>,
    /// Named numbers about its models, by class and seed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<&'static str, BTreeMap<usize, Vec<f64>>>,
    /// Seconds it took in all.
    pub seconds: f64,
}

impl MethodMetrics {
    /// Mean and standard deviation over seeds of a class; no deviation of one seed.
    #[must_use]
    pub fn class(&self, class: usize) -> Option<(f64, Option<f64>)> {
        self.classes.get(&class).and_then(|areas| mean_and_deviation(areas))
    }

    fn finish(&mut self) {
        let n_seeds = self.classes.values().map(Vec::len).min().unwrap_or(0);
        let of_seed = |seed: usize| {
            let areas = self.classes.values().map(|areas| areas[seed]);
            areas.sum::<f64>() / self.classes.len() as f64
        };
        let means: Vec<f64> = (0..n_seeds).map(of_seed).collect();
        if let Some((mean, deviation)) = mean_and_deviation(&means) {
            (self.mean, self.deviation) = (mean, deviation);
        }
    }
}

/// The deviation is that of a sample: divided by one less than the number.
fn mean_and_deviation(values: &[f64]) -> Option<(f64, Option<f64>)> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((mean, (n > 1).then(|| (squares / (n - 1) as f64).sqrt())))
}

impl Metrics {
    /// Nothing yet.
    #[must_use]
    pub fn new(classes: &Classes, schedule: Length, seeds: &[u64], run: Run) -> Self {
        Self {
            dataset: classes.published.map(|published| published.name),
            class_names: classes.names.clone(),
            schedule,
            seeds: seeds.to_vec(),
            run,
            n_test: classes.test().images().len_of(ndarray::Axis(0)),
            methods: BTreeMap::new(),
            best: None,
            seconds: 0.0,
            comparison: Comparison::new(CHEAP.map(Method::title)),
            published: classes.published,
        }
    }

    /// Judges a method's scores, and says what came of it.
    ///
    /// # Errors
    /// If the test images are all of one class.
    pub fn add(
        &mut self,
        method: Method,
        task: &Task<'_>,
        scored: &Scored,
        seconds: f64,
    ) -> anyhow::Result<f64> {
        let area = roc_auc(&scored.test, &task.labels)
            .with_context(|| format!("class {} cannot be judged", task.class))?;
        let metrics = self.methods.entry(method).or_default();
        metrics.classes.entry(task.class).or_default().push(area);
        metrics.seconds += seconds;
        for &(name, value) in &scored.measures {
            let classes = metrics.measures.entry(name).or_default();
            classes.entry(task.class).or_default().push(value);
        }
        Ok(area)
    }

    /// The classes that any method ran on.
    #[must_use]
    pub fn classes(&self) -> Vec<usize> {
        let mut classes: Vec<usize> =
            self.methods.values().flat_map(|method| method.classes.keys().copied()).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// Takes the means, and finds the best.
    pub fn finish(&mut self) {
        self.methods.values_mut().for_each(MethodMetrics::finish);
        let n_classes = self.classes().len();
        let whole = self.methods.iter().filter(|(_, metrics)| metrics.classes.len() == n_classes);
        let best = whole.max_by(|a, b| a.1.mean.total_cmp(&b.1.mean));
        self.best = best.map(|(method, _)| *method);
        self.comparison = self.compared();
        self.seconds = self.run.seconds();
    }

    /// ROC-AUC in percent of a method on a class, as it stands in tables.
    #[must_use]
    pub fn cell(&self, method: Method, class: usize) -> String {
        let figure = self.methods.get(&method).and_then(|of| of.class(class));
        figure.map_or_else(String::new, |(mean, deviation)| percent(mean, deviation))
    }

    /// The mean of a method over all classes; nothing if it did not run on all.
    fn mean_cell(&self, method: Method, n_classes: usize) -> String {
        let of = self.methods.get(&method).filter(|of| of.classes.len() == n_classes);
        of.map_or_else(String::new, |of| percent(of.mean, of.deviation))
    }

    fn compared(&self) -> Comparison {
        let classes = self.classes();
        let mut rows = Comparison::new(CHEAP.map(Method::title));
        for &class in &classes {
            let published = self.published.map_or_else(String::new, |published| {
                let (mean, deviation) = published.one_class[class];
                format!("{mean:.1} ± {deviation:.1}")
            });
            let name = format!("Deep SVDD, {}", self.class_names[class]);
            let cheap = CHEAP.map(|method| self.cell(method, class));
            rows = rows.row(name, published, self.cell(Method::Svdd, class), cheap);
        }
        let cheap = || CHEAP.map(|method| self.mean_cell(method, classes.len()));
        let published = |mean: fn(&Published) -> f64| {
            let is_whole = classes.len() == self.class_names.len();
            let published = self.published.filter(|_| is_whole);
            published.map_or_else(String::new, |of| format!("{:.1}", mean(of)))
        };
        let deep = [
            (Method::Svdd, published(|of| of.one_class.iter().map(|(mean, _)| mean / 10.0).sum())),
            (Method::SvddSoft, published(|of| of.soft.iter().sum::<f64>() / 10.0)),
        ];
        let rows = deep.into_iter().fold(rows, |rows, (method, published)| {
            let ours = self.mean_cell(method, classes.len());
            rows.row(format!("{}, mean", method.title()), published, ours, cheap())
        });
        self.best.into_iter().fold(rows, |rows, best| {
            let ours = self.mean_cell(best, classes.len());
            rows.row(format!("Best here, mean: {}", best.title()), "", ours, cheap())
        })
    }
}

/// Mean and deviation in percent.
pub(super) fn percent(mean: f64, deviation: Option<f64>) -> String {
    let mean = format!("{:.1}", 100.0 * mean);
    deviation.map_or(mean.clone(), |deviation| format!("{mean} ± {:.1}", 100.0 * deviation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_over_seeds_of_the_mean_over_classes() {
        let classes = BTreeMap::from([(0, vec![0.9, 0.8]), (3, vec![0.7, 0.4])]);
        let mut metrics = MethodMetrics { classes, ..MethodMetrics::default() };
        metrics.finish();
        assert!((metrics.mean - 0.7).abs() < 1e-12);
        let deviation = metrics.deviation.unwrap_or_default();
        assert!((deviation - 0.2 / 2.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(metrics.class(1), None);
        assert!(matches!(metrics.class(0), Some((mean, Some(_))) if (mean - 0.85).abs() < 1e-12));
    }
}
