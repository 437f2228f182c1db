use novelty_core::{SelectThreshold, Threshold};
use novelty_metrics::{RocCurve, roc_curve};
use novelty_models::History;
use novelty_scoring::QuantileThreshold;
use serde::Serialize;

use crate::{Comparison, Run};

/// What `metrics.json` holds.
#[derive(Debug, Clone, Serialize)]
pub struct Metrics {
    /// Trainable parameters of the network.
    pub n_parameters: usize,
    /// Images scored.
    pub n_images: usize,
    /// Threes among them.
    pub n_anomalous: usize,
    /// The last epoch's mean training loss, measured while the weights moved.
    pub final_train_mse: f64,
    /// The last epoch's validation loss.
    pub final_val_mse: f64,
    /// How good the autoencoder's scores are.
    #[serde(flatten)]
    pub autoencoder: Judged,
    /// The same of the reconstruction error of principal components, as many as the code is
    /// long, on the same split.
    pub pca: Judged,
    /// The same of the distance to the nearest training images.
    pub nearest_neighbours: Judged,
    /// Seed, threads, and whether it was a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// Epochs trained.
    pub epochs: usize,
    /// Seconds spent training the autoencoder, validation included.
    pub seconds_train: f64,
    /// The published notebook, this run and the baselines, side by side.
    pub comparison: Comparison,
}

/// How good the scores of one method are. Its thresholds are quantiles of all its scores.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// The 0.999 quantile.
    pub threshold_q999: f32,
    /// Scores above it.
    pub n_flagged_q999: usize,
    /// Threes among them.
    pub n_true_flagged_q999: usize,
    /// The share of all threes that are among them.
    pub recall_q999: f64,
    /// Scores above the 0.99 quantile.
    pub n_flagged_q99: usize,
    /// Threes among them.
    pub n_true_flagged_q99: usize,
    /// The share of all threes that are among them.
    pub recall_q99: f64,
    /// Area under the ROC curve.
    pub roc_auc: f64,
}

/// The scores of one method, and what is to be said of them.
#[derive(Debug)]
pub struct Method {
    /// One score an image.
    pub scores: Vec<f32>,
    /// The threshold at quantile 0.999.
    pub threshold: Threshold,
    /// The ROC curve.
    pub roc: RocCurve,
    /// The numbers.
    pub judged: Judged,
}

impl Method {
    /// Judges scores by the labels.
    ///
    /// # Errors
    /// If the scores are not finite, or all images are of one class.
    pub fn new(scores: Vec<f32>, labels: &[bool]) -> anyhow::Result<Self> {
        let threshold = QuantileThreshold::new(0.999).select(&scores, None)?;
        let q99 = QuantileThreshold::new(0.99).select(&scores, None)?;
        let n_anomalous = labels.iter().filter(|&&label| label).count().max(1) as f64;
        let flagged = |threshold: &Threshold| {
            let flagged = threshold.flagged(&scores);
            let hits = flagged.iter().filter(|&&i| labels[i]).count();
            (flagged.len(), hits, hits as f64 / n_anomalous)
        };
        let (n_flagged_q999, n_true_flagged_q999, recall_q999) = flagged(&threshold);
        let (n_flagged_q99, n_true_flagged_q99, recall_q99) = flagged(&q99);
        let roc = roc_curve(&scores, labels)?;
        let judged = Judged {
            threshold_q999: threshold.value,
            n_flagged_q999,
            n_true_flagged_q999,
            recall_q999,
            n_flagged_q99,
            n_true_flagged_q99,
            recall_q99,
            roc_auc: roc.area(),
        };
        Ok(Self { scores, threshold, roc, judged })
    }

    /// The positions of the flagged images, by falling score.
    #[must_use]
    pub fn flagged(&self) -> Vec<usize> {
        let mut flagged = self.threshold.flagged(&self.scores);
        flagged.sort_by(|&a, &b| self.scores[b].total_cmp(&self.scores[a]));
        flagged
    }
}

/// Everything the report is drawn from.
#[derive(Debug)]
pub struct Measured {
    /// The autoencoder.
    pub autoencoder: Method,
    /// Principal components.
    pub pca: Method,
    /// Nearest neighbours.
    pub nearest_neighbours: Method,
    /// The losses, epoch by epoch.
    pub history: History,
}

impl Measured {
    /// The numbers for `metrics.json`.
    #[must_use]
    pub fn metrics(&self, labels: &[bool], n_parameters: usize, run: Run) -> Metrics {
        let history = &self.history;
        Metrics {
            comparison: self.comparison(labels.len(), n_parameters),
            n_parameters,
            n_images: labels.len(),
            n_anomalous: labels.iter().filter(|&&label| label).count(),
            final_train_mse: history.final_train_loss().unwrap_or(f64::NAN),
            final_val_mse: history.final_validation_loss().unwrap_or(f64::NAN),
            autoencoder: self.autoencoder.judged.clone(),
            pca: self.pca.judged.clone(),
            nearest_neighbours: self.nearest_neighbours.judged.clone(),
            run,
            epochs: history.epochs.len(),
            seconds_train: history.epochs.iter().map(|e| e.elapsed.as_secs_f64()).sum(),
        }
    }

    fn comparison(&self, n_images: usize, n_parameters: usize) -> Comparison {
        let validation = self.history.final_validation_loss().unwrap_or(f64::NAN);
        let table = Comparison::new(["principal components", "nearest neighbours"])
            .row("Images", "6,809", n_images, [n_images; 2])
            .row("Parameters", "178,769 (384 of them not trained)", n_parameters, [""; 2])
            .row("Validation loss, last epoch", "0.0022", format!("{validation:.5}"), [""; 2]);
        let columns = [&self.autoencoder, &self.pca, &self.nearest_neighbours];
        let columns = columns.map(|method| method.judged.figures());
        JUDGED.into_iter().enumerate().fold(table, |table, (i, (what, published))| {
            let [ours, baselines @ ..] = [0, 1, 2].map(|method| columns[method][i].clone());
            table.row(what, published, ours, baselines)
        })
    }
}

/// What is judged of every method, and what the notebook gave.
const JUDGED: [(&str, &str); 8] = [
    ("Threshold at quantile 0.999", "0.02864"),
    ("Flagged", "7"),
    ("Threes among them", "5"),
    ("Recall at quantile 0.999", "0.075"),
    ("Flagged at quantile 0.99", ""),
    ("Threes among them", ""),
    ("Recall at quantile 0.99", ""),
    ("ROC-AUC", ""),
];

impl Judged {
    /// The numbers in the order of [`JUDGED`].
    fn figures(&self) -> [String; 8] {
        [
            format!("{:.5}", self.threshold_q999),
            self.n_flagged_q999.to_string(),
            self.n_true_flagged_q999.to_string(),
            format!("{:.3}", self.recall_q999),
            self.n_flagged_q99.to_string(),
            self.n_true_flagged_q99.to_string(),
            format!("{:.3}", self.recall_q99),
            format!("{:.4}", self.roc_auc),
        ]
    }
}
