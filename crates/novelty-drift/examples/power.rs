//! What each test finds on real pictures, and how often it is wrong.
//!
//! ```text
//! NOVELTY_DATASETS=folder cargo run --release -p novelty-drift --example power [windows]
//! ```
//!
//! The folder holds `notmnist/` as IDX files; MNIST comes with the project. The reference is 500
//! training digits, every window 100 test digits; each window has a reference of its own. Tests
//! see 30 principal components of other training digits, or, for tests of one number, the distance
//! to the nearest of 2,000 of them. The limit of each test is the 1 % quantile of its own p-values
//! over the windows without drift.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::env;
use std::error::Error;
use std::path::Path;

use ndarray::{Array2, Array4, Axis, concatenate, s};
use novelty_cluster::{Pca, PcaConfig};
use novelty_core::{DetectDrift, Fit, Images};
use novelty_data::{IdxDataset, Split};
use novelty_drift::{
    ClassifierTestConfig, EnergyTestConfig, MmdConfig, PerFeatureTestConfig, ScoreDriftConfig,
    ScoreTest, TwoSampleClassifier,
};
use rand::seq::index;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Any = Box<dyn Error>;

const WINDOW: usize = 100;
const REFERENCE: usize = 500;
const SCORE_TESTS: [(&str, ScoreTest); 7] = [
    ("Kolmogorov-Smirnov", ScoreTest::KolmogorovSmirnov),
    ("Cramér-von Mises", ScoreTest::CramerVonMises),
    ("Wasserstein", ScoreTest::Wasserstein),
    ("chi-square, 10 bins", ScoreTest::ChiSquare { n_bins: 10 }),
    ("stability index, 10 bins", ScoreTest::PopulationStability { n_bins: 10 }),
    ("mean increase", ScoreTest::MeanIncrease { margin: 0.0 }),
    ("exceedance, 0.98", ScoreTest::Exceedance { quantile: 0.98 }),
];
const EMBEDDING_TESTS: [&str; 5] =
    ["MMD", "energy", "per feature", "classifier, linear", "classifier, neighbours"];
const DRIFTS: [&str; 4] = ["notMNIST", "rotated 30°", "noise 0.5", "10 % notMNIST"];

fn main() -> Result<(), Any> {
    let n_windows = env::args().nth(1).map_or(Ok(500), |n| n.parse())?;
    let mnist = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/mnist");
    let train = IdxDataset::open_dir(mnist, Split::Train)?;
    let test = IdxDataset::open_dir(mnist, Split::Test)?;
    let folder = env::var("NOVELTY_DATASETS").map_err(|_| "NOVELTY_DATASETS is not set")?;
    let letters = IdxDataset::open_dir(Path::new(&folder).join("notmnist"), Split::Test)?;
    let model = Model::new(&train.to_images(&(0..2000).collect::<Vec<_>>())?)?;

    let mut clean = Vec::new();
    let mut drifted = vec![Vec::new(); DRIFTS.len()];
    for trial in 0..n_windows as u64 {
        let mut rng = ChaCha8Rng::seed_from_u64(trial);
        let reference = pick(&train, 2000, REFERENCE, &mut rng)?;
        let digits = pick(&test, 0, WINDOW, &mut rng)?;
        let reference = model.describe(reference.view())?;
        clean.push(reference.p_values(&model.describe(digits.view())?, trial)?);
        if trial % 5 == 0 {
            let foreign = pick(&letters, 0, WINDOW, &mut rng)?;
            let mixed = concatenate![
                Axis(0),
                digits.slice(s![WINDOW / 10.., .., .., ..]),
                foreign.slice(s![..WINDOW / 10, .., .., ..])
            ];
            let noisy = digits.mapv(|x| (x + 0.5 * normal(&mut rng)).clamp(0.0, 1.0));
            let windows = [foreign, rotated(&digits, 30.0), noisy, mixed];
            for (list, window) in drifted.iter_mut().zip(&windows) {
                list.push(reference.p_values(&model.describe(window.view())?, trial)?);
            }
        }
    }
    print_table(&clean, &drifted);
    Ok(())
}

fn print_table(clean: &[Vec<f64>], drifted: &[Vec<Vec<f64>>]) {
    println!("{} windows without drift, {} with each", clean.len(), drifted[0].len());
    println!("| test | p < 0.05 without drift | {} |", DRIFTS.join(" | "));
    println!("|---|{}", "---:|".repeat(1 + DRIFTS.len()));
    let names = SCORE_TESTS.iter().map(|test| test.0).chain(EMBEDDING_TESTS);
    for (test, name) in names.enumerate() {
        let mut of_test: Vec<f64> = clean.iter().map(|p| p[test]).collect();
        of_test.sort_unstable_by(f64::total_cmp);
        let level = of_test.iter().filter(|&&p| p < 0.05).count() as f64 / of_test.len() as f64;
        let limit = of_test[of_test.len() / 100];
        let found = drifted.iter().map(|windows| {
            let n = windows.iter().filter(|p| p[test] < limit).count();
            format!("{:.0} %", 100.0 * n as f64 / windows.len() as f64)
        });
        println!("| {name} | {:.1} % | {} |", 100.0 * level, found.collect::<Vec<_>>().join(" | "));
    }
}

/// What both kinds of tests look at.
struct Model {
    pca: Pca,
    known: Array2<f32>,
}

struct Described {
    rows: Array2<f32>,
    scores: Vec<f32>,
}

impl Model {
    fn new(images: &Array4<f32>) -> Result<Self, Any> {
        let known = flat(images.view())?;
        Ok(Self { pca: PcaConfig::new(30).fit(known.view())?, known: unit(known) })
    }

    fn describe(&self, images: Images<'_>) -> Result<Described, Any> {
        let flat = flat(images)?;
        let rows = self.pca.transform(flat.view())?;
        let products = unit(flat).dot(&self.known.t());
        let nearest = products.outer_iter().map(|row| row.iter().copied().fold(-1.0, f32::max));
        Ok(Described { rows, scores: nearest.map(|cosine| 1.0 - cosine).collect() })
    }
}

impl Described {
    fn p_values(&self, window: &Self, seed: u64) -> Result<Vec<f64>, Any> {
        let mut reports = Vec::new();
        for (_, test) in SCORE_TESTS {
            let fitted = ScoreDriftConfig::new(test).fit(&self.scores[..])?;
            reports.push(fitted.detect(&window.scores[..])?);
        }
        let (x, y) = (self.rows.view(), window.rows.view());
        let neighbors = TwoSampleClassifier::NearestNeighbors { k: 5 };
        reports.push(MmdConfig::new().seed(seed).fit(x)?.detect(y)?);
        reports.push(EnergyTestConfig::new().fit(x)?.detect(y)?);
        reports.push(PerFeatureTestConfig::new().fit(x)?.detect(y)?);
        reports.push(ClassifierTestConfig::new().fit(x)?.detect(y)?);
        reports.push(ClassifierTestConfig::new().classifier(neighbors).fit(x)?.detect(y)?);
        Ok(reports.into_iter().filter_map(|report| report.p_value).collect())
    }
}

fn pick(
    data: &IdxDataset,
    first: usize,
    n: usize,
    rng: &mut ChaCha8Rng,
) -> Result<Array4<f32>, Any> {
    let drawn = index::sample(rng, data.classes().len() - first, n);
    Ok(data.to_images(&drawn.into_iter().map(|i| first + i).collect::<Vec<_>>())?)
}

fn flat(images: Images<'_>) -> Result<Array2<f32>, Any> {
    let (n, channels, height, width) = images.dim();
    let images = images.as_standard_layout().into_owned();
    Ok(images.into_shape_with_order((n, channels * height * width))?)
}

fn unit(mut rows: Array2<f32>) -> Array2<f32> {
    for mut row in rows.outer_iter_mut() {
        let length = row.dot(&row).sqrt().max(1e-6);
        row /= length;
    }
    rows
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

/// By Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let (u, v): (f64, f64) = (rng.gen_range(1e-12..1.0), rng.gen_range(0.0..1.0));
    ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
}
