use ndarray::Array1;
use novelty_core::{Fit, Score, ensure_finite};

use crate::ScoringError;
#[cfg(feature = "serde")]
use crate::saved::{ascending, ensure_saved};
use crate::threshold::{ensure_scores, robust_location_and_scale};

/// How scores of different scorers get one scale, learned from reference scores.
///
/// All keep the order, so that no ranking metric changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Normalisation {
    /// `(s - min) / (max - min)`: the reference fills `0..=1`, and what is beyond lies beyond.
    MinMax,
    /// The share of reference scores below, where equal ones count half. In `0..=1`; scores
    /// beyond the reference are not told apart. Their mean over scorers is their mean rank.
    EmpiricalCdf,
    /// `(s - median) / (1.4826 MAD)`: standard deviations from normal, whatever a few anomalies
    /// in the reference do.
    RobustZ,
}

/// Scores on the scale of a reference: a fitted [`Normalisation`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedNormaliser"))]
pub struct ScoreNormaliser {
    scale: Scale,
}

#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Scale {
    Linear {
        zero: f64,
        unit: f64,
    },
    /// In ascending order.
    Ranks(Vec<f32>),
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedNormaliser {
    scale: Scale,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedNormaliser> for ScoreNormaliser {
    type Error = ScoringError;

    fn try_from(saved: SavedNormaliser) -> Result<Self, ScoringError> {
        let is_whole = match &saved.scale {
            Scale::Linear { zero, unit } => zero.is_finite() && *unit > 0.0 && unit.is_finite(),
            Scale::Ranks(ranks) => ascending(ranks),
        };
        ensure_saved(is_whole, "normalisation", "the scale")?;
        Ok(Self { scale: saved.scale })
    }
}

impl Fit<&[f32]> for Normalisation {
    type Fitted = ScoreNormaliser;
    type Error = ScoringError;

    /// # Errors
    /// If there is no score, one is not finite, or (but for the empirical distribution) they do
    /// not vary.
    fn fit(&self, reference: &[f32]) -> Result<ScoreNormaliser, ScoringError> {
        ensure_scores("reference scores", reference)?;
        let scale = match self {
            Self::MinMax => {
                let low = reference.iter().copied().fold(f32::INFINITY, f32::min);
                let high = reference.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                if low >= high {
                    return Err(ScoringError::NoSpread { place: "reference scores" });
                }
                Scale::Linear { zero: f64::from(low), unit: f64::from(high) - f64::from(low) }
            }
            Self::RobustZ => {
                let (zero, unit) = robust_location_and_scale(reference)?;
                Scale::Linear { zero, unit }
            }
            Self::EmpiricalCdf => {
                let mut sorted = reference.to_vec();
                sorted.sort_unstable_by(f32::total_cmp);
                Scale::Ranks(sorted)
            }
        };
        Ok(ScoreNormaliser { scale })
    }
}

impl ScoreNormaliser {
    /// The scores on the reference's scale, in order.
    ///
    /// # Errors
    /// If one is not finite, or too far beyond the reference for `f32`.
    pub fn normalise(&self, scores: &[f32]) -> Result<Vec<f32>, ScoringError> {
        ensure_finite("scores", &ndarray::ArrayView1::from(scores))?;
        let normalised: Array1<f32> = scores.iter().map(|&score| self.of(score) as f32).collect();
        ensure_finite("normalised scores", &normalised)?;
        Ok(normalised.to_vec())
    }

    fn of(&self, score: f32) -> f64 {
        match &self.scale {
            Scale::Linear { zero, unit } => (f64::from(score) - zero) / unit,
            Scale::Ranks(sorted) => {
                let below = sorted.partition_point(|&reference| reference < score);
                let up_to = sorted.partition_point(|&reference| reference <= score);
                (below + up_to) as f64 / (2 * sorted.len()) as f64
            }
        }
    }
}

/// A scorer whose scores are on the scale of a reference.
///
/// ```
/// use ndarray::{array, aview1};
/// use novelty_core::{Fit, Score};
/// use novelty_scoring::{Hypersphere, Normalisation, Normalised};
///
/// let scorer = Hypersphere::new(array![0.0].view(), 0.0)?;
/// let normaliser = Normalisation::MinMax.fit(&[1.0, 5.0][..])?;
/// let scorer = Normalised { scorer, normaliser };
/// assert_eq!(scorer.score(array![[2.0]].view())?[0], 0.75);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Normalised<S> {
    /// Gives the scores.
    pub scorer: S,
    /// Fitted to scores of the scorer on reference samples.
    pub normaliser: ScoreNormaliser,
}

impl<X, S: Score<X>> Score<X> for Normalised<S> {
    type Error = ScoringError<S::Error>;

    fn score(&self, x: X) -> Result<Array1<f32>, Self::Error> {
        let scores = self.scorer.score(x).map_err(ScoringError::Model)?;
        let normalised = self.normaliser.normalise(&scores.to_vec());
        Ok(normalised.map_err(ScoringError::with_model)?.into())
    }
}
