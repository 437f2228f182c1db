//! What is read back must fit together before it scores.

use crate::ScoringError;

pub(crate) fn ensure_saved(
    holds: bool,
    model: &'static str,
    part: &'static str,
) -> Result<(), ScoringError> {
    if holds { Ok(()) } else { Err(ScoringError::Saved { model, part }) }
}

/// Whether there is a value, all are finite, and none is below the one before it.
pub(crate) fn ascending(values: &[f32]) -> bool {
    let in_order = values.windows(2).all(|pair| pair[0] <= pair[1]);
    !values.is_empty() && values.iter().all(|value| value.is_finite()) && in_order
}

/// Whether all are finite.
pub(crate) fn finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}
