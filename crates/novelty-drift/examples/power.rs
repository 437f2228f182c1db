//! What each test finds on real pictures, with limits at 1 % of false alarms.
//!
//! ```text
//! NOVELTY_DATASETS=folder cargo run --release -p novelty-drift --example power [windows]
//! ```
//!
//! The folder holds `notmnist/` and `fashion-mnist/` as IDX files (the latter may also be where
//! Debian's package puts it); what is missing is left out, with a word. MNIST comes with the
//! project. The reference is 501 digits, every window 100; each window has a reference of its own.
//! Tests see 30 principal components of 2,000 other digits, or, for tests of one number, the
//! distance to the nearest of them. The limit of each test is the 1 % quantile of its p-values over
//! windows without drift; the rate of false alarms is then counted on others.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

mod digits;

use std::env;
use std::path::Path;

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
/// Windows with one kind of drift, made of a window without.
struct Drift<'a> {
    name: &'static str,
    change: Box<Change<'a>>,
}

type Change<'a> = dyn Fn(&mut ChaCha8Rng, Described) -> Described + Sync + 'a;

fn main() -> Result<(), Any> {
    let n_windows: u64 = env::args().nth(1).map_or(Ok(500), |n| n.parse())?;
    let data = digits::mnist()?;
    let model = Model::new(&data)?;
    let unseen = Model::unseen(&data);
    let (changed, clean) = unseen.split_at(N_CHANGED);
    let clean = model.describe_all(&data, clean, |images| images)?;
    let letters = foreign(&model, "notmnist")?;
    let clothes = foreign(&model, "fashion-mnist")?;
    let rotated = model.describe_all(&data, changed, |images| rotated(&images, 30.0))?;
    let noisy = model.describe_all(&data, changed, |images| noisy(images, 0.5))?;
    let drifts = [
        letters.as_ref().map(|letters| all_of("notMNIST", letters)),
        Some(all_of("rotated 30°", &rotated)),
        Some(all_of("noise 0.5", &noisy)),
        letters.as_ref().map(|letters| a_tenth_of("10 % notMNIST", letters)),
        clothes.as_ref().map(|clothes| a_tenth_of("10 % Fashion-MNIST", clothes)),
    ];

    let none = Drift { name: "no drift", change: Box::new(|_, window| window) };
    let run = |first: u64, n: u64, drift: &Drift<'_>| {
        let one = |number| {
            let mut rng = ChaCha8Rng::seed_from_u64(number);
            let (reference, window) = clean.draw(&mut rng);
            reference.p_values(&(drift.change)(&mut rng, window))
        };
        (first..first + n).into_par_iter().map(one).collect::<Result<Vec<_>, Any>>()
    };
    // Windows for the limits, for the false alarms, and with each kind of drift.
    let (n_limits, n_clean) = (6 * n_windows, 4 * n_windows);
    let limits = limits(&run(0, n_limits, &none)?);
    let mut judged = vec![(none.name, run(10_000_000, n_clean, &none)?)];
    for (number, drift) in (2..).zip(&drifts) {
        if let Some(drift) = drift {
            judged.push((drift.name, run(number * 10_000_000, n_windows, drift)?));
        }
    }
    println!(
        "{n_limits} windows for the limits, {n_clean} judged without drift, {n_windows} with each\n"
    );
    let names: Vec<&str> = judged.iter().map(|(name, _)| *name).collect();
    println!("| test | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()));
    for (test, (name, limit)) in digits::names().zip(limits).enumerate() {
        let found = judged.iter().map(|(_, windows)| {
            let n = windows.iter().filter(|p| p[test] < limit).count();
            format!("{:.1} %", 100.0 * n as f64 / windows.len() as f64)
        });
        println!("| {name} | {} |", found.collect::<Vec<_>>().join(" | "));
    }
    Ok(())
}

/// The pictures of a data set of other things, if it is at hand.
fn foreign(model: &Model, name: &str) -> Result<Option<Described>, Any> {
    let package = Path::new("/usr/share/datasets").join(name);
    let folders = digits::dataset(name).into_iter().chain([package]);
    let Some(folder) = folders.into_iter().find(|folder| folder.is_dir()) else {
        println!("left out: neither NOVELTY_DATASETS nor /usr/share/datasets has {name}");
        return Ok(None);
    };
    let data = IdxDataset::open_dir(folder, Split::Test)?;
    let all: Vec<usize> = (0..data.classes().len()).collect();
    Ok(Some(model.describe_all(&data, &all, |images| images)?))
}

fn draw(from: &Described, rng: &mut ChaCha8Rng, n: usize) -> Described {
    from.select(&index::sample(rng, from.len(), n).into_vec())
}

fn all_of<'a>(name: &'static str, from: &'a Described) -> Drift<'a> {
    Drift { name, change: Box::new(move |rng, _| draw(from, rng, WINDOW)) }
}

fn a_tenth_of<'a>(name: &'static str, from: &'a Described) -> Drift<'a> {
    Drift {
        name,
        change: Box::new(move |rng, window| mixed(&window, &draw(from, rng, WINDOW / 10))),
    }
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
