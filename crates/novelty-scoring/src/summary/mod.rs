//! What is left of scores and embeddings that nobody keeps: summaries that merge.

mod exact_sum;
mod moments;

use novelty_core::{Features, InputError, Threshold};
use novelty_metrics::{Bounded, ScoreHistogram};

use self::exact_sum::ExactSum;
pub use self::moments::EmbeddingMoments;
use crate::ScoringError;
#[cfg(feature = "serde")]
use crate::saved::ensure_saved;
use crate::threshold::ensure_scores;

/// What a [`ScoreSummary`] keeps. Only summaries of equal configurations can be merged.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SummaryConfig {
    /// Scores above it are counted as anomalous; `None`, the default, counts none.
    pub threshold: Option<f32>,
    /// Edges of a histogram, finite and ascending; none by default. Bin `i` counts the scores
    /// `s` with `edges[i - 1] <= s < edges[i]`; the first and the last bin have no outer edge.
    pub edges: Vec<f32>,
    /// Bits that a bin of the quantile sketch resolves, in `9..=24`; 20 by default. A quantile
    /// is then known to `2^(9 - bits)` of itself, 0.05 %, in at most `16 * 2^bits` bytes.
    pub bits: u32,
    /// Features of the embeddings of which moments are kept; `None`, the default, keeps none.
    pub n_features: Option<usize>,
}

impl Default for SummaryConfig {
    fn default() -> Self {
        Self { threshold: None, edges: Vec::new(), bits: 20, n_features: None }
    }
}

impl SummaryConfig {
    /// Counts, extremes, mean and quantiles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts scores above the threshold.
    #[must_use]
    pub fn threshold(mut self, threshold: &Threshold) -> Self {
        self.threshold = Some(threshold.value);
        self
    }

    /// Keeps a histogram with these edges.
    #[must_use]
    pub fn edges(mut self, edges: impl Into<Vec<f32>>) -> Self {
        self.edges = edges.into();
        self
    }

    /// Bits that a bin of the quantile sketch resolves.
    #[must_use]
    pub fn bits(mut self, bits: u32) -> Self {
        self.bits = bits;
        self
    }

    /// Keeps moments of embeddings of so many features.
    #[must_use]
    pub fn n_features(mut self, n_features: usize) -> Self {
        self.n_features = Some(n_features);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If one is outside its range.
    pub fn validate(&self) -> Result<(), InputError> {
        if let Some(threshold) = self.threshold.filter(|threshold| !threshold.is_finite()) {
            return Err(InputError::setting("threshold", threshold, "finite"));
        }
        let is_edge = |edge: &f32| edge.is_finite();
        let is_ascending = self.edges.windows(2).all(|pair| pair[0] < pair[1]);
        if !(is_ascending && self.edges.iter().all(is_edge)) {
            let edges = format!("{:?}", self.edges);
            return Err(InputError::setting("edges", edges, "finite and ascending"));
        }
        if !(9..=24).contains(&self.bits) {
            return Err(InputError::setting("bits", self.bits, "between 9 and 24"));
        }
        match self.n_features {
            Some(0) => Err(InputError::setting("n_features", 0, "at least 1")),
            _ => Ok(()),
        }
    }

    /// A summary of nothing yet.
    ///
    /// # Errors
    /// If a setting is outside its range.
    pub fn start(&self) -> Result<ScoreSummary, ScoringError> {
        self.validate()?;
        Ok(ScoreSummary {
            config: self.clone(),
            n_scores: 0,
            n_anomalous: 0,
            range: None,
            sum: ExactSum::default(),
            sketch: ScoreHistogram::with_bits(self.bits)?,
            counts: vec![0; if self.edges.is_empty() { 0 } else { self.edges.len() + 1 }],
            moments: self.n_features.map(EmbeddingMoments::new).transpose()?,
        })
    }
}

/// Scores and embeddings in bounded memory, to be merged across machines.
///
/// All of it is counted or summed in integers, so that a summary does not depend on how samples
/// were split among machines, in which order they came, or in which order summaries were
/// merged: merged summaries are equal to the one of a single machine, bit by bit. Counts,
/// extremes, the histogram and the sum of the scores are exact; quantiles come with the limits
/// between which the exact ones lie; for moments see [`EmbeddingMoments`].
///
/// ```
/// use novelty_scoring::SummaryConfig;
///
/// let config = SummaryConfig::new().edges([0.5, 1.0]);
/// let (mut here, mut there) = (config.start()?, config.start()?);
/// here.update(&[0.25, 0.75])?;
/// there.update(&[1.0, 3.0])?;
/// here.merge(&there)?;
/// assert_eq!((here.n_scores(), here.mean(), here.histogram()), (4, Some(1.25), &[1, 1, 2][..]));
/// let median = here.quantile(0.5)?;
/// assert!(median.lower <= 0.875 && 0.875 <= median.upper);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedSummary"))]
pub struct ScoreSummary {
    config: SummaryConfig,
    n_scores: u64,
    n_anomalous: u64,
    /// The smallest and the largest score.
    range: Option<(f32, f32)>,
    sum: ExactSum,
    sketch: ScoreHistogram,
    counts: Vec<u64>,
    moments: Option<EmbeddingMoments>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedSummary {
    config: SummaryConfig,
    n_scores: u64,
    n_anomalous: u64,
    range: Option<(f32, f32)>,
    sum: ExactSum,
    sketch: ScoreHistogram,
    counts: Vec<u64>,
    moments: Option<EmbeddingMoments>,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedSummary> for ScoreSummary {
    type Error = ScoringError;

    fn try_from(saved: SavedSummary) -> Result<Self, ScoringError> {
        let SavedSummary { config, n_scores, n_anomalous, range, sum, sketch, counts, moments } =
            saved;
        config.validate()?;
        let ensure = |holds, part| ensure_saved(holds, "summary", part);
        ensure(n_anomalous <= n_scores, "the number of anomalous scores")?;
        let is_range = match range {
            Some((low, high)) => low.is_finite() && high.is_finite() && low <= high,
            None => n_scores == 0,
        };
        ensure(is_range && (n_scores > 0 || range.is_none()), "the range")?;
        let is_sketch = sketch.n_negatives() == n_scores && sketch.n_positives() == 0;
        ensure(is_sketch && sketch.bits() == config.bits, "the sketch")?;
        let n_bins = if config.edges.is_empty() { 0 } else { config.edges.len() + 1 };
        let total = counts.iter().try_fold(0_u64, |total, &count| total.checked_add(count));
        let is_total = n_bins == 0 || total == Some(n_scores);
        ensure(counts.len() == n_bins && is_total, "the histogram")?;
        let n_features = moments.as_ref().map(EmbeddingMoments::n_features);
        ensure(n_features == config.n_features, "the moments")?;
        Ok(Self { config, n_scores, n_anomalous, range, sum, sketch, counts, moments })
    }
}

impl ScoreSummary {
    /// What it keeps.
    #[must_use]
    pub fn config(&self) -> &SummaryConfig {
        &self.config
    }

    /// Adds scores; none is fine.
    ///
    /// # Errors
    /// If one is not finite; then nothing is added.
    pub fn update(&mut self, scores: &[f32]) -> Result<(), ScoringError> {
        const NONE: [bool; 1024] = [false; 1024];
        if scores.is_empty() {
            return Ok(());
        }
        ensure_scores("scores", scores)?;
        for scores in scores.chunks(NONE.len()) {
            self.sketch.update(scores, &NONE[..scores.len()])?;
        }
        for &score in scores {
            self.sum.add(score);
            let (low, high) = self.range.unwrap_or((score, score));
            self.range = Some((low.min(score), high.max(score)));
            if let Some(count) =
                self.counts.get_mut(self.config.edges.partition_point(|&edge| edge <= score))
            {
                *count += 1;
            }
        }
        let is_anomalous = |score: &&f32| self.config.threshold.is_some_and(|at| **score > at);
        self.n_anomalous += scores.iter().filter(is_anomalous).count() as u64;
        self.n_scores += scores.len() as u64;
        Ok(())
    }

    /// Adds embeddings to the moments; none is fine.
    ///
    /// # Errors
    /// As [`EmbeddingMoments::update`], or if the configuration keeps no moments.
    pub fn update_embeddings(&mut self, x: Features<'_>) -> Result<(), ScoringError> {
        match &mut self.moments {
            Some(moments) => moments.update(x),
            None => Err(InputError::setting("n_features", "none", "set, to keep moments").into()),
        }
    }

    /// Adds what another has seen: the same as if it had been seen here.
    ///
    /// # Errors
    /// If the configurations differ, or the counts have no room; then nothing is added.
    pub fn merge(&mut self, other: &Self) -> Result<(), ScoringError> {
        if self.config != other.config {
            return Err(ScoringError::Unlike { what: "configurations" });
        }
        let too_many = ScoringError::TooManySamples { limit: u64::MAX };
        let total = self.n_scores.checked_add(other.n_scores);
        let (Some(n_scores), Some(sum)) = (total, self.sum.checked_add(&other.sum)) else {
            return Err(too_many);
        };
        if let (Some(moments), Some(more)) = (&mut self.moments, &other.moments) {
            moments.merge(more)?;
        }
        self.sketch.merge(&other.sketch)?;
        (self.n_scores, self.sum) = (n_scores, sum);
        self.n_anomalous += other.n_anomalous;
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, None) => one,
            (None, other) => other,
        };
        Ok(())
    }

    /// Scores seen.
    #[must_use]
    pub fn n_scores(&self) -> u64 {
        self.n_scores
    }

    /// Scores above the threshold; 0 if there is none.
    #[must_use]
    pub fn n_anomalous(&self) -> u64 {
        self.n_anomalous
    }

    /// The smallest and the largest score; `None` of nothing.
    #[must_use]
    pub fn range(&self) -> Option<(f32, f32)> {
        self.range
    }

    /// The mean of the scores; `None` of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n_scores > 0).then(|| self.sum.value() / self.n_scores as f64)
    }

    /// The [`quantile`](crate::quantile) of the scores, with the limits between which the exact
    /// one lies: within `2^(9 - bits)` of each other, relative to the larger of them.
    ///
    /// # Errors
    /// If there is no score, or `q` is outside `0..=1`.
    pub fn quantile(&self, q: f64) -> Result<Bounded, ScoringError> {
        Ok(self.sketch.quantile(q)?)
    }

    /// The counts of the histogram, one more than edges; empty if there are no edges.
    #[must_use]
    pub fn histogram(&self) -> &[u64] {
        &self.counts
    }

    /// All scores by their leading bits: what other metrics of scores can be had from.
    #[must_use]
    pub fn sketch(&self) -> &ScoreHistogram {
        &self.sketch
    }

    /// The moments of the embeddings, if they are kept.
    #[must_use]
    pub fn moments(&self) -> Option<&EmbeddingMoments> {
        self.moments.as_ref()
    }
}
