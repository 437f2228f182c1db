use novelty_core::{SelectThreshold, Threshold};
use novelty_metrics::{RocCurve, roc_curve};
use novelty_models::History;
use novelty_scoring::QuantileThreshold;
use serde::Serialize;

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
    /// The 0.999 quantile of all scores.
    pub threshold_q999: f32,
    /// Scores above it.
    pub n_flagged_q999: usize,
    /// Threes among them.
    pub n_true_flagged_q999: usize,
    /// Scores above the 0.99 quantile.
    pub n_flagged_q99: usize,
    /// Threes among them.
    pub n_true_flagged_q99: usize,
    /// Area under the ROC curve of the autoencoder's scores.
    pub roc_auc: f64,
    /// The same of principal components, as many as the code is long, on the same split.
    pub roc_auc_pca: f64,
    /// The seed.
    pub seed: u64,
    /// Threads computed with.
    pub threads: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// Seconds spent training the autoencoder, validation included.
    pub seconds_train: f64,
}

/// How the example was run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// Threads computed with.
    pub threads: usize,
    /// Trainable parameters of the network.
    pub n_parameters: usize,
}

/// Everything the report is drawn from.
#[derive(Debug)]
pub struct Measured {
    /// The numbers.
    pub metrics: Metrics,
    /// The threshold at quantile 0.999.
    pub threshold: Threshold,
    /// The autoencoder's scores.
    pub scores: Vec<f32>,
    /// The autoencoder's ROC curve.
    pub roc: RocCurve,
    /// The baseline's ROC curve.
    pub roc_pca: RocCurve,
    /// The losses, epoch by epoch.
    pub history: History,
}

impl Measured {
    /// Judges the autoencoder's scores and those of the baseline.
    ///
    /// # Errors
    /// If the scores are not finite, or all images are of one class.
    pub fn new(
        scores: Vec<f32>,
        scores_pca: &[f32],
        labels: &[bool],
        history: History,
        run: Run,
    ) -> anyhow::Result<Self> {
        let threshold = QuantileThreshold::new(0.999).select(&scores, None)?;
        let q99 = QuantileThreshold::new(0.99).select(&scores, None)?;
        let hits = |threshold: &Threshold| {
            threshold.flagged(&scores).into_iter().filter(|&i| labels[i]).count()
        };
        let (roc, roc_pca) = (roc_curve(&scores, labels)?, roc_curve(scores_pca, labels)?);
        let metrics = Metrics {
            n_parameters: run.n_parameters,
            n_images: labels.len(),
            n_anomalous: labels.iter().filter(|&&label| label).count(),
            final_train_mse: history.final_train_loss().unwrap_or(f64::NAN),
            final_val_mse: history.final_validation_loss().unwrap_or(f64::NAN),
            threshold_q999: threshold.value,
            n_flagged_q999: threshold.flagged(&scores).len(),
            n_true_flagged_q999: hits(&threshold),
            n_flagged_q99: q99.flagged(&scores).len(),
            n_true_flagged_q99: hits(&q99),
            roc_auc: roc.area(),
            roc_auc_pca: roc_pca.area(),
            seed: run.seed,
            threads: run.threads,
            epochs: history.epochs.len(),
            seconds_train: history.epochs.iter().map(|e| e.elapsed.as_secs_f64()).sum(),
        };
        Ok(Self { metrics, threshold, scores, roc, roc_pca, history })
    }
}
