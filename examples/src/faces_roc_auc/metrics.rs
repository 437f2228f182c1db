use serde::Serialize;

use super::{Method, Settings, Task};
use crate::{Comparison, Run};

/// What `metrics.json` holds.
#[derive(Debug, Serialize)]
pub struct Metrics {
    /// Seed, threads, and whether it was a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// What the images are.
    pub task: String,
    /// Images learned from.
    pub n_train: usize,
    /// Images scored.
    pub n_test: usize,
    /// Anomalies among them, where labels are known.
    pub n_anomalous: Option<usize>,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// Seconds that all methods learned.
    pub seconds_train: f64,
    /// Each method's figures; the last one wrote `submission.csv`.
    pub methods: Vec<Judged>,
    /// The published figures, this run and the baseline, side by side.
    pub comparison: Comparison,
}

/// The figures of one method.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether it is a cheap baseline.
    pub is_baseline: bool,
    /// Numbers learned.
    pub n_parameters: usize,
    /// Seconds to learn them.
    pub seconds_train: f64,
    /// Seconds to score all images, reading them included.
    pub seconds_score: f64,
    /// Area under the ROC curve, where labels are known.
    pub roc_auc: Option<f64>,
    /// The published area, of faces.
    pub roc_auc_published: Option<f64>,
}

impl Metrics {
    /// The figures of all methods.
    #[must_use]
    pub fn new(task: &Task, settings: &Settings, methods: &[Method], run: Run) -> Self {
        let n_anomalous = task.labels.as_ref().map(|labels| labels.iter().filter(|&&l| l).count());
        let methods: Vec<Judged> = methods.iter().map(Judged::new).collect();
        // Two scores of one network were learned once.
        let learned = methods.iter().filter(|method| !method.shares_its_network());
        Self {
            run,
            task: task.name.clone(),
            n_train: task.train.len(),
            n_test: task.test.len(),
            n_anomalous,
            epochs: settings.epochs,
            batch_size: settings.batch_size,
            seconds_train: learned.map(|method| method.seconds_train).sum(),
            comparison: compare(&methods),
            methods,
        }
    }

    /// The best baseline, chosen by the labels, in its own favour.
    #[must_use]
    pub fn best_baseline(&self) -> Option<(&Judged, f64)> {
        best_baseline(&self.methods)
    }
}

impl Judged {
    fn new(method: &Method) -> Self {
        Self {
            name: method.name.clone(),
            description: method.description.clone(),
            is_baseline: method.is_baseline,
            n_parameters: method.n_parameters,
            seconds_train: method.seconds_train,
            seconds_score: method.seconds_score,
            roc_auc: method.roc.as_ref().map(novelty_metrics::RocCurve::area),
            roc_auc_published: method.published,
        }
    }

    fn shares_its_network(&self) -> bool {
        super::methods::PARTS.contains(&&*self.name)
    }
}

fn best_baseline(methods: &[Judged]) -> Option<(&Judged, f64)> {
    let baselines = methods.iter().filter(|method| method.is_baseline);
    let areas = baselines.filter_map(|method| Some((method, method.roc_auc?)));
    areas.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Every network beside the best number of principal components.
fn compare(methods: &[Judged]) -> Comparison {
    let area = |area: Option<f64>| area.map_or_else(String::new, |area| format!("{area:.4}"));
    let cheap = best_baseline(methods).map(|(_, area)| area);
    let networks = methods.iter().filter(|method| !method.is_baseline);
    networks.fold(Comparison::new(["principal components"]), |table, method| {
        let what = format!("ROC-AUC, {}", method.name);
        let published = method.roc_auc_published.map_or_else(String::new, |x| format!("{x:.5}"));
        table.row(what, published, area(method.roc_auc), [area(cheap)])
    })
}
