use novelty_core::InputError;

pub(crate) fn check_significance(significance: f64) -> Result<(), InputError> {
    if significance > 0.0 && significance < 1.0 {
        Ok(())
    } else {
        Err(InputError::setting("significance", significance, "above 0 and below 1"))
    }
}

pub(crate) fn check_max_reference(max_reference: usize) -> Result<(), InputError> {
    if max_reference >= 2 {
        return Ok(());
    }
    Err(InputError::setting("max_reference", max_reference, "at least 2"))
}

pub(crate) fn check_bandwidth(bandwidth: Option<f32>) -> Result<(), InputError> {
    match bandwidth {
        Some(width) if !(width > 0.0 && width.is_finite()) => {
            Err(InputError::setting("bandwidth", width, "above 0"))
        }
        _ => Ok(()),
    }
}
