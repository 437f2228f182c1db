use novelty_core::InputError;

use crate::DataError;
use crate::random::{Purpose, generator, shuffle};

/// The samples to learn from and those to watch the learning with; no sample is in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainValidation {
    /// Positions of the training samples, in random order.
    pub train: Vec<usize>,
    /// Positions of the validation samples, in random order.
    pub validation: Vec<usize>,
}

/// Splits `n_samples` samples at random; the seed decides.
///
/// `ceil(n_samples * validation_share)` samples are for validation, the rest for training, as
/// in scikit-learn's `train_test_split` (the sizes, not the samples: the generators differ).
///
/// # Errors
/// If the share is not between 0 and 1, or a part would be empty.
///
/// ```
/// let split = novelty_data::train_validation_split(6809, 0.2, 42)?;
/// assert_eq!((split.train.len(), split.validation.len()), (5447, 1362));
/// # Ok::<(), novelty_data::DataError>(())
/// ```
pub fn train_validation_split(
    n_samples: usize,
    validation_share: f64,
    seed: u64,
) -> Result<TrainValidation, DataError> {
    let n_validation = second_part(n_samples, validation_share, "validation")?;
    let mut order: Vec<usize> = (0..n_samples).collect();
    shuffle(&mut generator(seed, Purpose::Split, 0), &mut order);
    let train = order.split_off(n_validation);
    Ok(TrainValidation { train, validation: order })
}

/// `ceil(n_samples * share)`, if that leaves something for both parts.
pub(super) fn second_part(
    n_samples: usize,
    share: f64,
    part: &'static str,
) -> Result<usize, DataError> {
    if !(share > 0.0 && share < 1.0) {
        let range = "between 0 and 1, both excluded";
        return Err(InputError::setting("validation_share", share, range).into());
    }
    let n_second = (n_samples as f64 * share).ceil() as usize;
    if n_second == 0 {
        return Err(DataError::EmptySplit { n_samples, share, part });
    }
    if n_second >= n_samples {
        return Err(DataError::EmptySplit { n_samples, share, part: "training" });
    }
    Ok(n_second)
}
