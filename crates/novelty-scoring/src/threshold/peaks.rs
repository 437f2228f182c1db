use novelty_core::{InputError, SelectThreshold, Threshold};

use super::quantile::{ensure_scores, quantile};
use crate::ScoringError;

/// Peaks that a tail is fitted to, at least.
const MIN_PEAKS: usize = 10;

/// The threshold that normal scores exceed at a given, small rate, from a model of their tail.
///
/// The scores above a high quantile, the peaks, follow a generalised Pareto distribution more
/// and more closely the higher it is. So the tail of few scores says where rarer ones lie: with
/// `n` scores a quantile cannot see a rate below `1 / n`, and this can. With shape `c`, scale
/// `s`, `m` peaks above `t` and the rate `q`, the threshold is
/// `t + s / c ((q n / m)^-c - 1)`.
///
/// Siffer, Fouque, Termier and Largouet, *Anomaly Detection in Streams with Extreme Value
/// Theory*, KDD 2017, equation 1; Pickands, 1975.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PeaksOverThreshold {
    /// The rate of false alarms aimed at, above 0 and below `1 - level`.
    pub false_alarm_rate: f64,
    /// The quantile above which scores are peaks, in `0 < level < 1`; 0.9 by default. At least
    /// ten scores must lie above.
    pub level: f64,
}

impl PeaksOverThreshold {
    /// The rule for a rate of false alarms.
    #[must_use]
    pub fn new(false_alarm_rate: f64) -> Self {
        Self { false_alarm_rate, level: 0.9 }
    }

    /// The quantile above which scores are peaks.
    #[must_use]
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If one is outside its range.
    pub fn validate(&self) -> Result<(), InputError> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(InputError::setting("level", self.level, "above 0 and below 1"));
        }
        if !(self.false_alarm_rate > 0.0 && self.false_alarm_rate < 1.0 - self.level) {
            let range = "above 0 and below 1 - level";
            return Err(InputError::setting("false_alarm_rate", self.false_alarm_rate, range));
        }
        Ok(())
    }
}

impl SelectThreshold for PeaksOverThreshold {
    type Error = ScoringError;

    /// Labels are not used.
    ///
    /// # Errors
    /// If a setting is outside its range, a score is not finite, there are fewer than ten
    /// peaks, or all peaks are the same.
    fn select(&self, scores: &[f32], _labels: Option<&[bool]>) -> Result<Threshold, ScoringError> {
        self.validate()?;
        ensure_scores("scores", scores)?;
        let start = f64::from(quantile(scores, self.level)?);
        let above = scores.iter().map(|&score| f64::from(score) - start);
        let excesses: Vec<f64> = above.filter(|&excess| excess > 0.0).collect();
        let n_peaks = excesses.len();
        let tail = ParetoTail::fit(&excesses)?;
        let share = self.false_alarm_rate * scores.len() as f64 / n_peaks as f64;
        let value = (start + tail.exceeded_by(share)) as f32;
        let rule = format!("peaks over {}({})", self.level, self.false_alarm_rate);
        Ok(Threshold::chosen_from(scores, value, rule))
    }
}

/// A generalised Pareto distribution of excesses, `P(X > x) = (1 + c x / s)^(-1 / c)`, and
/// `exp(-x / s)` for `c = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ParetoTail {
    /// `c`: negative for a tail that ends, 0 for an exponential one, positive for a heavy one.
    pub shape: f64,
    /// `s`, above 0.
    pub scale: f64,
}

impl ParetoTail {
    /// The most likely tail with a shape of at least -0.5, below which maximum likelihood has
    /// no regular solution (Smith, 1985).
    ///
    /// With `t = c / s` given, the best shape is `mean(ln(1 + t x))`; the likelihood that is
    /// left has one variable (Grimshaw, 1993), and is searched on a grid and then closely.
    ///
    /// # Errors
    /// If there are fewer than ten excesses, or they do not vary. They must be positive.
    pub fn fit(excesses: &[f64]) -> Result<Self, ScoringError> {
        let n_samples = excesses.len();
        if n_samples < MIN_PEAKS {
            let place = "scores above the level";
            return Err(ScoringError::TooFewSamples { place, n_samples, needed: MIN_PEAKS });
        }
        let largest = excesses.iter().copied().fold(0.0, f64::max);
        let mean = excesses.iter().sum::<f64>() / n_samples as f64;
        let is_positive = excesses.iter().all(|&x| x > 0.0 && x.is_finite());
        if !is_positive || largest <= mean * (1.0 + 1e-12) {
            return Err(ScoringError::NoSpread { place: "the scores above the level" });
        }
        // Scaled by the mean, all searches look alike.
        let scaled: Vec<f64> = excesses.iter().map(|x| x / mean).collect();
        let tail = search(&scaled, -mean / largest);
        Ok(Self { shape: tail.shape, scale: tail.scale * mean })
    }

    /// The excess that a share of the peaks exceeds.
    #[must_use]
    pub fn exceeded_by(&self, share: f64) -> f64 {
        if self.shape.abs() < 1e-9 {
            -self.scale * share.ln()
        } else {
            self.scale / self.shape * (share.powf(-self.shape) - 1.0)
        }
    }
}

/// The tail for a ratio of shape and scale, and its log-likelihood a sample.
fn profile(excesses: &[f64], ratio: f64) -> (ParetoTail, f64) {
    let n = excesses.len() as f64;
    if ratio.abs() < 1e-9 {
        let scale = excesses.iter().sum::<f64>() / n;
        return (ParetoTail { shape: 0.0, scale }, -scale.ln() - 1.0);
    }
    let shape = excesses.iter().map(|x| (ratio * x).ln_1p()).sum::<f64>() / n;
    let scale = shape / ratio;
    let likelihood = if shape < -0.5 { f64::NEG_INFINITY } else { -scale.ln() - shape - 1.0 };
    (ParetoTail { shape, scale }, likelihood)
}

/// The best ratio above `limit`, which is negative. The grid is of `ln(ratio - limit)`.
fn search(excesses: &[f64], limit: f64) -> ParetoTail {
    const STEPS: usize = 200;
    let (low, high) = ((-limit * 1e-6).ln(), 1e3_f64.ln());
    let at = |position: f64| limit + position.exp();
    let position = |i: f64| low + (high - low) * i / STEPS as f64;
    let value = |i: f64| profile(excesses, at(position(i))).1;
    let best = (0..=STEPS).map(|i| i as f64).fold((0.0, f64::NEG_INFINITY), |best, i| {
        let likelihood = value(i);
        if likelihood > best.1 { (i, likelihood) } else { best }
    });
    let (mut left, mut right) = ((best.0 - 1.0).max(0.0), (best.0 + 1.0).min(STEPS as f64));
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    for _ in 0..60 {
        let (a, b) = (right - GOLDEN * (right - left), left + GOLDEN * (right - left));
        if value(a) >= value(b) { right = b } else { left = a }
    }
    let (tail, likelihood) = profile(excesses, at(position(f64::midpoint(left, right))));
    let (exponential, plain) = profile(excesses, 0.0);
    if likelihood >= plain { tail } else { exponential }
}
