use std::fmt;

/// Where anomalous begins: a sample is anomalous if `score > value`.
///
/// It keeps how it was chosen, apart from the scores and editable afterwards: changing
/// `value` never needs a new fit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Threshold {
    /// The limit, in units of the score.
    pub value: f32,
    /// The rule that chose it, with its settings, such as `quantile(0.999)`.
    pub rule: String,
    /// How many reference scores it was chosen from; 0 if it was set by hand.
    pub n_reference: usize,
}

impl Threshold {
    /// A threshold chosen by `rule` from `n_reference` scores.
    #[must_use]
    pub fn new(value: f32, rule: impl Into<String>, n_reference: usize) -> Self {
        Self { value, rule: rule.into(), n_reference }
    }

    /// A threshold set by hand.
    #[must_use]
    pub fn manual(value: f32) -> Self {
        Self::new(value, "manual", 0)
    }

    /// Whether a sample of this score is anomalous: `score > value`.
    #[must_use]
    pub fn is_anomalous(&self, score: f32) -> bool {
        score > self.value
    }

    /// The positions of the anomalous scores, in order.
    #[must_use]
    pub fn flagged(&self, scores: &[f32]) -> Vec<usize> {
        (0..scores.len()).filter(|&i| self.is_anomalous(scores[i])).collect()
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "score > {} by {} on {} scores", self.value, self.rule, self.n_reference)
    }
}
