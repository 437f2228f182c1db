use novelty_core::InputError;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{Interval, ensure_confidence};
use crate::MetricsError;
use crate::ranking::ensure_scored;

/// How to draw a bootstrap.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BootstrapConfig {
    /// How many times to draw; at least 2, default 1000.
    pub n_resamples: usize,
    /// The share of intervals that are to hold the true value, in `(0, 1)`; default 0.95.
    pub confidence: f64,
    /// What the draws depend on, besides the samples.
    pub seed: u64,
}

impl Default for BootstrapConfig {
    fn default() -> Self {
        Self { n_resamples: 1000, confidence: 0.95, seed: 0 }
    }
}

impl BootstrapConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many times to draw.
    #[must_use]
    pub fn n_resamples(mut self, n_resamples: usize) -> Self {
        self.n_resamples = n_resamples;
        self
    }

    /// The share of intervals that are to hold the true value.
    #[must_use]
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// What the draws depend on, besides the samples.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fails if a setting is out of range.
    ///
    /// # Errors
    /// Naming the setting and its value.
    pub fn validate(&self) -> Result<(), InputError> {
        if self.n_resamples < 2 {
            return Err(InputError::setting("n_resamples", self.n_resamples, "at least 2"));
        }
        ensure_confidence(self.confidence)
    }
}

/// The confidence interval of any metric of scores against labels, by resampling.
///
/// Each of `n_resamples` times, as many anomalous and as many normal samples as there are
/// are drawn with replacement, and `metric` is computed on them. The interval is that between
/// the quantiles of the results (the percentile method), the standard error their standard
/// deviation. Draws run in parallel, each from a random stream of its own: the result does
/// not depend on the number of threads.
///
/// For the area under the ROC curve, [`roc_auc_interval`](crate::roc_auc_interval) costs a
/// thousandth.
///
/// Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
///
/// # Errors
/// If the lengths differ, there is no sample, a score is NaN or infinite, a setting is out
/// of range, or `metric` fails.
///
/// ```
/// use novelty_metrics::{BootstrapConfig, average_precision, bootstrap};
///
/// let scores = [0.1, 0.2, 0.3, 0.35, 0.4, 0.8];
/// let labels = [false, false, false, true, false, true];
/// let interval = bootstrap(&scores, &labels, &BootstrapConfig::new(), average_precision)?;
/// assert!(interval.lower < interval.value && interval.value < interval.upper);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn bootstrap<M>(
    scores: &[f32],
    labels: &[bool],
    config: &BootstrapConfig,
    metric: M,
) -> Result<Interval, MetricsError>
where
    M: Fn(&[f32], &[bool]) -> Result<f64, MetricsError> + Sync,
{
    config.validate()?;
    ensure_scored(scores, labels)?;
    let value = metric(scores, labels)?;
    let draws = Draws::new(labels);
    let results = draws.results(config, |drawn| {
        let scores: Vec<f32> = drawn.iter().map(|&at| scores[at]).collect();
        metric(&scores, &draws.labels)
    })?;
    Ok(interval(value, results, config))
}

/// As [`bootstrap`], for the difference of a metric between two detectors, `a` less `b`, on
/// the same samples: they differ at that confidence if the interval leaves out zero.
///
/// # Errors
/// As [`bootstrap`].
///
/// ```
/// use novelty_metrics::{BootstrapConfig, bootstrap_difference, roc_auc};
///
/// let labels = [false, false, false, true, true, true];
/// let a = [0.1, 0.2, 0.5, 0.4, 0.8, 0.9];
/// let b = [0.1, 0.7, 0.5, 0.4, 0.6, 0.9];
/// let config = BootstrapConfig::new().n_resamples(200);
/// let interval = bootstrap_difference((&a, &b), &labels, &config, roc_auc)?;
/// assert!(interval.lower <= 0.0 && interval.upper > 0.0);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn bootstrap_difference<M>(
    (a, b): (&[f32], &[f32]),
    labels: &[bool],
    config: &BootstrapConfig,
    metric: M,
) -> Result<Interval, MetricsError>
where
    M: Fn(&[f32], &[bool]) -> Result<f64, MetricsError> + Sync,
{
    config.validate()?;
    ensure_scored(a, labels)?;
    ensure_scored(b, labels)?;
    let value = metric(a, labels)? - metric(b, labels)?;
    let draws = Draws::new(labels);
    let results = draws.results(config, |drawn| {
        let of = |scores: &[f32]| {
            let scores: Vec<f32> = drawn.iter().map(|&at| scores[at]).collect();
            metric(&scores, &draws.labels)
        };
        Ok(of(a)? - of(b)?)
    })?;
    Ok(interval(value, results, config))
}

/// Draws of both classes in their numbers.
struct Draws {
    positives: Vec<usize>,
    negatives: Vec<usize>,
    /// The labels of every draw: the positives come first.
    labels: Vec<bool>,
}

impl Draws {
    fn new(labels: &[bool]) -> Self {
        let (positives, negatives): (Vec<_>, Vec<_>) =
            (0..labels.len()).partition(|&at| labels[at]);
        let labels = (0..labels.len()).map(|at| at < positives.len()).collect();
        Self { positives, negatives, labels }
    }

    fn results(
        &self,
        config: &BootstrapConfig,
        metric: impl Fn(&[usize]) -> Result<f64, MetricsError> + Sync,
    ) -> Result<Vec<f64>, MetricsError> {
        let draws = (0..config.n_resamples as u64).into_par_iter();
        draws.map(|draw| metric(&self.draw(config.seed, draw))).collect()
    }

    fn draw(&self, seed: u64, stream: u64) -> Vec<usize> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        let mut drawn = Vec::with_capacity(self.labels.len());
        for class in [&self.positives, &self.negatives] {
            drawn.extend(class.iter().map(|_| class[random.gen_range(0..class.len())]));
        }
        drawn
    }
}

fn interval(value: f64, mut results: Vec<f64>, config: &BootstrapConfig) -> Interval {
    let n = results.len() as f64;
    let mean = results.iter().sum::<f64>() / n;
    let squares: f64 = results.iter().map(|result| (result - mean).powi(2)).sum();
    results.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - config.confidence) / 2.0;
    Interval {
        value,
        standard_error: (squares / (n - 1.0)).sqrt(),
        lower: quantile(&results, tail),
        upper: quantile(&results, 1.0 - tail),
        confidence: config.confidence,
    }
}

/// The quantile of sorted values by numpy's linear rule.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}
