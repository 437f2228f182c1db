//! The ranges that many settings share.

use novelty_core::InputError;

use crate::layers::check_setting;

pub(crate) fn positive(name: &'static str, value: f64) -> Result<(), InputError> {
    check_setting(name, value, value > 0.0 && value.is_finite(), "above 0")
}

pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<(), InputError> {
    check_setting(name, value, value >= 0.0 && value.is_finite(), "at least 0")
}

/// A share of a whole that is never all of it.
pub(crate) fn below_one(name: &'static str, value: f64) -> Result<(), InputError> {
    check_setting(name, value, (0.0..1.0).contains(&value), "in 0..1")
}
