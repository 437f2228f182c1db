use super::TwoSample;
use super::sample::{Steps, sorted};
use crate::DriftError;

/// The two-sample Cramér-von Mises test: the squared difference of the two empirical
/// distribution functions, averaged over the pooled sample.
///
/// `T = U / (n m (n + m)) - (4 n m - 1) / (6 (n + m))`, with
/// `U = n sum (r_i - i)^2 + m sum (s_j - j)^2` over the pooled (mid-)ranks of both samples in
/// order. The p-value is the asymptotic one of the standardised statistic, as scipy's. More
/// sensitive than Kolmogorov-Smirnov to small shifts of the whole population.
///
/// Anderson, *On the distribution of the two-sample Cramér-von Mises criterion*, Annals of
/// Mathematical Statistics, 1962. `O((n + m) log(n + m))`.
///
/// # Errors
/// If a sample has fewer than 2 values or one that is not finite.
pub fn cramer_von_mises(reference: &[f32], window: &[f32]) -> Result<TwoSample, DriftError> {
    let (reference, window) = (sorted("reference", reference)?, sorted("window", window)?);
    let (n, m) = (reference.len() as f64, window.len() as f64);
    let (mut n_before, mut i, mut j) = (0.0_f64, 0.0_f64, 0.0_f64);
    let (mut sum_reference, mut sum_window) = (0.0_f64, 0.0_f64);
    for step in Steps::new(&reference, &window) {
        let ties = (step.n_reference + step.n_window) as f64;
        let rank = n_before + 0.5 * (ties + 1.0);
        n_before += ties;
        for _ in 0..step.n_reference {
            i += 1.0;
            sum_reference += (rank - i) * (rank - i);
        }
        for _ in 0..step.n_window {
            j += 1.0;
            sum_window += (rank - j) * (rank - j);
        }
    }
    let (total, product) = (n + m, n * m);
    let u = n * sum_reference + m * sum_window;
    let statistic = u / (product * total) - (4.0 * product - 1.0) / (6.0 * total);
    Ok(TwoSample { statistic, p_value: p_value(statistic, n, m) })
}

/// The statistic with its exact mean and variance moved to those of its limit, 1/6 and 1/45.
fn p_value(statistic: f64, n: f64, m: f64) -> f64 {
    let (total, product) = (n + m, n * m);
    let mean = (1.0 + 1.0 / total) / 6.0;
    let spread = 4.0 * product * total - 3.0 * (n * n + m * m) - 2.0 * product;
    let variance = (total + 1.0) * spread / (45.0 * total * total * 4.0 * product);
    let limit = 1.0 / 6.0 + (statistic - mean) / (45.0 * variance).sqrt();
    // Below, the limiting distribution function is 0 to 12 digits.
    if limit < 0.003 { 1.0 } else { (1.0 - limiting_distribution(limit)).clamp(0.0, 1.0) }
}

/// The limit of the statistic's distribution function (Csörgő and Faraway, 1996, equation 1.2).
fn limiting_distribution(x: f64) -> f64 {
    let mut sum = 0.0;
    // gamma(k + 1/2) / gamma(k + 1), from k = 0.
    let mut ratio = std::f64::consts::PI.sqrt();
    for k in 0..200 {
        let y = f64::from(4 * k + 1);
        let q = y * y / (16.0 * x);
        let term = ratio * y.sqrt() * scaled_bessel_quarter(q)
            / (std::f64::consts::PI.powf(1.5) * x.sqrt());
        sum += term;
        if term < 1e-13 {
            break;
        }
        ratio *= (f64::from(k) + 0.5) / (f64::from(k) + 1.0);
    }
    sum
}

/// `exp(-q) K_{1/4}(q)`, by the trapezoidal rule on the integral of
/// `exp(-q (cosh t + 1)) cosh(t / 4)`, which converges geometrically.
fn scaled_bessel_quarter(q: f64) -> f64 {
    const STEP: f64 = 0.05;
    let value = |t: f64| (-q * (t.cosh() + 1.0)).exp() * (0.25 * t).cosh();
    let mut sum = 0.5 * value(0.0);
    for i in 1..1000 {
        let term = value(STEP * f64::from(i));
        sum += term;
        if term < 1e-18 * sum {
            break;
        }
    }
    sum * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_has_its_published_quantiles() {
        // Anderson and Darling, 1952, table 1.
        for (x, probability) in [(0.34730, 0.90), (0.46136, 0.95), (0.74346, 0.99)] {
            assert!((limiting_distribution(x) - probability).abs() < 1e-5, "{x}");
        }
    }
}
