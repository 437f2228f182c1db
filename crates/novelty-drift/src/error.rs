use novelty_core::InputError;
use thiserror::Error;

/// Why drift could not be looked for.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DriftError {
    /// An input or a setting is unusable.
    #[error(transparent)]
    Input(#[from] InputError),
    /// There are too few samples for the test.
    #[error("{place} has {got} samples; the test needs at least {needed}")]
    TooFew {
        /// Which sample.
        place: &'static str,
        /// How many are needed.
        needed: usize,
        /// How many came.
        got: usize,
    },
    /// The reference does not vary, so that no change can be measured against it.
    #[error("every value of {place} is {value}; a reference must vary")]
    Constant {
        /// Which input.
        place: &'static str,
        /// The value.
        value: f32,
    },
}

pub(crate) fn ensure_at_least(
    place: &'static str,
    needed: usize,
    got: usize,
) -> Result<(), DriftError> {
    if got >= needed { Ok(()) } else { Err(DriftError::TooFew { place, needed, got }) }
}
