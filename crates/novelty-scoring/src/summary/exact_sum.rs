/// Exponents of `f32` that share a bucket.
const SPAN: u32 = 32;
const N_BUCKETS: usize = 8;
/// The smallest `f32` above 0 is 2 to this.
const SMALLEST: i32 = -149;

/// The exact sum of finite `f32` numbers, whatever their order: integers of 2^-149, in buckets
/// that are 32 bits apart. A bucket holds more than 2^70 numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct ExactSum {
    buckets: [i128; N_BUCKETS],
}

impl ExactSum {
    pub(super) fn add(&mut self, value: f32) {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 23) & 0xff, bits & 0x7f_ffff);
        // Subnormal numbers have the smallest exponent, and no leading one.
        let digits = if exponent == 0 { fraction } else { fraction | 0x80_0000 };
        let place = exponent.max(1) - 1;
        let shifted = i128::from(digits) << (place % SPAN);
        let bucket = &mut self.buckets[(place / SPAN) as usize];
        *bucket += if value.is_sign_negative() { -shifted } else { shifted };
    }

    /// Adds another; `None` if a bucket overflows, which sums of less than 2^70 numbers never do.
    pub(super) fn checked_add(mut self, other: &Self) -> Option<Self> {
        for (sum, more) in self.buckets.iter_mut().zip(other.buckets) {
            *sum = sum.checked_add(more)?;
        }
        Some(self)
    }

    /// The sum, rounded by a few units in the last place.
    pub(super) fn value(&self) -> f64 {
        let sum = self.carried();
        if sum.buckets[N_BUCKETS - 1] < 0 {
            let negated = Self { buckets: sum.buckets.map(|bucket| -bucket) };
            return -negated.carried().positive();
        }
        sum.positive()
    }

    /// The same sum with all buckets but the last in `0..2^32`.
    fn carried(mut self) -> Self {
        for at in 1..N_BUCKETS {
            let carry = self.buckets[at - 1] >> SPAN;
            self.buckets[at - 1] -= carry << SPAN;
            self.buckets[at] = self.buckets[at].saturating_add(carry);
        }
        self
    }

    /// Nothing cancels where no bucket is negative.
    fn positive(self) -> f64 {
        let places = self.buckets.into_iter().enumerate().rev();
        let terms = places.map(|(at, digits)| {
            digits as f64 * 2.0_f64.powi(SMALLEST + (at as u32 * SPAN).cast_signed())
        });
        terms.sum()
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these sums are exact")]
mod tests {
    use super::*;

    fn sum(values: &[f32]) -> f64 {
        let mut sum = ExactSum::default();
        values.iter().for_each(|&value| sum.add(value));
        sum.value()
    }

    #[test]
    fn every_magnitude_is_kept() {
        let largest = f64::from(f32::MAX);
        let smallest = f64::from(f32::from_bits(1));
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&[0.25, 0.5, -0.125]), 0.625);
        assert_eq!(sum(&[f32::from_bits(1); 3]), 3.0 * smallest);
        assert_eq!(sum(&[f32::MIN_POSITIVE, -f32::from_bits(1)]), 2.0_f64.powi(-126) - smallest);
        assert_eq!(sum(&[f32::MAX, f32::MAX]), 2.0 * largest);
    }

    #[test]
    fn what_cancels_leaves_the_rest() {
        assert_eq!(sum(&[f32::MAX, 1e-30, f32::MIN]), f64::from(1e-30_f32));
        assert_eq!(sum(&[1e20, -3.0, -1e20]), -3.0);
        assert_eq!(sum(&[-1e20, 1e-20, 1e20, -2e-20]), f64::from(1e-20_f32) - f64::from(2e-20_f32));
    }
}
