use ndarray::Array4;
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Fit, Images, Score, SelectThreshold};
use novelty_data::CorruptionKind;
use novelty_metrics::roc_auc;
use novelty_models::StyleVaeGan;
use novelty_scoring::{QuantileThreshold, ReconstructionError};
use serde::{Serialize, Serializer};

use super::{Digits, PROBLEMS, seen};
use crate::TaskBar;

/// The severity of the problems that anomalies are looked for under.
const SEVERITY: u8 = 4;
/// Pictures of the product that a threshold leaves below it.
const QUANTILE: f64 = 0.95;

/// How well a detector finds anomalies.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Shares {
    /// Area under the ROC curve.
    pub roc_auc: f64,
    /// Share of normal pictures above the threshold.
    pub false_alarms: f64,
    /// Share of anomalies above it.
    pub found: f64,
}

/// How well anomalies are found through a camera.
#[derive(Debug, Clone, Serialize)]
pub struct Sensitivity {
    /// Its problem; none for the sound one.
    #[serde(serialize_with = "name")]
    pub problem: Option<CorruptionKind>,
    /// Principal components of sound pictures, on the pictures as they come: before.
    pub before: Shares,
    /// The same on the pictures drawn anew in the clean style.
    pub rerendered: Shares,
    /// The error of the autoencoder's reconstruction in the picture's own style: after.
    pub after: Shares,
}

fn name<S: Serializer>(problem: &Option<CorruptionKind>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(problem.map_or("none", CorruptionKind::name))
}

/// Anomalies through a sound camera and through every problem. Thresholds are those of sound
/// pictures that were not learned from.
///
/// # Errors
/// If the model fails.
pub fn sensitivities(
    digits: &Digits,
    model: &StyleVaeGan,
    seed: u64,
) -> anyhow::Result<Vec<Sensitivity>> {
    let pca: ImagePca = PcaConfig::new(model.config().base.n_features).fit(digits.train.view())?;
    let components = ReconstructionError::mse(&pca);
    let own = ReconstructionError::mse(model);
    let rerender = |images: &Array4<f32>| model.rerender(images.view(), 0);
    let held_out = &digits.held_out;
    let before = Detector::new(&components, held_out)?;
    let rerendered = Detector::new(&components, &rerender(held_out)?)?;
    let after = Detector::new(&own, held_out)?;
    let bar = TaskBar::new("looking for anomalies", 1 + PROBLEMS.len());
    let through = |problem: Option<CorruptionKind>| -> anyhow::Result<Sensitivity> {
        let camera = |images: &Array4<f32>| match problem {
            Some(kind) => seen(images, kind, |_| SEVERITY, seed + 77),
            None => Ok(images.clone()),
        };
        let (normal, anomalous) = (camera(&digits.normal)?, camera(&digits.anomalous)?);
        let sensitivity = Sensitivity {
            problem,
            before: before.shares(&normal, &anomalous)?,
            rerendered: rerendered.shares(&rerender(&normal)?, &rerender(&anomalous)?)?,
            after: after.shares(&normal, &anomalous)?,
        };
        bar.advance();
        Ok(sensitivity)
    };
    std::iter::once(None).chain(PROBLEMS.map(Some)).map(through).collect()
}

/// A scorer and where anomalous begins.
struct Detector<'a, S> {
    scorer: &'a S,
    threshold: f32,
}

impl<'a, S, E> Detector<'a, S>
where
    S: for<'b> Score<Images<'b>, Error = E>,
    E: std::error::Error + Send + Sync + 'static,
{
    fn new(scorer: &'a S, sound: &Array4<f32>) -> anyhow::Result<Self> {
        let scores = scorer.score(sound.view())?.to_vec();
        let threshold = QuantileThreshold::new(QUANTILE).select(&scores, None)?.value;
        Ok(Self { scorer, threshold })
    }

    fn shares(&self, normal: &Array4<f32>, anomalous: &Array4<f32>) -> anyhow::Result<Shares> {
        let normal = self.scorer.score(normal.view())?.to_vec();
        let anomalous = self.scorer.score(anomalous.view())?.to_vec();
        let above = |scores: &[f32]| {
            let n = scores.iter().filter(|&&score| score > self.threshold).count();
            n as f64 / scores.len().max(1) as f64
        };
        let (false_alarms, found) = (above(&normal), above(&anomalous));
        let labels: Vec<bool> =
            normal.iter().map(|_| false).chain(anomalous.iter().map(|_| true)).collect();
        let roc_auc = roc_auc(&[normal, anomalous].concat(), &labels)?;
        Ok(Shares { roc_auc, false_alarms, found })
    }
}
