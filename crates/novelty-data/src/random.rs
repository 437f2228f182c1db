use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for. Two purposes never share a stream, so that a split and a
/// shuffle of the same seed have nothing to do with each other.
///
/// The numbers are part of the format: changing one changes what every seed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Purpose {
    Split = 1,
    Contamination = 2,
    Batches = 3,
    Augment = 4,
    StratifiedSplit = 5,
    AnomalyBudget = 6,
    Corruption = 7,
    CorruptionPattern = 8,
    Inspection = 9,
}

/// The generator of a seed, a purpose and a counter such as the epoch: ChaCha with 8 rounds
/// whose key is the three numbers and a zero, 8 little-endian bytes each.
pub(crate) fn generator(seed: u64, purpose: Purpose, counter: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, number) in key.chunks_exact_mut(8).zip([seed, purpose as u64, counter]) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// A uniform number below `limit`, the high half of a 64 by 64 bit product; its bias is below
/// `limit / 2^64`.
pub(crate) fn below(rng: &mut ChaCha8Rng, limit: usize) -> usize {
    ((u128::from(rng.next_u64()) * limit as u128) >> 64) as usize
}

/// Uniform in `[0, 1)`, a multiple of 2^-53.
pub(crate) fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Uniform between `low` and `high`.
pub(crate) fn between(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * uniform(rng)
}

/// Standard normal, by Box and Muller; of each pair one is used.
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(rng)).cos()
}

/// Fisher and Yates, from the last position down. Written out because the shuffles of random
/// number crates change between versions, and a seed must keep its meaning.
pub(crate) fn shuffle<T>(rng: &mut ChaCha8Rng, values: &mut [T]) {
    for last in (1..values.len()).rev() {
        values.swap(last, below(rng, last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shuffled(purpose: Purpose, seed: u64, counter: u64) -> Vec<usize> {
        let mut values: Vec<usize> = (0..10).collect();
        shuffle(&mut generator(seed, purpose, counter), &mut values);
        values
    }

    #[test]
    fn seeds_keep_their_meaning() {
        // As computed by a separate implementation of ChaCha and of this shuffle.
        assert_eq!(shuffled(Purpose::Split, 42, 0), [8, 2, 7, 0, 4, 6, 9, 3, 1, 5]);
    }

    #[test]
    fn seed_purpose_and_counter_all_count() {
        let base = shuffled(Purpose::Split, 42, 0);
        assert_ne!(base, shuffled(Purpose::Split, 43, 0));
        assert_ne!(base, shuffled(Purpose::Batches, 42, 0));
        assert_ne!(base, shuffled(Purpose::Split, 42, 1));
    }

    #[test]
    fn every_order_is_equally_likely() {
        let mut counts = std::collections::HashMap::new();
        for seed in 0..6000 {
            let mut values = [0, 1, 2];
            shuffle(&mut generator(seed, Purpose::Split, 0), &mut values);
            *counts.entry(values).or_insert(0_i32) += 1;
        }
        assert_eq!(counts.len(), 6);
        // 1000 expected, standard deviation 29.
        assert!(counts.values().all(|&count| (count - 1000).abs() < 150), "{counts:?}");
    }
}
