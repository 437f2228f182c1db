//! What is done to one block of samples, in vectors.

use pulp::Simd;

use super::blocks::{BLOCK, TILE};

/// One row of lanes.
pub(crate) type Lanes = [f64; BLOCK];

/// The differences of a block from a mean, feature by feature.
#[inline(always)]
pub(crate) fn centre(block: &[f32], mean: &[f64], centred: &mut [Lanes]) {
    let (rows, _) = block.as_chunks::<BLOCK>();
    for ((row, &mean), centred) in rows.iter().zip(mean).zip(centred) {
        for lane in 0..BLOCK {
            centred[lane] = f64::from(row[lane]) - mean;
        }
    }
}

/// `|F x|^2` of every sample `x`, for a lower-triangular `F` given row by row with zeros above
/// the diagonal.
#[inline(always)]
pub(crate) fn lower_squares<S: Simd>(
    simd: S,
    factor: &[f64],
    centred: &[Lanes],
    squares: &mut Lanes,
) {
    let width = centred.len();
    let (squares, _) = S::as_mut_simd_f64s(squares);
    for pair in 0..BLOCK / (2 * S::F64_LANES) {
        let mut sums = [simd.splat_f64s(0.0); 2];
        for first in (0..width).step_by(TILE) {
            let rows: [&[f64]; TILE] =
                std::array::from_fn(|r| &factor[(first + r) * width..][..first + TILE]);
            let mut products = [[simd.splat_f64s(0.0); 2]; TILE];
            for (feature, lanes) in centred[..first + TILE].iter().enumerate() {
                let (x, _) = S::as_simd_f64s(lanes);
                for r in 0..TILE {
                    let f = simd.splat_f64s(rows[r][feature]);
                    for half in 0..2 {
                        products[r][half] =
                            simd.mul_add_e_f64s(f, x[2 * pair + half], products[r][half]);
                    }
                }
            }
            for product in &products {
                for half in 0..2 {
                    sums[half] = simd.mul_add_e_f64s(product[half], product[half], sums[half]);
                }
            }
        }
        squares[2 * pair..2 * pair + 2].copy_from_slice(&sums);
    }
}

/// `|diag(f) x|^2` of every sample.
#[inline(always)]
pub(crate) fn diagonal_squares(factor: &[f64], centred: &[Lanes], squares: &mut Lanes) {
    *squares = [0.0; BLOCK];
    for (&factor, row) in factor.iter().zip(centred) {
        for lane in 0..BLOCK {
            let product = factor * row[lane];
            squares[lane] += product * product;
        }
    }
}

/// Adds `sum_n w_n x_n x_n'` to the lower triangle of `sums`; what is above the diagonal holds
/// no meaning.
#[inline(always)]
pub(crate) fn add_second_moments<S: Simd>(
    simd: S,
    weighted: &[Lanes],
    centred: &[Lanes],
    sums: &mut [f64],
) {
    let width = centred.len();
    for first in (0..width).step_by(TILE) {
        let rows: [&[S::f64s]; TILE] =
            std::array::from_fn(|r| S::as_simd_f64s(&weighted[first + r]).0);
        for column in (0..first + TILE).step_by(2) {
            let columns: [&[S::f64s]; 2] =
                std::array::from_fn(|c| S::as_simd_f64s(&centred[column + c]).0);
            let mut products = [[simd.splat_f64s(0.0); 2]; TILE];
            for v in 0..BLOCK / S::F64_LANES {
                let x = [columns[0][v], columns[1][v]];
                for r in 0..TILE {
                    let w = rows[r][v];
                    for c in 0..2 {
                        products[r][c] = simd.mul_add_e_f64s(w, x[c], products[r][c]);
                    }
                }
            }
            for (r, products) in products.iter().enumerate() {
                for (c, &product) in products.iter().enumerate() {
                    sums[(first + r) * width + column + c] += simd.reduce_sum_f64s(product);
                }
            }
        }
    }
}

/// The product of a row with the weights, and the sum of it.
#[inline(always)]
pub(crate) fn weigh(row: &Lanes, weights: &Lanes, weighted: &mut Lanes) -> f64 {
    for lane in 0..BLOCK {
        weighted[lane] = row[lane] * weights[lane];
    }
    sum(weighted)
}

#[inline(always)]
pub(crate) fn dot(a: &Lanes, b: &Lanes) -> f64 {
    let mut sums = [0.0; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

#[inline(always)]
pub(crate) fn sum(values: &Lanes) -> f64 {
    let mut sums = [0.0; 16];
    for chunk in values.as_chunks::<16>().0 {
        for lane in 0..16 {
            sums[lane] += chunk[lane];
        }
    }
    sums.iter().sum()
}

/// The sum of the logarithms of values in `1..=k`, by the logarithms of products of eight.
#[inline(always)]
pub(crate) fn sum_of_logs(values: &Lanes) -> f64 {
    let mut products = [1.0_f64; 16];
    for chunk in values.as_chunks::<16>().0 {
        for lane in 0..16 {
            products[lane] *= chunk[lane];
        }
    }
    products.iter().map(|product| product.ln()).sum()
}

/// `e^x` for `x <= 0`, to the last digit or two; 0 below -708. Without a branch or a table, so
/// that a loop over it becomes vector instructions.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    // ln 2 in two parts, of which the first times a small whole number is exact.
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    // Adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let clamped = x.max(-708.0);
    let shifted = clamped * LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (clamped - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    let value = polynomial(r) * power;
    if x < -708.0 { 0.0 } else { value }
}

/// The Taylor series of `e^r`; for `|r| <= ln 2 / 2` its remainder is below 1e-17.
#[inline(always)]
fn polynomial(r: f64) -> f64 {
    const COEFFICIENTS: [f64; 13] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
    ];
    let mut value = COEFFICIENTS[0];
    for coefficient in &COEFFICIENTS[1..] {
        value = value * r + coefficient;
    }
    value * r + 1.0
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values must be exact")]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exact_to_two_ulp() {
        for step in 0..100_000 {
            let x = -f64::from(step) * 0.00707;
            let expected = x.exp();
            assert!((exp(x) - expected).abs() <= 4.5e-16 * expected, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!([exp(-709.0), exp(-1e300), exp(f64::NEG_INFINITY)], [0.0; 3]);
    }

    #[test]
    fn products_give_the_sum_of_logarithms() {
        let values: Lanes = std::array::from_fn(|i| 1.0 + i as f64);
        let expected: f64 = values.iter().map(|value| value.ln()).sum();
        assert!((sum_of_logs(&values) - expected).abs() < 1e-12);
    }
}
