//! The limit at which a detector fires by chance once in a given number of samples.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Simulated streams. The mean of so many run lengths is off by some 3 %.
const N_STREAMS: u64 = 1000;
/// Samples a stream, in expected run times; what lasts longer is counted as cut off.
const HORIZON: usize = 3;

/// Where a stream's statistic was higher than ever before: sample and value.
type Records = Vec<(u32, f64)>;

/// Simulates streams without drift and finds the limit that is first exceeded after
/// `expected_run_time` samples on average.
///
/// `stream(rng, n)` gives the statistics of one stream of `n` samples. All limits are tried on the
/// same streams: of each only the records matter.
pub(super) fn limit_for<I: Iterator<Item = f64>>(
    expected_run_time: usize,
    seed: u64,
    stream: impl Fn(ChaCha8Rng, usize) -> I + Sync,
) -> f64 {
    let horizon = expected_run_time.saturating_mul(HORIZON);
    let streams: Vec<Records> = (0..N_STREAMS)
        .into_par_iter()
        .map(|number| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number);
            records(stream(rng, horizon))
        })
        .collect();
    let highest = streams.iter().filter_map(|r| r.last()).map(|&(_, value)| value);
    let (mut low, mut high) = (0.0, highest.fold(0.0, f64::max));
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if mean_run_length(&streams, middle, horizon) < expected_run_time as f64 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

fn records(statistics: impl Iterator<Item = f64>) -> Records {
    let mut records = Records::new();
    let mut highest = 0.0;
    for (i, value) in statistics.enumerate() {
        if value > highest {
            highest = value;
            records.push((i as u32 + 1, value));
        }
    }
    records
}

/// Samples until the limit is exceeded, over all streams and alarms: the estimate of the mean of
/// run lengths that are nearly exponential and may be cut off.
fn mean_run_length(streams: &[Records], limit: f64, horizon: usize) -> f64 {
    let (mut samples, mut alarms) = (0.0, 0.0);
    for records in streams {
        match records.iter().find(|(_, value)| *value > limit) {
            Some(&(sample, _)) => {
                samples += f64::from(sample);
                alarms += 1.0;
            }
            None => samples += horizon as f64,
        }
    }
    samples / alarms
}

/// Draws from a sample with replacement.
pub(super) fn resample(values: &[f64], mut rng: ChaCha8Rng, n: usize) -> impl Iterator<Item = f64> {
    (0..n).map(move |_| values[rng.gen_range(0..values.len())])
}
