//! The exponential of many numbers at once.

use pulp::{Arch, Simd, WithSimd};

/// `v <- exp(-factor v)` for `v >= 0`; infinite ones give a number below 2e-38.
pub(crate) fn exp_of_minus(values: &mut [f32], factor: f32) {
    Arch::new().dispatch(ExpOfMinus { values, factor });
}

struct ExpOfMinus<'a> {
    values: &'a mut [f32],
    factor: f32,
}

impl WithSimd for ExpOfMinus<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for value in self.values {
            *value = exp(-self.factor * *value);
        }
    }
}

/// `exp(x)` for `x <= 0` to 2 units in the last place, without branches, so that a loop over it
/// fills vector registers: `2^n e^r` with `|r| <= ln 2 / 2`, and Taylor's polynomial of `e^r`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    // The low bits of `shifted` are n; moved to the exponent they multiply by 2^n.
    let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    p * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_exact_to_the_last_places() {
        for i in 0..20_000 {
            let x = -(i as f32) * 0.004;
            let (got, expected) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got / expected - 1.0).abs() < 3e-7, "exp({x}) = {got}, not {expected}");
        }
        assert!(exp(-1e30) < 2e-38);
    }
}
