//! The order of `f32` as the order of `u32`.

/// Maps a finite score to an integer of the same order; equal scores, `-0.0` and `0.0`
/// among them, map to equal integers.
pub(crate) fn key(score: f32) -> u32 {
    // Adding zero turns -0.0 into 0.0 and changes nothing else.
    let bits = (score + 0.0).to_bits();
    let negative = (bits.cast_signed() >> 31).cast_unsigned();
    bits ^ (negative | 0x8000_0000)
}

/// The score of a [`key`].
pub(crate) fn score(key: u32) -> f32 {
    let positive = (key.cast_signed() >> 31).cast_unsigned();
    f32::from_bits(key ^ (!positive | 0x8000_0000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_and_come_back() {
        let ascending = [f32::MIN, -1.0, -1e-45, 0.0, 1e-45, f32::MIN_POSITIVE, 1.0, f32::MAX];
        assert!(ascending.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        assert!(ascending.iter().all(|&x| score(key(x)).to_bits() == x.to_bits()));
        assert_eq!(key(-0.0), key(0.0));
    }
}
