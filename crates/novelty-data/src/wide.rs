/// A loop over values that are each divided by the same number.
pub(crate) trait Divided {
    /// Does the work. To be inlined, so that it is compiled for the instructions of its caller.
    fn run(self, divide: impl Fn(f32) -> f32 + Copy);
}

/// Runs a loop compiled for the widest vectors this processor has. The values do not change:
/// `x / divisor`, correctly rounded. `are_integers` says that every `x` is one of 0 to 65,535.
#[inline]
pub(crate) fn divide_all(work: impl Divided, divisor: f32, are_integers: bool) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        #[expect(unsafe_code, reason = "instructions that not every processor has")]
        // SAFETY: the processor has just said that it has them.
        return unsafe { with_fma(work, divisor, are_integers) };
    }
    let _ = are_integers;
    work.run(|x| x / divisor);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_fma(work: impl Divided, divisor: f32, are_integers: bool) {
    match reciprocal(divisor) {
        Some((high, low)) if are_integers => work.run(|x| x.mul_add(high, x * low)),
        _ => work.run(|x| x / divisor),
    }
}

/// The inverse of the largest value of an unsigned type as a sum of two numbers, with which two
/// multiplications and an addition, rounded once, replace a division that takes three times as
/// long. That no quotient of integers up to 65,535 changes was tried with all of them, for these
/// two divisors only.
fn reciprocal(divisor: f32) -> Option<(f32, f32)> {
    let is_known = [255.0_f32, 65535.0].map(f32::to_bits).contains(&divisor.to_bits());
    let inverse = 1.0 / f64::from(divisor);
    let high = inverse as f32;
    is_known.then(|| (high, (inverse - f64::from(high)) as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Integers<'a>(&'a mut [f32]);

    impl Divided for Integers<'_> {
        #[inline(always)]
        fn run(self, divide: impl Fn(f32) -> f32 + Copy) {
            self.0.iter_mut().enumerate().for_each(|(x, to)| *to = divide(x as f32));
        }
    }

    #[test]
    fn every_quotient_is_that_of_the_division() {
        for divisor in [255.0, 65535.0, 254.0, 0.1] {
            let mut quotients = vec![0.0; 1 << 16];
            divide_all(Integers(&mut quotients), divisor, true);
            for (x, quotient) in quotients.iter().enumerate() {
                assert_eq!(quotient.to_bits(), (x as f32 / divisor).to_bits(), "{x} / {divisor}");
            }
        }
    }

    #[test]
    fn the_reciprocal_is_exact_without_such_instructions_too() {
        for divisor in [255.0, 65535.0] {
            let (high, low) = reciprocal(divisor).unwrap();
            for x in (0..=u16::MAX).map(f32::from) {
                assert_eq!(x.mul_add(high, x * low).to_bits(), (x / divisor).to_bits());
            }
        }
        assert_eq!(reciprocal(256.0), None);
    }
}
