use novelty_core::{InputError, SelectThreshold, Threshold, ensure_finite};

use super::deviation::too_few;
use super::quantile::ensure_scores;
use crate::ScoringError;

/// Turns scores into p-values by comparison with the scores of held-out normal samples.
///
/// `p(s) = (1 + #{calibration scores >= s}) / (n + 1)`. If a sample is normal, that is
/// exchangeable with the calibration samples, then `P(p <= a) <= a` for every `a` and every `n`,
/// whatever the scorer: the share of false alarms at `p <= a` is at most `a`, on average over
/// calibration sets. The smallest p-value is `1 / (n + 1)`: a rate of 1 % needs 99 scores.
///
/// The samples must not have been used to fit the scorer.
///
/// Vovk, Gammerman and Shafer, *Algorithmic Learning in a Random World*, 2005; Bates, Candes,
/// Lei, Romano and Sesia, *Testing for Outliers with Conformal p-Values*, 2023.
///
/// ```
/// use novelty_scoring::ConformalPValues;
///
/// let calibration: Vec<f32> = (1..=99).map(|i| i as f32).collect();
/// let conformal = ConformalPValues::new(&calibration)?;
/// assert_eq!(conformal.p_value(99.5)?, 0.01);
/// assert_eq!(conformal.p_value(90.0)?, 0.11);
/// # Ok::<(), novelty_core::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedCalibration"))]
pub struct ConformalPValues {
    /// In ascending order.
    calibration: Vec<f32>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedCalibration {
    calibration: Vec<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedCalibration> for ConformalPValues {
    type Error = InputError;

    fn try_from(saved: SavedCalibration) -> Result<Self, InputError> {
        Self::new(&saved.calibration)
    }
}

impl ConformalPValues {
    /// P-values relative to these scores.
    ///
    /// # Errors
    /// If there is no score, or one is not finite.
    pub fn new(calibration: &[f32]) -> Result<Self, InputError> {
        ensure_scores("calibration scores", calibration)?;
        let mut calibration = calibration.to_vec();
        calibration.sort_unstable_by(f32::total_cmp);
        Ok(Self { calibration })
    }

    /// How many calibration scores there are.
    #[must_use]
    pub fn n_reference(&self) -> usize {
        self.calibration.len()
    }

    /// The p-value of a score.
    ///
    /// # Errors
    /// If it is not finite.
    pub fn p_value(&self, score: f32) -> Result<f64, InputError> {
        Ok(self.p_values(&[score])?[0])
    }

    /// The p-value of each score.
    ///
    /// # Errors
    /// If one is not finite.
    pub fn p_values(&self, scores: &[f32]) -> Result<Vec<f64>, InputError> {
        ensure_finite("scores", &ndarray::ArrayView1::from(scores))?;
        let n = self.calibration.len();
        let p_value = |&score: &f32| {
            let below = self.calibration.partition_point(|&reference| reference < score);
            (1 + n - below) as f64 / (n + 1) as f64
        };
        Ok(scores.iter().map(p_value).collect())
    }
}

/// The threshold at which normal samples are called anomalous at most at a given rate, with the
/// guarantee of [`ConformalPValues`] for a finite number of scores.
///
/// `score > threshold` if and only if `p(score) <= significance`: it is the `k`-th largest
/// reference score, `k = floor(significance (n + 1))`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ConformalThreshold {
    /// The rate of false alarms, in `0 < significance < 1`.
    pub significance: f64,
}

impl ConformalThreshold {
    /// The rule for a rate of false alarms.
    #[must_use]
    pub fn new(significance: f64) -> Self {
        Self { significance }
    }
}

impl SelectThreshold for ConformalThreshold {
    type Error = ScoringError;

    /// Labels are not used.
    ///
    /// # Errors
    /// If there are fewer than `1 / significance - 1` scores, one is not finite, or the rate is
    /// outside its range.
    fn select(&self, scores: &[f32], _labels: Option<&[bool]>) -> Result<Threshold, ScoringError> {
        let rate = self.significance;
        if !(rate > 0.0 && rate < 1.0) {
            return Err(InputError::setting("significance", rate, "above 0 and below 1").into());
        }
        ensure_scores("scores", scores)?;
        // Rates such as 0.07 have no exact form: 0.07 * 100 must be 7, as its p-value is.
        let k = (rate * (scores.len() + 1) as f64 * (1.0 + 4.0 * f64::EPSILON)).floor() as usize;
        if k == 0 {
            let needed = ((1.0 / rate).ceil() as usize).saturating_sub(1);
            return Err(too_few(scores, needed.max(scores.len() + 1)));
        }
        let mut scores_by_size = scores.to_vec();
        let (_, &mut value, _) =
            scores_by_size.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
        Ok(Threshold::chosen_from(scores, value, format!("conformal({rate})")))
    }
}
