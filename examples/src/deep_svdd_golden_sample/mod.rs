//! What `deep_svdd_golden_sample` measures, and how it shows it.

mod page;
mod parts;

pub use page::write_report;
pub use parts::{Kind, Parts, SIDE};

use anyhow::Context;
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Fit, ImageShape, Images, Score};
use novelty_data::InMemoryDataset;
use novelty_metrics::roc_auc;
use novelty_models::{
    AdamConfig, DeepSvdd, DeepSvddConfig, GrayAutoencoderConfig, RadiusRule, Schedule,
    SvddObjective, TrainConfig,
};
use novelty_scoring::{ReconstructionError, quantile};
use serde::Serialize;

use crate::{Comparison, Run};

/// The share of training images that a boundary leaves outside.
pub const OUTSIDE: f64 = 0.1;
/// Principal components of the baseline.
const N_COMPONENTS: usize = 16;

/// The settings of both stages: those of the source, but for the number of epochs. The warm-up
/// is the source's share of them, 35 of 150.
#[must_use]
pub fn settings(epochs: usize, train: &TrainConfig) -> DeepSvddConfig<GrayAutoencoderConfig> {
    let network = GrayAutoencoderConfig::new(ImageShape::new(1, SIDE, SIDE));
    let stage = train
        .clone()
        .epochs(epochs)
        .batch_size(8)
        .learning_rate(3e-4)
        .schedule(Schedule::Constant)
        .optimizer(AdamConfig::default().weight_decay(1e-6));
    let warm_up = epochs * 35 / 150;
    let radius = RadiusRule::AllData;
    DeepSvddConfig::new(network)
        .objective(SvddObjective::SoftBoundary { nu: OUTSIDE, warm_up, radius })
        .pretraining(stage.clone())
        .train(stage)
}

/// The cheap baseline: squared error of redrawing from principal components, and the error that
/// a share [`OUTSIDE`] of the training images is above.
#[derive(Debug)]
pub struct Baseline {
    scorer: ReconstructionError<ImagePca>,
    threshold: f64,
}

impl Baseline {
    /// Learns from the images that Deep SVDD learns from.
    ///
    /// # Errors
    /// If there are fewer than two, or all are the same.
    pub fn fit(train: &InMemoryDataset) -> anyhow::Result<Self> {
        let images = train.images();
        let n = N_COMPONENTS.min(images.shape()[0].saturating_sub(1)).max(1);
        let pca: ImagePca = PcaConfig::new(n).fit(images)?;
        let scorer = ReconstructionError::mse(pca);
        let threshold = quantile(&scorer.score(images)?.to_vec(), 1.0 - OUTSIDE)?;
        Ok(Self { scorer, threshold: f64::from(threshold) })
    }

    /// How far each error is above the threshold, as a share of it: negative inside.
    fn score(&self, images: Images<'_>) -> anyhow::Result<Vec<f32>> {
        let scores = self.scorer.score(images)?;
        Ok(scores.iter().map(|&s| (f64::from(s) / self.threshold - 1.0) as f32).collect())
    }
}

/// What `metrics.json` holds.
#[derive(Debug, Clone, Serialize)]
pub struct Metrics {
    /// Golden samples.
    pub n_golden: usize,
    /// Images trained on: golden samples and their changed copies.
    pub n_train: usize,
    /// Parameters of the encoder.
    pub n_parameters: usize,
    /// Epochs of each stage.
    pub epochs: usize,
    /// The radius of the sphere.
    pub radius: f64,
    /// The kinds of parts, good ones first.
    pub kinds: Vec<KindMetrics>,
    /// Seed, threads, and whether it is a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// Seconds of training.
    pub seconds_train: f64,
    /// Seconds of the whole run.
    pub seconds: f64,
    /// The published scores, ours, and those of principal components.
    pub comparison: Comparison,
}

/// What came of one kind of part.
#[derive(Debug, Clone, Serialize)]
pub struct KindMetrics {
    /// What it is called.
    pub name: String,
    /// Whether nothing is wrong.
    pub is_good: bool,
    /// By Deep SVDD: squared distance from the centre less the squared radius.
    pub svdd: Judged,
    /// By the baseline: share of its threshold above it.
    pub baseline: Judged,
}

/// Scores of one kind of part by one method; negative inside, positive outside.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// Of each image.
    pub scores: Vec<f32>,
    /// Their mean.
    pub mean: f64,
    /// The share outside.
    pub share_outside: f64,
    /// ROC-AUC against the good parts; none for these.
    pub roc_auc: Option<f64>,
}

impl Judged {
    fn new(scores: Vec<f32>, good: Option<&[f32]>) -> anyhow::Result<Self> {
        let n = scores.len().max(1) as f64;
        let mean = scores.iter().map(|&score| f64::from(score)).sum::<f64>() / n;
        let share_outside = scores.iter().filter(|&&score| score > 0.0).count() as f64 / n;
        let roc_auc = match good {
            Some(good) => {
                let labels: Vec<bool> =
                    (0..good.len() + scores.len()).map(|i| i >= good.len()).collect();
                Some(roc_auc(&[good, &scores].concat(), &labels)?)
            }
            None => None,
        };
        Ok(Self { scores, mean, share_outside, roc_auc })
    }
}

/// Judges every kind by both.
///
/// # Errors
/// If an image cannot be scored.
pub fn judge(
    parts: &Parts,
    model: &DeepSvdd<GrayAutoencoderConfig>,
    baseline: &Baseline,
) -> anyhow::Result<Vec<KindMetrics>> {
    let good = parts.kinds.first().context("there is nothing to judge")?;
    let svdd_good = model.score(good.images.view())?.to_vec();
    let baseline_good = baseline.score(good.images.view())?;
    let of = |kind: &Kind| {
        let good = |scores| (!kind.is_good).then_some(scores);
        let svdd = model.score(kind.images.view())?.to_vec();
        let simple = baseline.score(kind.images.view())?;
        Ok(KindMetrics {
            name: kind.name.clone(),
            is_good: kind.is_good,
            svdd: Judged::new(svdd, good(&svdd_good[..]))?,
            baseline: Judged::new(simple, good(&baseline_good[..]))?,
        })
    };
    parts.kinds.iter().map(of).collect()
}

/// The scores that the source prints, by what is wrong. Its images are not public, and its
/// network kept the BatchNorm of training, on images of 0 to 255.
const PUBLISHED: [(&str, &str); 5] = [
    ("golden, unseen", "0.012"),
    ("darker", "0.11"),
    ("scratched", "32.15"),
    ("shifted", "159.10"),
    ("wrong part", "2.33"),
];

/// Mean scores by kind, and how many parts lie on the right side.
#[must_use]
pub fn compare(kinds: &[KindMetrics]) -> Comparison {
    let rows = kinds.iter().fold(Comparison::new(["principal components"]), |rows, kind| {
        let published = PUBLISHED.iter().find(|(name, _)| *name == kind.name);
        rows.row(
            format!("{}, mean score", kind.name),
            published.map_or("", |(_, score)| score),
            format!("{:+.4}", kind.svdd.mean),
            [format!("{:+.4}", kind.baseline.mean)],
        )
    });
    [("Good parts inside", true), ("Bad parts outside", false)].into_iter().fold(
        rows,
        |rows, (what, of_good)| {
            let share = |of| right_side(kinds, of_good, of);
            rows.row(what, "", share(|kind| &kind.svdd), [share(|kind| &kind.baseline)])
        },
    )
}

/// How many parts, good or bad ones, are on their side of the boundary.
fn right_side(kinds: &[KindMetrics], of_good: bool, of: fn(&KindMetrics) -> &Judged) -> String {
    let scores = kinds.iter().filter(|kind| kind.is_good == of_good).flat_map(|k| &of(k).scores);
    let is_right: Vec<bool> = scores.map(|&score| (score > 0.0) != of_good).collect();
    format!("{} of {}", is_right.iter().filter(|&&right| right).count(), is_right.len())
}
