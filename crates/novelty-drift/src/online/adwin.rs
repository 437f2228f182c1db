use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::detector::Side;

/// Buckets of one size before two of them become one of twice the size.
const PER_SIZE: usize = 5;
/// Values either part of the window must have.
const MIN_PART: f64 = 5.0;

/// A window of values that knows where its mean changed: its last values, summarised in buckets
/// that hold twice as many values the older they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Adwin {
    /// Oldest first.
    buckets: VecDeque<Bucket>,
    max_window: usize,
    side: Side,
    /// Buckets before the cut with the largest statistic.
    cut: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bucket {
    n: f64,
    mean: f64,
    /// The sum of squared deviations from the mean.
    squares: f64,
}

impl Bucket {
    const NONE: Self = Self { n: 0.0, mean: 0.0, squares: 0.0 };

    fn merged(self, other: Self) -> Self {
        let n = self.n + other.n;
        let step = other.mean - self.mean;
        Self {
            n,
            mean: self.mean + step * other.n / n,
            squares: self.squares + other.squares + step * step * self.n * other.n / n,
        }
    }
}

impl Adwin {
    pub(super) fn new(max_window: usize, side: Side) -> Self {
        Self { buckets: VecDeque::new(), max_window, side, cut: 0 }
    }

    /// The largest difference of the means before and after any cut, in standard errors.
    pub(super) fn push(&mut self, value: f64) -> f64 {
        self.buckets.push_back(Bucket { n: 1.0, mean: value, squares: 0.0 });
        self.compress();
        let total = self.buckets.iter().fold(Bucket::NONE, |sum, &bucket| sum.merged(bucket));
        let mut size = total.n;
        while size > self.max_window as f64 && self.buckets.len() > 1 {
            size -= self.buckets.pop_front().map_or(0.0, |bucket| bucket.n);
        }
        let (statistic, cut) = self.largest_difference();
        self.cut = cut;
        statistic
    }

    /// Two of the oldest buckets of a size become one, where there are too many of the size.
    fn compress(&mut self) {
        let mut end = self.buckets.len();
        while end > 0 {
            let size = self.buckets[end - 1].n;
            let same = self.buckets.range(..end).rev().take_while(|b| b.n <= size).count();
            if same <= PER_SIZE {
                return;
            }
            let oldest = end - same;
            if let Some(second) = self.buckets.remove(oldest + 1) {
                self.buckets[oldest] = self.buckets[oldest].merged(second);
            }
            end = oldest + 1;
        }
    }

    fn largest_difference(&self) -> (f64, usize) {
        let total = self.buckets.iter().fold(Bucket::NONE, |sum, &bucket| sum.merged(bucket));
        // The spread of the values about one mean; 1 for standardised values.
        let variance = (total.squares / (total.n - 1.0).max(1.0)).max(1e-12);
        let mut before = Bucket::NONE;
        let mut best = (0.0, 0);
        for (i, &bucket) in self.buckets.iter().enumerate() {
            before = before.merged(bucket);
            let n_after = total.n - before.n;
            if before.n < MIN_PART || n_after < MIN_PART {
                continue;
            }
            let mean_after = (total.mean * total.n - before.mean * before.n) / n_after;
            let error = (variance * (1.0 / before.n + 1.0 / n_after)).sqrt();
            let rise = (mean_after - before.mean) / error;
            let statistic = self.side.of(rise, -rise);
            if statistic > best.0 {
                best = (statistic, i + 1);
            }
        }
        best
    }

    /// Drops what came before the change that was found.
    pub(super) fn forget_before_change(&mut self) {
        self.buckets.drain(..self.cut);
        self.cut = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_stay_few_and_lose_nothing() {
        let mut adwin = Adwin::new(1_000_000, Side::Both);
        let values: Vec<f64> = (0..20_000).map(|i| f64::from((i * 37) % 101)).collect();
        for &value in &values {
            adwin.push(value);
        }
        assert!(adwin.buckets.len() < 6 * 16, "{}", adwin.buckets.len());
        let total = adwin.buckets.iter().fold(Bucket::NONE, |sum, &b| sum.merged(b));
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        assert!((total.n - 20_000.0).abs() < 0.5 && (total.mean - mean).abs() < 1e-9);
        assert!((total.squares / squares - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_window_is_bounded_and_forgets_what_came_before_a_change() {
        let mut adwin = Adwin::new(500, Side::Both);
        let noise = |i: usize| ((i * 37) % 101) as f64 / 101.0;
        for i in 0..3000 {
            adwin.push(noise(i));
        }
        let size = |adwin: &Adwin| adwin.buckets.iter().map(|b| b.n).sum::<f64>();
        assert!(size(&adwin) <= 500.0);
        let statistics: Vec<f64> = (0..100).map(|i| adwin.push(noise(i) + 1.0)).collect();
        assert!(statistics[99] > 15.0, "{}", statistics[99]);
        adwin.forget_before_change();
        assert!((60.0..160.0).contains(&size(&adwin)), "{}", size(&adwin));
    }
}
