use novelty_core::InputError;

pub(crate) fn check_significance(significance: f64) -> Result<(), InputError> {
    if significance > 0.0 && significance < 1.0 {
        Ok(())
    } else {
        Err(InputError::setting("significance", significance, "above 0 and below 1"))
    }
}
