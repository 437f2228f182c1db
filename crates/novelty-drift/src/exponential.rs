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
            *value = exp(-self.factor * *value, !S::IS_SCALAR);
        }
    }
}

/// `exp(x)` for `x <= 0` to 2 units in the last place, without branches, so that a loop over it
/// fills vector registers: `2^n e^r` with `|r| <= ln 2 / 2`, and Taylor's polynomial of `e^r`.
/// `fused` says that the processor multiplies and adds in one; where it does not, a fused
/// operation would be a call.
#[inline(always)]
pub(crate) fn exp(x: f32, fused: bool) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let mul_add = |a: f32, b: f32, c: f32| if fused { a.mul_add(b, c) } else { a * b + c };
    let x = x.max(-87.0);
    let shifted = mul_add(x, std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = mul_add(n, -LN2_LOW, mul_add(n, -LN2_HIGH, x));
    let coefficients = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let p = coefficients.into_iter().fold(1.0 / 5040.0, |p, next| mul_add(p, r, next));
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
            for fused in [true, false] {
                let (got, expected) = (f64::from(exp(x, fused)), f64::from(x).exp());
                assert!((got / expected - 1.0).abs() < 3e-7, "exp({x}) = {got}, not {expected}");
            }
        }
        assert!(exp(-1e30, true) < 2e-38);
    }
}
