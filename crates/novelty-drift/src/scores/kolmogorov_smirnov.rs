use super::TwoSample;
use super::sample::{Steps, sorted};
use crate::DriftError;

/// Products of sample sizes up to which the p-value is exact: 20 million steps of the recursion,
/// which few statistics need, take some 50 ms.
const EXACT_UP_TO: usize = 20_000_000;

/// The two-sided Kolmogorov-Smirnov test: the largest difference of the two samples' empirical
/// distribution functions, `D = sup |F(x) - G(x)|`, in 0..=1.
///
/// The p-value is exact for continuous populations while the product of the sample sizes is at
/// most 20 million, and Stephens's form of the asymptotic one above; with ties it is
/// conservative. Sensitive to any change of shape, most so in the middle.
///
/// Hodges, *The significance probability of the Smirnov two-sample test*, Arkiv för Matematik,
/// 1958; Stephens, *EDF statistics for goodness of fit*, JASA, 1974. Sorting, then `O(n m D)`, and
/// `O(n)` for samples of one size.
///
/// # Errors
/// If a sample has fewer than 2 values or one that is not finite.
///
/// ```
/// let reference = [0.1, 0.4, 0.5, 0.9];
/// let test = novelty_drift::kolmogorov_smirnov(&reference, &[0.95, 1.1, 1.2])?;
/// assert_eq!(test.statistic, 1.0);
/// assert!((test.p_value - 2.0 / 35.0).abs() < 1e-12);
/// # Ok::<(), novelty_drift::DriftError>(())
/// ```
pub fn kolmogorov_smirnov(reference: &[f32], window: &[f32]) -> Result<TwoSample, DriftError> {
    Ok(kolmogorov_smirnov_sorted(&sorted("reference", reference)?, &sorted("window", window)?))
}

pub(crate) fn kolmogorov_smirnov_sorted(reference: &[f32], window: &[f32]) -> TwoSample {
    let (n, m) = (reference.len() as u64, window.len() as u64);
    // In units of 1 / (n m), where it is whole.
    let (mut below_reference, mut below_window, mut largest) = (0_u64, 0_u64, 0_u64);
    for step in Steps::new(reference, window) {
        below_reference += step.n_reference as u64;
        below_window += step.n_window as u64;
        largest = largest.max((below_reference * m).abs_diff(below_window * n));
    }
    let statistic = largest as f64 / (n as f64 * m as f64);
    let p_value = if (n * m) as usize <= EXACT_UP_TO {
        exact(n, m, largest)
    } else {
        asymptotic(n as f64, m as f64, statistic)
    };
    TwoSample { statistic, p_value }
}

/// The share of the lattice paths from (0, 0) to (n, m) that touch or leave the band
/// `|i m - j n| < largest`. Every order of the pooled samples is such a path, all equally likely.
fn exact(n: u64, m: u64, largest: u64) -> f64 {
    match largest {
        0 => 1.0,
        _ if n == m => exact_equal(n, largest / n),
        _ => exact_unequal(n, m, largest),
    }
}

/// For samples of one size, by reflection at both borders `|i - j| = h`:
/// `2 sum_k (-1)^(k - 1) binomial(2n, n - k h) / binomial(2n, n)` from `k = 1`. As
/// `2 r_1 (1 - r_2 (1 - r_3 (...)))`, where `r_k` is the ratio of neighbouring binomials, it loses
/// no digits. Gnedenko and Korolyuk, 1951.
fn exact_equal(n: u64, h: u64) -> f64 {
    let (n, h) = (n as f64, h as f64);
    let mut sum = 0.0;
    let mut k = (n / h).floor();
    while k >= 1.0 {
        let before = (k - 1.0) * h;
        let mut ratio = 1.0;
        let mut j = 0.0;
        while j < h {
            ratio *= (n - before - j) / (n + before + j + 1.0);
            j += 1.0;
        }
        sum = ratio * (1.0 - sum);
        k -= 1.0;
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

/// `share[j]` is that of the paths to (i, j): a path's last step came from (i - 1, j) with
/// probability `i / (i + j)`. Shares are kept of the paths outside, so that small ones are exact;
/// beyond the band all are 1, so that only the band is gone through.
fn exact_unequal(n: u64, m: u64, largest: u64) -> f64 {
    let inverse: Vec<f64> = (0..=n + m).map(|steps| 1.0 / steps.max(1) as f64).collect();
    let mut share = vec![1.0_f64; m as usize + 1];
    share[0] = 0.0;
    for i in 0..=n {
        // The least and the greatest j with |i m - j n| < largest.
        let low = if i * m < largest { 0 } else { (i * m - largest) / n + 1 };
        let high = ((i * m + largest - 1) / n).min(m);
        if low > 0 {
            share[low as usize - 1] = 1.0;
        }
        let mut left = if low > 0 { 1.0 } else { 0.0 };
        let band = &mut share[low as usize..=high as usize];
        for ((j, below), inverse) in (low..).zip(band).zip(&inverse[(i + low) as usize..]) {
            if i + j > 0 {
                *below = (*below * i as f64 + left * j as f64) * inverse;
            }
            left = *below;
        }
    }
    share[m as usize].clamp(0.0, 1.0)
}

/// Kolmogorov's distribution at Stephens's argument.
fn asymptotic(n: f64, m: f64, statistic: f64) -> f64 {
    let root = (n * m / (n + m)).sqrt();
    let x = (root + 0.12 + 0.11 / root) * statistic;
    if x < 0.2 {
        // The series below converges slowly here, and the value is 1 to 12 digits.
        return 1.0;
    }
    let terms = (1..=100).map(|k| {
        let sign = if k % 2 == 1 { 2.0 } else { -2.0 };
        sign * (-2.0 * f64::from(k * k) * x * x).exp()
    });
    terms.sum::<f64>().clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_and_asymptotic_p_values_meet() {
        for largest in [90_000_u64, 120_000, 160_000] {
            let statistic = largest as f64 / 2.0e6;
            let (exact, approximate) =
                (exact(2000, 1000, largest), asymptotic(2000.0, 1000.0, statistic));
            // The exact one has steps; the limit passes through their lower half.
            assert!((exact / approximate - 1.0).abs() < 0.06, "{exact} {approximate}");
        }
    }

    #[test]
    fn both_ways_to_count_paths_agree() {
        for n in [1_u64, 2, 7, 40, 301] {
            for h in (1..=n).step_by((n / 10).max(1) as usize) {
                let (closed, counted) = (exact_equal(n, h), exact_unequal(n, n, h * n));
                assert!((closed / counted - 1.0).abs() < 1e-10, "{n}, {h}: {closed} {counted}");
            }
        }
    }

    #[test]
    fn equal_samples_are_as_likely_as_can_be() {
        let test = kolmogorov_smirnov(&[1.0, 2.0, 3.0], &[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((test.statistic.to_bits(), test.p_value.to_bits()), (0, 1.0_f64.to_bits()));
    }
}
