//! Permutation p-values: how often does a random relabelling of the pooled samples give a
//! statistic as large as the true labels do?
//!
//! The pool is permuted, never the reference alone: a null drawn from the reference only makes
//! every window look new. Fisher, *The Design of Experiments*, 1935; Phipson and Smyth,
//! *Permutation p-values should never be zero*, 2010, for the `+ 1`.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `(1 + #{permuted > observed} + u) / (1 + n)`, where `u` is uniform in `0..=#{permuted =
/// observed}`: ties are broken by a draw, so that the p-value is below `a` in a share `a` of the
/// cases without drift even where the statistic takes few values.
///
/// Statistics that differ by rounding only count as equal.
pub(crate) fn p_value(observed: f64, permuted: &[f64], seed: u64) -> f64 {
    let slack = 1e-9 * observed.abs();
    let larger = permuted.iter().filter(|&&statistic| statistic > observed + slack).count();
    let equal = permuted.iter().filter(|&&s| (s - observed).abs() <= slack).count();
    let share = tie_breaker(seed, permuted.iter().map(|x| x.to_bits()));
    let before = (share * (equal + 1) as f64) as usize;
    (1 + larger + before) as f64 / (1 + permuted.len()) as f64
}

/// A number in 0..1 that is as good as random, and the same for the same seed and data.
pub(crate) fn tie_breaker(seed: u64, data: impl Iterator<Item = u64>) -> f64 {
    ChaCha8Rng::seed_from_u64(seed_of(seed, data)).gen_range(0.0..1.0)
}

/// A seed of its own for every window. One set of relabellings for all windows would be a null
/// distribution with one and the same error in all of them, and the false-alarm rate would be
/// off by it for good.
pub(crate) fn seed_of(seed: u64, data: impl Iterator<Item = u64>) -> u64 {
    // Fowler, Noll and Vo's hash.
    data.fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, word| {
        (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The bits of values, for [`seed_of`].
pub(crate) fn bits<'a>(values: impl IntoIterator<Item = &'a f32>) -> impl Iterator<Item = u64> {
    values.into_iter().map(|value| u64::from(value.to_bits()))
}

/// Draws which pooled samples play the window: a function of the seed and of the permutation's
/// number alone, so that permutations can be computed in any order.
pub(crate) struct Relabelling {
    order: Vec<u32>,
    n_window: usize,
}

impl Relabelling {
    pub(crate) fn new(n_pool: usize, n_window: usize) -> Self {
        Self { order: (0..n_pool as u32).collect(), n_window }
    }

    /// The positions of the window in permutation `number`.
    pub(crate) fn draw(&mut self, seed: u64, number: u64) -> &[u32] {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        for (i, position) in self.order.iter_mut().enumerate() {
            *position = i as u32;
        }
        // Fisher and Yates, as far as the window reaches.
        let n = self.order.len();
        for i in 0..self.n_window {
            let other = rng.gen_range(i..n);
            self.order.swap(i, other);
        }
        &self.order[..self.n_window]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_p_value_is_never_zero_and_ties_are_shared() {
        assert!((p_value(9.0, &[1.0, 1.5, 2.0], 0) - 0.25).abs() < 1e-15);
        let drawn = (0..4000).map(|seed| p_value(2.0, &[1.0, 2.0, 2.0, 3.0], seed));
        let mean = drawn.sum::<f64>() / 4000.0;
        // 2, 3 or 4 of 5, each as often.
        assert!((mean - 0.6).abs() < 0.01, "{mean}");
    }

    #[test]
    fn every_position_is_drawn_equally_often() {
        let mut relabelling = Relabelling::new(6, 2);
        let mut counts = [0; 6];
        for number in 0..6000 {
            for &i in relabelling.draw(3, number) {
                counts[i as usize] += 1;
            }
        }
        // 2000 expected, standard deviation 37.
        assert!(counts.iter().all(|&count| (1850..2150).contains(&count)), "{counts:?}");
        assert_eq!(relabelling.draw(3, 17).to_vec(), Relabelling::new(6, 2).draw(3, 17).to_vec());
    }
}
