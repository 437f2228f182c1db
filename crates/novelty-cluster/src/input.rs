use ndarray::CowArray;
use novelty_core::{Features, InputError, ensure_finite};

use crate::ClusterError;

/// Rows that are contiguous and in order: the view itself where it is so already.
pub(crate) type Rows<'a> = CowArray<'a, f32, ndarray::Ix2>;

/// Checks that there is a value, and that all are finite.
pub(crate) fn checked<'a>(x: &'a Features<'_>) -> Result<Rows<'a>, ClusterError> {
    if x.nrows() == 0 || x.ncols() == 0 {
        return Err(InputError::Empty { place: "features" }.into());
    }
    ensure_finite("features", x)?;
    Ok(x.as_standard_layout())
}

/// Checks that `x` has the number of features of a model, and that all values are finite.
pub(crate) fn checked_for<'a>(
    x: &'a Features<'_>,
    n_features: usize,
) -> Result<Rows<'a>, ClusterError> {
    if x.ncols() != n_features {
        let expected = vec![x.nrows(), n_features];
        let got = x.shape().to_vec();
        return Err(InputError::Shape { place: "features", expected, got }.into());
    }
    ensure_finite("features", x)?;
    Ok(x.as_standard_layout())
}

/// Checks that a whole-number setting is at least 1.
pub(crate) fn at_least_one(name: &'static str, value: usize) -> Result<(), ClusterError> {
    if value == 0 {
        return Err(InputError::setting(name, 0, "at least 1").into());
    }
    Ok(())
}

/// Checks that a setting is finite and not negative.
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<(), ClusterError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(InputError::setting(name, value, "finite and at least 0").into())
}
