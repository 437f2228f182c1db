use novelty_core::{Fit, InputError};
use serde::{Deserialize, Serialize};

use super::OnlineReport;
use super::run_length::{limit_for, resample};
use super::statistic::Statistic;
use crate::DriftError;
use crate::error::ensure_at_least;

/// Which test an [`OnlineDrift`] makes. All are fed values standardised by the reference's mean
/// and standard deviation, so that settings are in standard deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum OnlineTest {
    /// Cumulative sum: `S <- max(0, S + z - slack)`. Quickest for a lasting shift of about twice
    /// the slack. Page, *Continuous inspection schemes*, Biometrika, 1954.
    Cusum {
        /// What a value may exceed the mean by for free; at least 0. 0.5 is usual.
        slack: f64,
    },
    /// Exponentially weighted moving average, over its standard deviation. Roberts, *Control chart
    /// tests based on geometric moving averages*, Technometrics, 1959.
    Ewma {
        /// The weight of a new value, in (0, 1]. 0.1 is usual; smaller sees smaller shifts.
        weight: f64,
    },
    /// The cumulative deviation from the running mean, above its lowest value so far. It learns
    /// the mean as it goes. Page, 1954; Hinkley, *Inference about the change-point from cumulative
    /// sum tests*, Biometrika, 1971.
    PageHinkley {
        /// What a value may exceed the mean by for free; at least 0. With 0.25 a shift of one
        /// deviation is found in some 15 values; a much smaller tolerance learns such a shift as the
        /// new mean before it sums up.
        tolerance: f64,
    },
    /// The largest difference of means before and after any cut of an adaptive window, in standard
    /// errors. After an alarm the window keeps what came after the change. Bifet and Gavaldà,
    /// *Learning from time-changing data with adaptive windowing*, SDM, 2007; the limit comes from
    /// the expected run time instead of their bound, which is far too wide.
    Adwin {
        /// The most values the window summarises, at least 20; memory grows with its logarithm.
        max_window: usize,
    },
}

/// Which changes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Side {
    /// A rise.
    Up,
    /// A fall.
    Down,
    /// Either.
    #[default]
    Both,
}

/// Settings of an [`OnlineDrift`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OnlineDriftConfig {
    /// The test.
    pub test: OnlineTest,
    /// Samples from the start to a false alarm, on average; in 10..=1,000,000. Default 1,000.
    pub expected_run_time: usize,
    /// Which changes count. Default both.
    pub side: Side,
    /// Seed of the simulated streams that set the limit. Default 42.
    pub seed: u64,
}

impl OnlineDriftConfig {
    /// The defaults for a test.
    #[must_use]
    pub fn new(test: OnlineTest) -> Self {
        Self { test, expected_run_time: 1000, side: Side::Both, seed: 42 }
    }

    /// Sets the samples to a false alarm, on average.
    #[must_use]
    pub fn expected_run_time(mut self, expected_run_time: usize) -> Self {
        self.expected_run_time = expected_run_time;
        self
    }

    /// Sets which changes count.
    #[must_use]
    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that is out of range, with its value.
    pub fn validate(&self) -> Result<(), InputError> {
        let at_least_zero = |name, value: f64| {
            let is_sound = value >= 0.0 && value.is_finite();
            if is_sound { Ok(()) } else { Err(InputError::setting(name, value, "at least 0")) }
        };
        match self.test {
            OnlineTest::Cusum { slack } => at_least_zero("slack", slack)?,
            OnlineTest::PageHinkley { tolerance } => at_least_zero("tolerance", tolerance)?,
            OnlineTest::Ewma { weight } if !(weight > 0.0 && weight <= 1.0) => {
                return Err(InputError::setting("weight", weight, "above 0, at most 1"));
            }
            OnlineTest::Adwin { max_window } if max_window < 20 => {
                return Err(InputError::setting("max_window", max_window, "at least 20"));
            }
            _ => {}
        }
        super::check_run_time(self.expected_run_time)
    }
}

/// Watches a stream of scores, one at a time, for a change against a reference.
///
/// The limit is set by simulation, so that without drift an alarm comes after
/// `expected_run_time` samples on average. After an alarm the detector starts afresh. Memory does
/// not grow with the stream, and the state is what serde writes: saved and loaded, a detector
/// goes on as if nothing had been.
///
/// ```
/// use novelty_core::Fit;
/// use novelty_drift::{OnlineDriftConfig, OnlineTest};
///
/// let score = |i: usize| ((i * 37) % 101) as f32 / 101.0;
/// let reference: Vec<f32> = (0..1000).map(score).collect();
/// let config = OnlineDriftConfig::new(OnlineTest::Cusum { slack: 0.5 });
/// let mut detector = config.fit(&reference[..])?;
/// let mut alarm_after = |shift: f32| {
///     (0..500).find(|&i| detector.update(score(i) + shift).is_ok_and(|report| report.is_drift))
/// };
/// assert_eq!(alarm_after(0.0), None);
/// assert!(alarm_after(0.6).is_some_and(|samples| samples < 10));
/// # Ok::<(), novelty_drift::DriftError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnlineDrift {
    config: OnlineDriftConfig,
    mean: f64,
    deviation: f64,
    threshold: f64,
    statistic: Statistic,
    n_seen: u64,
}

impl Fit<&[f32]> for OnlineDriftConfig {
    type Fitted = OnlineDrift;
    type Error = DriftError;

    /// Learns mean and spread from the scores of a reference, and sets the limit. Several hundred
    /// scores are needed for the run time to hold: an error of the mean is a drift.
    fn fit(&self, reference: &[f32]) -> Result<OnlineDrift, DriftError> {
        self.validate()?;
        ensure_at_least("reference", 20, reference.len())?;
        if let Some((index, &value)) = reference.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(InputError::NotFinite { place: "reference", index, value }.into());
        }
        let n = reference.len() as f64;
        let mean = reference.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let squares: f64 = reference.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
        let deviation = (squares / (n - 1.0)).sqrt();
        if deviation <= 1e-12 * mean.abs() {
            return Err(DriftError::Constant { place: "reference", value: reference[0] });
        }
        let values: Vec<f64> =
            reference.iter().map(|&x| (f64::from(x) - mean) / deviation).collect();
        let start = Statistic::new(self.test, self.side);
        let threshold = limit_for(self.expected_run_time, self.seed, |rng, n| {
            let mut statistic = start.clone();
            resample(&values, rng, n).map(move |value| statistic.push(value))
        });
        Ok(OnlineDrift {
            config: self.clone(),
            mean,
            deviation,
            threshold,
            statistic: start,
            n_seen: 0,
        })
    }
}

impl OnlineDrift {
    /// The settings.
    pub fn config(&self) -> &OnlineDriftConfig {
        &self.config
    }

    /// The limit the statistic is held against.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Forgets what it saw since the reference.
    pub(crate) fn restart(&mut self) {
        self.statistic = Statistic::new(self.config.test, self.config.side);
        self.n_seen = 0;
    }

    /// Takes the next score.
    ///
    /// # Errors
    /// If it is not finite; the detector is then as before.
    pub fn update(&mut self, score: f32) -> Result<OnlineReport, DriftError> {
        if !score.is_finite() {
            let (place, index, value) = ("score", 0, score);
            return Err(InputError::NotFinite { place, index, value }.into());
        }
        self.n_seen += 1;
        let statistic = self.statistic.push((f64::from(score) - self.mean) / self.deviation);
        let is_drift = statistic > self.threshold;
        let report =
            OnlineReport { n_seen: self.n_seen, statistic, threshold: self.threshold, is_drift };
        if is_drift {
            self.statistic.restart(self.config.test, self.config.side);
            self.n_seen = 0;
        }
        Ok(report)
    }
}
