//! What the tests are held against: digits as 30 numbers each, and as one number each.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Array4, Axis};
use novelty_cluster::{Pca, PcaConfig};
use novelty_core::{DetectDrift, Features, Fit, Images};
use novelty_data::{IdxDataset, Split};
use novelty_drift::{
    ClassifierTestConfig, EnergyTestConfig, MmdConfig, PerFeatureTestConfig, ScoreDriftConfig,
    ScoreTest, TwoSampleClassifier,
};
use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

pub(crate) type Any = Box<dyn Error + Send + Sync>;

pub(crate) const WINDOW: usize = 100;
/// Has no divisor in common with the window: the Kolmogorov-Smirnov statistic then takes many
/// values, and its p-values lie close.
pub(crate) const REFERENCE: usize = 501;
pub(crate) const N_FEATURES: usize = 30;

/// Digits that the model is made of; nothing else sees them.
const N_MODEL: usize = 2000;

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

/// The names of all tests, in the order of [`Described::p_values`].
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SCORE_TESTS.iter().map(|test| test.0).chain(EMBEDDING_TESTS)
}

/// MNIST, as it comes with the project.
pub(crate) fn mnist() -> Result<IdxDataset, Any> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/mnist");
    Ok(IdxDataset::open_dir(folder, Split::Train)?)
}

/// A folder of `NOVELTY_DATASETS`.
#[allow(dead_code, reason = "one of the examples needs digits only")]
pub(crate) fn dataset(name: &str) -> Result<PathBuf, Any> {
    let folder = env::var_os("NOVELTY_DATASETS").ok_or("NOVELTY_DATASETS is not set")?;
    Ok(Path::new(&folder).join(name))
}

/// What both kinds of tests look at, learnt from the first digits.
pub(crate) struct Model {
    pca: Pca,
    known: Array2<f32>,
}

impl Model {
    pub(crate) fn new(digits: &IdxDataset) -> Result<Self, Any> {
        let known = flat(digits.to_images(&(0..N_MODEL).collect::<Vec<_>>())?.view())?;
        Ok(Self { pca: PcaConfig::new(N_FEATURES).fit(known.view())?, known: unit(known) })
    }

    /// The digits that the model has not seen.
    pub(crate) fn unseen(digits: &IdxDataset) -> Vec<usize> {
        (N_MODEL..digits.classes().len()).collect()
    }

    pub(crate) fn describe(&self, images: Images<'_>) -> Result<Described, Any> {
        let flat = flat(images)?;
        let rows = self.pca.transform(flat.view())?;
        let products = unit(flat).dot(&self.known.t());
        let nearest = products.outer_iter().map(|row| row.iter().copied().fold(-1.0, f32::max));
        Ok(Described { rows, scores: nearest.map(|cosine| 1.0 - cosine).collect() })
    }

    /// In parts, so that few images are in memory at a time.
    pub(crate) fn describe_all(
        &self,
        data: &IdxDataset,
        indices: &[usize],
        change: impl Fn(Array4<f32>) -> Array4<f32>,
    ) -> Result<Described, Any> {
        let mut all = Described { rows: Array2::zeros((0, N_FEATURES)), scores: Vec::new() };
        for part in indices.chunks(1000) {
            let part = self.describe(change(data.to_images(part)?).view())?;
            all.rows.append(Axis(0), part.rows.view())?;
            all.scores.extend(part.scores);
        }
        Ok(all)
    }
}

/// Samples as the tests see them.
pub(crate) struct Described {
    /// For tests of embeddings.
    pub(crate) rows: Array2<f32>,
    /// For tests of one number.
    pub(crate) scores: Vec<f32>,
}

impl Described {
    pub(crate) fn len(&self) -> usize {
        self.scores.len()
    }

    pub(crate) fn select(&self, indices: &[usize]) -> Self {
        let scores = indices.iter().map(|&i| self.scores[i]).collect();
        Self { rows: self.rows.select(Axis(0), indices), scores }
    }

    /// A reference and a window that have nothing in common.
    pub(crate) fn draw(&self, rng: &mut ChaCha8Rng) -> (Self, Self) {
        let drawn = index::sample(rng, self.len(), REFERENCE + WINDOW).into_vec();
        let (reference, window) = drawn.split_at(REFERENCE);
        (self.select(reference), self.select(window))
    }

    /// The p-values of all tests of `window` against these samples.
    pub(crate) fn p_values(&self, window: &Self) -> Result<Vec<f64>, Any> {
        let (x, y) = (self.rows.view(), window.rows.view());
        let mut reports = Vec::new();
        for (_, test) in SCORE_TESTS {
            let fitted = ScoreDriftConfig::new(test).fit(&self.scores[..])?;
            reports.push(fitted.detect(&window.scores[..])?);
        }
        reports.push(MmdConfig::new().fit(x)?.detect(y)?);
        reports.push(EnergyTestConfig::new().fit(x)?.detect(y)?);
        reports.push(PerFeatureTestConfig::new().fit(x)?.detect(y)?);
        reports.push(classifier(ClassifierTestConfig::new(), x, y)?);
        let neighbors = TwoSampleClassifier::NearestNeighbors { k: 5 };
        reports.push(classifier(ClassifierTestConfig::new().classifier(neighbors), x, y)?);
        Ok(reports.into_iter().filter_map(|report| report.p_value).collect())
    }
}

fn classifier(
    config: ClassifierTestConfig,
    reference: Features<'_>,
    window: Features<'_>,
) -> Result<novelty_core::DriftReport, Any> {
    Ok(config.fit(reference)?.detect(window)?)
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

/// By Box and Muller.
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let (u, v): (f64, f64) = (rng.gen_range(1e-12..1.0), rng.gen_range(0.0..1.0));
    ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
}
