use novelty_core::InputError;
use rayon::prelude::*;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::sample::sorted;
use super::{Permutations, TwoSample};
use crate::DriftError;
use crate::error::ensure_at_least;
use crate::permutation::{Relabelling, bits, p_value, seed_of};

/// The chi-square test of homogeneity on a histogram of `n_bins` bins, which hold equally many
/// of the pooled values.
///
/// `sum (observed - expected)^2 / expected` over both samples and all bins; the p-value is that
/// of the chi-square distribution with one degree of freedom less than there are bins. Values
/// tied across a bin's edge stay together, so that there can be fewer bins than asked for.
///
/// Pearson, *On the criterion that a given system of deviations ...*, Philosophical Magazine,
/// 1900. Its use wants five expected values a bin: each sample must have `5 n_bins`.
///
/// # Errors
/// If `n_bins` is below 2, a sample has fewer than `5 n_bins` values, or one that is not finite,
/// or all values are equal.
pub fn chi_square(
    reference: &[f32],
    window: &[f32],
    n_bins: usize,
) -> Result<TwoSample, DriftError> {
    let histogram = Histogram::new(reference, window, n_bins)?;
    let statistic = histogram.chi_square();
    let freedom = (histogram.counts.len() - 1) as f64;
    let distribution = ChiSquared::new(freedom)
        .map_err(|_| InputError::setting("n_bins", n_bins, "at least 2"))?;
    Ok(TwoSample { statistic, p_value: distribution.sf(statistic) })
}

/// The population stability index of a window, with a permutation p-value.
///
/// `sum (w - r) ln(w / r)` over the shares `r` and `w` of either sample in `n_bins` bins that
/// hold equally many of the pooled values. Half a value is added to every bin, so that empty
/// bins count without being infinite. Rules of thumb call 0.1 a small and 0.25 a large change;
/// for small windows chance alone exceeds them, which is what the p-value is for.
///
/// Siddiqi, *Credit Risk Scorecards*, 2006; Yurdakul, *Statistical properties of the population
/// stability index*, 2018. `O(m)` a permutation after sorting.
///
/// # Errors
/// As [`chi_square`], and if `permutations.n` is 0.
pub fn population_stability_index(
    reference: &[f32],
    window: &[f32],
    n_bins: usize,
    permutations: Permutations,
) -> Result<TwoSample, DriftError> {
    permutations.validate()?;
    let histogram = Histogram::new(reference, window, n_bins)?;
    let (n, m) = (reference.len(), window.len());
    let statistic = histogram.stability_index();
    let seed = seed_of(permutations.seed, bits(window));
    let bin_of: Vec<u32> = histogram
        .counts
        .iter()
        .enumerate()
        .flat_map(|(bin, [r, w])| std::iter::repeat_n(bin as u32, r + w))
        .collect();
    let permuted: Vec<f64> = (0..permutations.n as u64)
        .into_par_iter()
        .map_init(
            || Relabelling::new(n + m, m),
            |relabelling, number| {
                let mut counts = histogram.counts.clone();
                for count in &mut counts {
                    *count = [count[0] + count[1], 0];
                }
                for &i in relabelling.draw(seed, number) {
                    let count = &mut counts[bin_of[i as usize] as usize];
                    *count = [count[0] - 1, count[1] + 1];
                }
                Histogram { counts, n, m }.stability_index()
            },
        )
        .collect();
    Ok(TwoSample { statistic, p_value: p_value(statistic, &permuted, seed) })
}

/// How many of the reference and of the window fall into each bin.
struct Histogram {
    counts: Vec<[usize; 2]>,
    n: usize,
    m: usize,
}

impl Histogram {
    fn new(reference: &[f32], window: &[f32], n_bins: usize) -> Result<Self, DriftError> {
        if n_bins < 2 {
            return Err(InputError::setting("n_bins", n_bins, "at least 2").into());
        }
        let needed = n_bins.saturating_mul(5);
        ensure_at_least("reference", needed, reference.len())?;
        ensure_at_least("window", needed, window.len())?;
        let (reference, window) = (sorted("reference", reference)?, sorted("window", window)?);
        let mut pool = [&reference[..], &window[..]].concat();
        pool.sort_unstable_by(f32::total_cmp);
        if pool[0] >= pool[pool.len() - 1] {
            return Err(DriftError::Constant { place: "reference and window", value: pool[0] });
        }
        let mut counts = Vec::with_capacity(n_bins);
        let (mut r, mut w) = (0, 0);
        for bin in 1..=n_bins {
            let edge = pool[(bin * pool.len()).div_ceil(n_bins) - 1];
            let next_r = reference.partition_point(|&value| value <= edge);
            let next_w = window.partition_point(|&value| value <= edge);
            if next_r + next_w > r + w {
                counts.push([next_r - r, next_w - w]);
            }
            (r, w) = (next_r, next_w);
        }
        if counts.len() < 2 {
            // Nearly all values are one and the same: it and the rest are the bins.
            let first = |values: &[f32]| values.partition_point(|&value| value <= pool[0]);
            let below = [first(&reference), first(&window)];
            counts = vec![below, [reference.len() - below[0], window.len() - below[1]]];
        }
        Ok(Self { counts, n: reference.len(), m: window.len() })
    }

    fn chi_square(&self) -> f64 {
        let (n, m) = (self.n as f64, self.m as f64);
        let term = |observed: usize, expected: f64| (observed as f64 - expected).powi(2) / expected;
        let bins = self.counts.iter().map(|&[r, w]| {
            let share = (r + w) as f64 / (n + m);
            term(r, n * share) + term(w, m * share)
        });
        bins.sum()
    }

    fn stability_index(&self) -> f64 {
        let half = 0.5 * self.counts.len() as f64;
        let share = |count: usize, total: usize| (count as f64 + 0.5) / (total as f64 + half);
        let bins = self.counts.iter().map(|&[r, w]| {
            let (r, w) = (share(r, self.n), share(w, self.m));
            (w - r) * (w / r).ln()
        });
        bins.sum()
    }
}
