use novelty_core::InputError;
use statrs::distribution::{Discrete, DiscreteCDF, Hypergeometric};

use super::TwoSample;
use super::sample::sorted;
use crate::DriftError;
use crate::permutation::{bits, tie_breaker};

/// Whether more of the window lies above the reference's `quantile` than chance allows.
///
/// The statistic is the share of the window above the `r`-th largest reference value, where
/// `r = max(1, round((1 - quantile) n))`. The p-value is exact for exchangeable samples and takes
/// the finite reference into account: at least `c` of the window come before the `r`-th of the
/// reference exactly if they are among the largest `c + r - 1` of the pool, which is
/// hypergeometric. The probability of exactly `c` is shared by a draw from `seed` and the window,
/// so that without drift the p-value is uniform although `c` is a whole number. Ties between
/// samples make it conservative.
///
/// The strongest test here against a *mixture*: a few new objects among many known ones move the
/// middle of no distribution, but they sit in the tail.
///
/// Rosenbaum, *Tables for a nonparametric test of location*, Annals of Mathematical Statistics,
/// 1954 (for the largest reference value). `O((n + m) log(n + m))`.
///
/// # Errors
/// If a sample has fewer than 2 values or one that is not finite, or `quantile` is not in 0..1.
///
/// ```
/// let reference: Vec<f32> = (0..99).map(|i| i as f32).collect();
/// let test = novelty_drift::exceedance(&reference, &[5.0, 30.0, 99.0, 100.0], 0.99, 42)?;
/// assert_eq!(test.statistic, 0.5);
/// assert!(test.p_value <= 6.0 / 5253.0);
/// # Ok::<(), novelty_drift::DriftError>(())
/// ```
pub fn exceedance(
    reference: &[f32],
    window: &[f32],
    quantile: f64,
    seed: u64,
) -> Result<TwoSample, DriftError> {
    if !(0.0..1.0).contains(&quantile) {
        return Err(InputError::setting("quantile", quantile, "in 0..1").into());
    }
    let (reference, window) = (sorted("reference", reference)?, sorted("window", window)?);
    let (n, m) = (reference.len(), window.len());
    let rank = (((1.0 - quantile) * n as f64).round() as usize).clamp(1, n);
    let limit = reference[n - rank];
    let above = m - window.partition_point(|&value| value <= limit);
    let draws = (above + rank - 1) as u64;
    let p_value = Hypergeometric::new((n + m) as u64, m as u64, draws).map_or(1.0, |counts| {
        let share = tie_breaker(seed, bits(&window));
        counts.sf(above as u64) + (1.0 - share) * counts.pmf(above as u64)
    });
    Ok(TwoSample { statistic: above as f64 / m as f64, p_value })
}
