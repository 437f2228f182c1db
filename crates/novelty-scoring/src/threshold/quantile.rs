use ndarray::ArrayView1;
use novelty_core::{InputError, SelectThreshold, Threshold, ensure_finite, ensure_not_empty};

/// The value below which a share `q` of the values lies, by numpy's linear rule.
///
/// With the values sorted as `v[0..n]` and `h = q (n - 1)`, it is
/// `v[floor(h)] + (h - floor(h)) (v[floor(h) + 1] - v[floor(h)])`: type 7 of Hyndman and Fan,
/// *Sample Quantiles in Statistical Packages*, The American Statistician, 1996. Linear time; the
/// values are copied once.
///
/// # Errors
/// If `values` is empty or not finite, or `q` is outside `0..=1`.
///
/// ```
/// assert_eq!(novelty_scoring::quantile(&[4.0, 1.0, 3.0, 2.0], 0.5)?, 2.5);
/// # Ok::<(), novelty_core::InputError>(())
/// ```
pub fn quantile(values: &[f32], q: f64) -> Result<f32, InputError> {
    check_share(q)?;
    ensure_scores("values", values)?;
    let mut values = values.to_vec();
    let position = q * (values.len() - 1) as f64;
    let (below, rest) = (position.floor() as usize, position.fract());
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f32::total_cmp);
    // Nothing is above the largest value, and then the rest is 0.
    let high = above.iter().copied().min_by(f32::total_cmp).unwrap_or(low);
    let (low, high) = (f64::from(low), f64::from(high));
    Ok((low + rest * (high - low)) as f32)
}

/// Checks that there are scores, and that all are finite.
pub(crate) fn ensure_scores(place: &'static str, scores: &[f32]) -> Result<(), InputError> {
    ensure_not_empty(place, scores)?;
    ensure_finite(place, &ArrayView1::from(scores))
}

fn check_share(q: f64) -> Result<(), InputError> {
    if (0.0..=1.0).contains(&q) {
        Ok(())
    } else {
        Err(InputError::setting("quantile", q, "in 0..=1"))
    }
}

/// The threshold that a share of the reference scores lies below; see [`quantile`].
///
/// On reference scores of normal samples, `1 - quantile` is the share of normal samples that
/// will be called anomalous. Reference scores that hold a few anomalies make it stricter.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct QuantileThreshold {
    /// The share of reference scores below the threshold, in `0..=1`.
    pub quantile: f64,
}

impl QuantileThreshold {
    /// The rule for a share, in `0..=1`.
    #[must_use]
    pub fn new(quantile: f64) -> Self {
        Self { quantile }
    }
}

impl SelectThreshold for QuantileThreshold {
    type Error = InputError;

    /// Labels are not used.
    fn select(&self, scores: &[f32], _labels: Option<&[bool]>) -> Result<Threshold, InputError> {
        let value = quantile(scores, self.quantile)?;
        Ok(Threshold::chosen_from(scores, value, format!("quantile({})", self.quantile)))
    }
}

/// The threshold that the share of anomalies expected in the reference lies above: the
/// `1 - contamination` [`quantile`].
///
/// For reference scores that are known to hold some anomalies.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ContaminationThreshold {
    /// The share of anomalies in the reference, in `0..=1`.
    pub contamination: f64,
}

impl ContaminationThreshold {
    /// The rule for a share of anomalies, in `0..=1`.
    #[must_use]
    pub fn new(contamination: f64) -> Self {
        Self { contamination }
    }
}

impl SelectThreshold for ContaminationThreshold {
    type Error = InputError;

    /// Labels are not used.
    fn select(&self, scores: &[f32], _labels: Option<&[bool]>) -> Result<Threshold, InputError> {
        if !(0.0..=1.0).contains(&self.contamination) {
            return Err(InputError::setting("contamination", self.contamination, "in 0..=1"));
        }
        let value = quantile(scores, 1.0 - self.contamination)?;
        let rule = format!("contamination({})", self.contamination);
        Ok(Threshold::chosen_from(scores, value, rule))
    }
}
