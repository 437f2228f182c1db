use rayon::prelude::*;

use super::sample::sorted;
use super::{Permutations, TwoSample};
use crate::DriftError;
use crate::permutation::{Relabelling, bits, p_value, seed_of};

/// How much larger the window's mean is than the reference's, relative to the reference's:
/// `mean(window) / mean(reference) - 1`, with a one-sided permutation p-value.
///
/// Made for losses and reconstruction errors, which are positive: 0.4 is a mean 40 % higher.
/// The reference's mean must be above 0.
///
/// The rule of deployed autoencoder monitors, an alert when the loss exceeds its baseline by a
/// margin (Domino, *Image drift detection*), with the chance of it beside it. `O(m)` a permutation.
///
/// # Errors
/// If a sample has fewer than 2 values or one that is not finite, the reference's mean is not
/// above 0, or `permutations.n` is 0.
///
/// ```
/// use novelty_drift::{Permutations, mean_increase};
///
/// let test = mean_increase(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0], Permutations::default())?;
/// assert_eq!(test.statistic, 0.5);
/// # Ok::<(), novelty_drift::DriftError>(())
/// ```
pub fn mean_increase(
    reference: &[f32],
    window: &[f32],
    permutations: Permutations,
) -> Result<TwoSample, DriftError> {
    permutations.validate()?;
    let (reference, window) = (sorted("reference", reference)?, sorted("window", window)?);
    let (n, m) = (reference.len(), window.len());
    let mean =
        |values: &[f32]| values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len() as f64;
    let baseline = mean(&reference);
    if baseline <= 0.0 {
        let range = "above 0, to be a baseline for a relative increase";
        return Err(novelty_core::InputError::setting("mean of reference", baseline, range).into());
    }
    let seed = seed_of(permutations.seed, bits(&window));
    let observed = mean(&window);
    let pool = [&reference[..], &window[..]].concat();
    // With the pool's total fixed, the window's mean orders permutations as the ratio does.
    let permuted: Vec<f64> = (0..permutations.n as u64)
        .into_par_iter()
        .map_init(
            || Relabelling::new(n + m, m),
            |relabelling, number| {
                let drawn = relabelling.draw(seed, number);
                drawn.iter().map(|&i| f64::from(pool[i as usize])).sum::<f64>() / m as f64
            },
        )
        .collect();
    let p_value = p_value(observed, &permuted, seed);
    Ok(TwoSample { statistic: observed / baseline - 1.0, p_value })
}
