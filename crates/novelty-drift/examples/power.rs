//! What each test finds on real pictures, with limits at 1 % of false alarms.
//!
//! ```text
//! NOVELTY_DATASETS=folder cargo run --release -p novelty-drift --example power [windows]
//! ```
//!
//! The folder holds `notmnist/` as IDX files; MNIST comes with the project. The reference is 501
//! digits, every window 100; each window has a reference of its own. Tests see 30 principal
//! components of 2,000 other digits, or, for tests of one number, the distance to the nearest of
//! them. The limit of each test is the 1 % quantile of its p-values over windows without drift;
//! the rate of false alarms is then counted on others, where it was up to 3 %.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

mod digits;

use std::env;

use digits::{Any, Described, Model, WINDOW};
use ndarray::{Array4, Axis, concatenate};
use novelty_data::{IdxDataset, Split};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const LEVEL: f64 = 0.01;
/// Digits that are changed, and not among those drawn without change.
const N_CHANGED: usize = 8000;
const DRIFTS: [&str; 4] = ["notMNIST", "rotated 30°", "noise 0.5", "10 % notMNIST"];

fn main() -> Result<(), Any> {
    let n_windows: u64 = env::args().nth(1).map_or(Ok(500), |n| n.parse())?;
    let data = digits::mnist()?;
    let letters = IdxDataset::open_dir(digits::dataset("notmnist")?, Split::Test)?;
    let model = Model::new(&data)?;
    let unseen = Model::unseen(&data);
    let (changed, clean) = unseen.split_at(N_CHANGED);
    let clean = model.describe_all(&data, clean, |images| images)?;
    let all_letters: Vec<usize> = (0..letters.classes().len()).collect();
    let letters = model.describe_all(&letters, &all_letters, |images| images)?;
    let rotated = model.describe_all(&data, changed, |images| rotated(&images, 30.0))?;
    let noisy = model.describe_all(&data, changed, |images| noisy(images, 0.5))?;

    let run =
        |first: u64, n: u64, change: &(dyn Fn(&mut ChaCha8Rng, Described) -> Described + Sync)| {
            let one = |number| {
                let mut rng = ChaCha8Rng::seed_from_u64(number);
                let (reference, window) = clean.draw(&mut rng);
                reference.p_values(&change(&mut rng, window))
            };
            (first..first + n).into_par_iter().map(one).collect::<Result<Vec<_>, Any>>()
        };
    let other = |from: &Described, rng: &mut ChaCha8Rng, n: usize| {
        from.select(&index::sample(rng, from.len(), n).into_vec())
    };
    // Windows for the limits, for the false alarms, and with each kind of drift.
    let limits = limits(&run(0, 6 * n_windows, &|_, window| window)?);
    let judged = [
        run(10_000_000, 4 * n_windows, &|_, window| window)?,
        run(20_000_000, n_windows, &|rng, _| other(&letters, rng, WINDOW))?,
        run(30_000_000, n_windows, &|rng, _| other(&rotated, rng, WINDOW))?,
        run(40_000_000, n_windows, &|rng, _| other(&noisy, rng, WINDOW))?,
        run(50_000_000, n_windows, &|rng, window| {
            mixed(&window, &other(&letters, rng, WINDOW / 10))
        })?,
    ];
    let (n_limits, n_clean) = (6 * n_windows, 4 * n_windows);
    println!(
        "{n_limits} windows for the limits, {n_clean} judged without drift, {n_windows} with each\n"
    );
    println!("| test | no drift | {} |\n|---|{}", DRIFTS.join(" | "), "---:|".repeat(5));
    for (test, (name, limit)) in digits::names().zip(limits).enumerate() {
        let found = judged.iter().map(|windows| {
            let n = windows.iter().filter(|p| p[test] < limit).count();
            format!("{:.1} %", 100.0 * n as f64 / windows.len() as f64)
        });
        println!("| {name} | {} |", found.collect::<Vec<_>>().join(" | "));
    }
    Ok(())
}

/// Below which p-value a test calls drift in at most 1 % of the windows.
fn limits(clean: &[Vec<f64>]) -> Vec<f64> {
    let limit = |test: usize| {
        let mut of_test: Vec<f64> = clean.iter().map(|p| p[test]).collect();
        of_test.sort_unstable_by(f64::total_cmp);
        of_test[(LEVEL * of_test.len() as f64) as usize]
    };
    (0..digits::names().count()).map(limit).collect()
}

/// A window with some foreign samples in place of its last.
fn mixed(window: &Described, foreign: &Described) -> Described {
    let kept = window.select(&(0..window.len() - foreign.len()).collect::<Vec<_>>());
    let rows = concatenate![Axis(0), kept.rows, foreign.rows];
    Described { rows, scores: [kept.scores, foreign.scores.clone()].concat() }
}

fn noisy(images: Array4<f32>, deviation: f32) -> Array4<f32> {
    // Of other draws for other images.
    let mut rng = ChaCha8Rng::seed_from_u64(f64::from(images.sum()).to_bits());
    images.mapv(|x| (x + deviation * digits::normal(&mut rng)).clamp(0.0, 1.0))
}

/// Turned about the centre, between pixels linearly.
fn rotated(images: &Array4<f32>, degrees: f32) -> Array4<f32> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (_, _, height, width) = images.dim();
    let (cy, cx) = ((height - 1) as f32 / 2.0, (width - 1) as f32 / 2.0);
    Array4::from_shape_fn(images.dim(), |(n, c, y, x)| {
        let (dy, dx) = (y as f32 - cy, x as f32 - cx);
        let (from_y, from_x) = (cy + cos * dy - sin * dx, cx + sin * dy + cos * dx);
        let (top, left) = (from_y.floor(), from_x.floor());
        let at = |y: f32, x: f32| {
            let is_inside = y >= 0.0 && x >= 0.0 && y < height as f32 && x < width as f32;
            if is_inside { images[[n, c, y as usize, x as usize]] } else { 0.0 }
        };
        let (b, r) = (from_y - top, from_x - left);
        (1.0 - b) * ((1.0 - r) * at(top, left) + r * at(top, left + 1.0))
            + b * ((1.0 - r) * at(top + 1.0, left) + r * at(top + 1.0, left + 1.0))
    })
}
