//! How often the tests find drift where there is none.
//!
//! ```text
//! cargo run --release -p novelty-drift --example calibration [windows]
//! ```
//!
//! Every window has a reference of its own: both are drawn at once, without replacement, from one
//! population, so that they are exchangeable. With one reference for all windows the shares would
//! be off by what that reference happens to be. Populations: 58,000 digits of MNIST, as 30
//! principal components or, for tests of one number, as the distance to the nearest of 2,000 other
//! digits; and Gaussian samples, for tests of one number their exponentials.
//!
//! Online detectors are fitted to 20 references of 2,000 digits, and each is run 50 times until its
//! first false alarm.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

mod digits;

use std::env;

use digits::{Any, Described, Model, N_FEATURES, REFERENCE, WINDOW};
use ndarray::Array2;
use novelty_core::Fit;
use novelty_drift::{OnlineDriftConfig, OnlineMmdConfig, OnlineTest};
use rand::seq::index;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const LEVEL: f64 = 0.05;
const RUN_TIME: usize = 500;
const N_REFERENCES: u64 = 20;
const N_RUNS: u64 = 50;
const ONLINE_TESTS: [(&str, OnlineTest); 4] = [
    ("CUSUM, slack 0.5", OnlineTest::Cusum { slack: 0.5 }),
    ("EWMA, weight 0.1", OnlineTest::Ewma { weight: 0.1 }),
    ("Page-Hinkley, tolerance 0.25", OnlineTest::PageHinkley { tolerance: 0.25 }),
    ("ADWIN, window 1,000", OnlineTest::Adwin { max_window: 1000 }),
];

fn main() -> Result<(), Any> {
    let n_windows = env::args().nth(1).map_or(Ok(2000), |n| n.parse())?;
    let data = digits::mnist()?;
    let model = Model::new(&data)?;
    let population = model.describe_all(&data, &Model::unseen(&data), |images| images)?;
    let real = p_values(n_windows, |rng| population.draw(rng))?;
    let normal = p_values(n_windows, gaussian)?;
    let limit = 2.0 * (LEVEL * (1.0 - LEVEL) / n_windows as f64).sqrt();
    println!("{n_windows} windows; 2 standard deviations are {:.2} %\n", 100.0 * limit);
    println!("| test | MNIST | Gaussian |\n|---|---:|---:|");
    for (test, name) in digits::names().enumerate() {
        println!("| {name} | {} | {} |", share(&real, test, limit), share(&normal, test, limit));
    }
    println!("\n| online detector | mean run time, {RUN_TIME} configured |\n|---|---:|");
    for (name, test) in ONLINE_TESTS {
        println!("| {name} | {:.0} |", online(&population, test)?);
    }
    println!("| MMD, window 50 | {:.0} |", online_mmd(&population)?);
    Ok(())
}

fn p_values(
    n_windows: u64,
    draw: impl Fn(&mut ChaCha8Rng) -> (Described, Described) + Sync,
) -> Result<Vec<Vec<f64>>, Any> {
    let one = |number| {
        let (reference, window) = draw(&mut ChaCha8Rng::seed_from_u64(number));
        reference.p_values(&window)
    };
    (0..n_windows).into_par_iter().map(one).collect()
}

fn gaussian(rng: &mut ChaCha8Rng) -> (Described, Described) {
    let mut sample = |n: usize| Described {
        rows: Array2::from_shape_simple_fn((n, N_FEATURES), || digits::normal(rng)),
        scores: (0..n).map(|_| digits::normal(rng).exp()).collect(),
    };
    (sample(REFERENCE), sample(WINDOW))
}

/// The share of windows with a p-value below the level; marked if it is off by more than chance.
fn share(p_values: &[Vec<f64>], test: usize, limit: f64) -> String {
    let n = p_values.iter().filter(|p| p[test] < LEVEL).count();
    let share = n as f64 / p_values.len() as f64;
    let mark = if (share - LEVEL).abs() > limit { " !" } else { "" };
    format!("{:.2} %{mark}", 100.0 * share)
}

/// The mean run time over all references and runs.
fn online(population: &Described, test: OnlineTest) -> Result<f64, Any> {
    let config = OnlineDriftConfig::new(test).expected_run_time(RUN_TIME);
    mean_run_time(|seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (reference, stream) = split(population, &mut rng);
        let fitted = config.clone().seed(seed).fit(&reference.scores[..])?;
        (0..N_RUNS).try_fold(0, |total, _| {
            let mut detector = fitted.clone();
            let score = |i: usize| detector.update(stream.scores[i]).map(|report| report.is_drift);
            Ok(total + run_time(stream.len(), &mut rng, score)?)
        })
    })
}

fn online_mmd(population: &Described) -> Result<f64, Any> {
    let config = OnlineMmdConfig::new().expected_run_time(RUN_TIME);
    mean_run_time(|seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (reference, stream) = split(population, &mut rng);
        let fitted = config.clone().seed(seed).fit(reference.rows.view())?;
        (0..N_RUNS).try_fold(0, |total, _| {
            let mut detector = fitted.clone();
            let row = |i: usize| {
                let report = detector.update(&stream.rows.row(i).to_vec());
                report.map(|report| report.is_drift)
            };
            Ok(total + run_time(stream.len(), &mut rng, row)?)
        })
    })
}

/// 2,000 of the population, and the rest.
fn split(population: &Described, rng: &mut ChaCha8Rng) -> (Described, Described) {
    let order = index::sample(rng, population.len(), population.len()).into_vec();
    let (reference, stream) = order.split_at(2000);
    (population.select(reference), population.select(stream))
}

fn mean_run_time(total: impl Fn(u64) -> Result<u64, Any> + Sync + Send) -> Result<f64, Any> {
    let totals: Vec<u64> =
        (0..N_REFERENCES).into_par_iter().map(total).collect::<Result<_, Any>>()?;
    Ok(totals.iter().sum::<u64>() as f64 / (N_REFERENCES * N_RUNS) as f64)
}

/// Samples until the first alarm, drawn at random.
fn run_time<E>(
    n: usize,
    rng: &mut ChaCha8Rng,
    mut is_drift: impl FnMut(usize) -> Result<bool, E>,
) -> Result<u64, E> {
    let mut samples = 1;
    while !is_drift(rng.gen_range(0..n))? {
        samples += 1;
    }
    Ok(samples)
}
