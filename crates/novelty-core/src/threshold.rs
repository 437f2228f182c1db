use std::fmt;

use crate::InputError;

/// Where anomalous begins: a sample is anomalous if `score > value`.
///
/// It keeps how it was chosen, apart from the scores and editable afterwards: changing
/// `value` never needs a new fit. It also knows the scores it was chosen from:
/// [`judge`](Threshold::judge) refuses them, since a threshold judged on its own scores looks
/// better than it is.
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
    /// A digest of those scores in any order; `None` if they are not known.
    #[cfg_attr(feature = "serde", serde(default))]
    pub fingerprint: Option<u64>,
}

impl Threshold {
    /// A threshold chosen by `rule` from `n_reference` scores that are not known any more.
    #[must_use]
    pub fn new(value: f32, rule: impl Into<String>, n_reference: usize) -> Self {
        Self { value, rule: rule.into(), n_reference, fingerprint: None }
    }

    /// A threshold chosen by `rule` from `scores`.
    #[must_use]
    pub fn chosen_from(scores: &[f32], value: f32, rule: impl Into<String>) -> Self {
        let fingerprint = Some(fingerprint(scores));
        Self { value, rule: rule.into(), n_reference: scores.len(), fingerprint }
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

    /// Whether these are the scores it was chosen from, in any order. A part of them is not
    /// recognised.
    #[must_use]
    pub fn was_chosen_from(&self, scores: &[f32]) -> bool {
        self.n_reference == scores.len() && self.fingerprint == Some(fingerprint(scores))
    }

    /// The positions of the anomalous scores, in order, of scores it has not seen.
    ///
    /// # Errors
    /// [`InputError::InSample`] for the scores it was chosen from.
    pub fn judge(&self, scores: &[f32]) -> Result<Vec<usize>, InputError> {
        if self.was_chosen_from(scores) {
            let (rule, n) = (self.rule.clone(), scores.len());
            return Err(InputError::InSample { rule, n });
        }
        Ok(self.flagged(scores))
    }

    /// The positions of the anomalous scores, in order, whatever scores they are: the explicit
    /// way to judge those it was chosen from.
    #[must_use]
    pub fn flagged(&self, scores: &[f32]) -> Vec<usize> {
        (0..scores.len()).filter(|&i| self.is_anomalous(scores[i])).collect()
    }
}

/// The sum of a mix of each score's bits, which does not depend on their order.
fn fingerprint(scores: &[f32]) -> u64 {
    scores.iter().fold(0, |sum: u64, score| sum.wrapping_add(mix(u64::from(score.to_bits()))))
}

/// The finaliser of Steele, Lea and Flood's SplitMix64: every bit of the input changes half of
/// the output's.
fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "score > {} by {} on {} scores", self.value, self.rule, self.n_reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scores_it_was_chosen_from_are_refused_in_any_order() {
        let threshold = Threshold::chosen_from(&[0.5, 0.25, 1.0], 0.75, "rule");
        for own in [[0.5, 0.25, 1.0], [1.0, 0.5, 0.25]] {
            assert!(matches!(threshold.judge(&own), Err(InputError::InSample { n: 3, .. })));
            assert_eq!(threshold.flagged(&own).len(), 1);
        }
        assert_eq!(threshold.judge(&[0.5, 0.25, 1.5]), Ok(vec![2]));
        assert_eq!(Threshold::manual(0.75).judge(&[0.5, 1.0]), Ok(vec![1]));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn one_saved_without_a_fingerprint_is_read() {
        let json = r#"{"value":0.5,"rule":"manual","n_reference":0}"#;
        assert_eq!(serde_json::from_str::<Threshold>(json).unwrap(), Threshold::manual(0.5));
    }
}
