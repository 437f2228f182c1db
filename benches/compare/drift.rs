//! `novelty-drift` against numpy and scipy.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use ndarray::Array2;
use novelty_benches::compare::{Peer, Run, Task, TaskError, serve};
use novelty_core::{DetectDrift, Fit};
use novelty_drift::{
    DriftError, EnergyTestConfig, MmdConfig, OnlineMmdConfig, Permutations, TwoSample,
    cramer_von_mises, kolmogorov_smirnov, wasserstein,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 42;
const N_FEATURES: usize = 32;
const N_PERMUTATIONS: usize = 100;
/// Calls a run where one call is too short to time.
const REPEATS: usize = 10;

const NUMPY: [Peer<'static>; 1] = [Peer::Python("numpy")];
const SCIPY: [Peer<'static>; 1] = [Peer::Python("scipy")];
const BOTH: [Peer<'static>; 2] = [Peer::Python("numpy"), Peer::Python("scipy")];
const KERNEL: [Peer<'static>; 2] = [Peer::Python("numpy"), Peer::Python("numpy, permuted")];

fn main() -> ExitCode {
    let task = |name, description, [rtol, atol]: [f64; 2], peers, ours| Task {
        name,
        description,
        rtol,
        atol,
        ours,
        peers,
    };
    let (loose, tight) = ([1e-3, 0.0], [1e-6, 0.0]);
    serve(&[
        task("mmd_500", "MMD of 500 and 500 x 32, 100 permutations", loose, &KERNEL, || mmd(500)),
        task("mmd_2000", "MMD of 2,000 and 2,000 x 32, 100 permutations", loose, &NUMPY, || {
            mmd(2000)
        }),
        task("energy_500", "energy distance, the same data", loose, &BOTH, || energy(500)),
        task("energy_2000", "energy distance, the same data", loose, &BOTH, || energy(2000)),
        task(
            "online_mmd_1000",
            "online MMD, 1,000 steps, window 50, 1,000 reference samples x 32",
            [1e-4, 2e-6],
            &NUMPY,
            online_mmd,
        ),
        task(
            "ks_2000",
            "Kolmogorov-Smirnov of 2,000 and 2,000, exact, 10 times",
            tight,
            &SCIPY,
            || of_scores([2000, 2000], 0.05, kolmogorov_smirnov),
        ),
        task(
            "ks_2000_300",
            "Kolmogorov-Smirnov of 2,000 and 300, exact, 10 times",
            tight,
            &SCIPY,
            || of_scores([2000, 300], 0.05, kolmogorov_smirnov),
        ),
        // scipy stops the series of the p-value at 1e-7.
        task(
            "cvm_2000",
            "Cramér-von Mises of 2,000 and 2,000, 10 times",
            [1e-6, 1e-6],
            &SCIPY,
            || of_scores([2000, 2000], 0.05, cramer_von_mises),
        ),
        task(
            "wasserstein_2000",
            "Wasserstein of 2,000 and 2,000, 100 permutations, 10 times",
            tight,
            &BOTH,
            || {
                of_scores([2000, 2000], 0.2, |x, y| {
                    wasserstein(x, y, Permutations { n: N_PERMUTATIONS, seed: SEED })
                })
            },
        ),
    ])
}

/// Nearly normal, of variance one; the window is moved by `shift`.
fn samples([n, m]: [usize; 2], d: usize, shift: f32) -> (Array2<f32>, Array2<f32>) {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut sample = |n: usize, shift: f32| {
        Array2::from_shape_simple_fn((n, d), || {
            (0..3).map(|_| random.gen_range(-1.0_f32..1.0)).sum::<f32>() + shift
        })
    };
    (sample(n, 0.0), sample(m, shift))
}

fn shared(n: [usize; 2], d: usize, shift: f32) -> Result<(Array2<f32>, Array2<f32>), TaskError> {
    let (x, y) = samples(n, d, shift);
    write_shared("x.f32", &x)?;
    write_shared("y.f32", &y)?;
    Ok((x, y))
}

/// The statistic and the p-value, which is the smallest there is: a lesser one would depend on
/// the permutations drawn.
fn mmd(n: usize) -> Result<Run, TaskError> {
    let (x, y) = shared([n, n], N_FEATURES, 0.2)?;
    let test = MmdConfig::new().n_permutations(N_PERMUTATIONS).bandwidth(8.0).fit(x.view())?;
    Ok(Box::new(move || {
        let report = test.detect(y.view())?;
        Ok(vec![report.statistic, report.p_value.unwrap_or(f64::NAN)])
    }))
}

fn energy(n: usize) -> Result<Run, TaskError> {
    let (x, y) = shared([n, n], N_FEATURES, 0.2)?;
    let test = EnergyTestConfig::new().n_permutations(N_PERMUTATIONS).fit(x.view())?;
    Ok(Box::new(move || {
        let report = test.detect(y.view())?;
        Ok(vec![report.statistic, report.p_value.unwrap_or(f64::NAN)])
    }))
}

/// The statistic after every tenth step, and the number of alarms.
fn online_mmd() -> Result<Run, TaskError> {
    let (x, y) = shared([2000, 1000], N_FEATURES, 0.05)?;
    let config = OnlineMmdConfig::new().bandwidth(8.0).expected_run_time(500);
    let fitted = config.fit(x.view())?;
    write_shared("reference.f32", &fitted.reference())?;
    fs::write(folder().join("threshold.f64"), fitted.threshold().to_le_bytes())?;
    Ok(Box::new(move || {
        let mut detector = fitted.clone();
        let (mut answer, mut n_alarms) = (Vec::new(), 0.0);
        for (i, row) in y.outer_iter().enumerate() {
            let report = detector.update(row.as_slice().unwrap_or_default())?;
            n_alarms += f64::from(u8::from(report.is_drift));
            if i % 10 == 9 {
                answer.push(report.statistic);
            }
        }
        answer.push(n_alarms);
        Ok(answer)
    }))
}

fn of_scores(
    n: [usize; 2],
    shift: f32,
    test: fn(&[f32], &[f32]) -> Result<TwoSample, DriftError>,
) -> Result<Run, TaskError> {
    let (x, y) = shared(n, 1, shift)?;
    let (x, y) = (x.into_raw_vec_and_offset().0, y.into_raw_vec_and_offset().0);
    Ok(Box::new(move || {
        let mut found = test(&x, &y)?;
        for _ in 1..REPEATS {
            found = test(&x, &y)?;
        }
        Ok(vec![found.statistic, found.p_value])
    }))
}

fn write_shared(name: &str, values: &Array2<f32>) -> Result<(), TaskError> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok(fs::write(folder().join(name), bytes)?)
}

fn folder() -> PathBuf {
    env::var_os("NOVELTY_COMPARE_DIR").map_or_else(env::temp_dir, PathBuf::from)
}
