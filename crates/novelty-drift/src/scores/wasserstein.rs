use rayon::prelude::*;

use super::sample::{Steps, sorted};
use super::{Permutations, TwoSample};
use crate::DriftError;
use crate::permutation::{Relabelling, bits, p_value, seed_of};

/// The first Wasserstein (earth mover's) distance of two samples, `integral |F(x) - G(x)| dx`,
/// in units of the values, with a permutation p-value.
///
/// Of all the tests here the one whose statistic says how far the population moved.
///
/// Vaserstein, 1969; Ramdas, García Trillos and Cuturi, *On Wasserstein two-sample testing and
/// related families of nonparametric tests*, Entropy, 2017. `O(n + m)` a permutation.
///
/// # Errors
/// If a sample has fewer than 2 values or one that is not finite, or `permutations.n` is 0.
///
/// ```
/// use novelty_drift::{Permutations, wasserstein};
///
/// let test = wasserstein(&[1.0, 2.0, 3.0], &[1.5, 2.5, 3.5], Permutations::default())?;
/// assert_eq!(test.statistic, 0.5);
/// # Ok::<(), novelty_drift::DriftError>(())
/// ```
pub fn wasserstein(
    reference: &[f32],
    window: &[f32],
    permutations: Permutations,
) -> Result<TwoSample, DriftError> {
    permutations.validate()?;
    let (reference, window) = (sorted("reference", reference)?, sorted("window", window)?);
    let (n, m) = (reference.len(), window.len());
    let mut pool = Vec::with_capacity(n + m);
    let mut is_window = Vec::with_capacity(n + m);
    for step in Steps::new(&reference, &window) {
        pool.extend(std::iter::repeat_n(step.value, step.n_reference + step.n_window));
        is_window.extend(std::iter::repeat_n(false, step.n_reference));
        is_window.extend(std::iter::repeat_n(true, step.n_window));
    }
    let seed = seed_of(permutations.seed, bits(&window));
    let statistic = distance(&pool, &is_window, n, m);
    let permuted: Vec<f64> = (0..permutations.n as u64)
        .into_par_iter()
        .map_init(
            || (Relabelling::new(n + m, m), vec![false; n + m]),
            |(relabelling, is_window), number| {
                is_window.fill(false);
                for &i in relabelling.draw(seed, number) {
                    is_window[i as usize] = true;
                }
                distance(&pool, is_window, n, m)
            },
        )
        .collect();
    Ok(TwoSample { statistic, p_value: p_value(statistic, &permuted, seed) })
}

/// The distance of the samples that the labels make of the sorted pool.
fn distance(pool: &[f32], is_window: &[bool], n: usize, m: usize) -> f64 {
    let (reference, window) = (1.0 / n as f64, 1.0 / m as f64);
    let (mut gap, mut sum) = (0.0_f64, 0.0_f64);
    for (pair, &is_window) in pool.windows(2).zip(is_window) {
        gap += if is_window { window } else { -reference };
        sum += gap.abs() * (f64::from(pair[1]) - f64::from(pair[0]));
    }
    sum
}
