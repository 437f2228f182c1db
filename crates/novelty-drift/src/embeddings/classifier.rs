use ndarray::{Array1, Array2, ArrayView2, Axis};
use novelty_core::{DetectDrift, DriftReport, Features, Fit, InputError};
use novelty_metrics::roc_auc;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::neighbors::window_share;
use super::per_feature::explained;
use super::pool::{Pool, check_window, keep_reference, stack};
use crate::DriftError;
use crate::permutation::{bits, seed_of};
use crate::settings::check_significance;

/// What tells the window from the reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TwoSampleClassifier {
    /// Fisher's linear discriminant on standardised features with a ridge on the within-class
    /// covariance, which is given as a share of the mean variance; above 0.
    LinearDiscriminant {
        /// The ridge. 0.1 is a good start.
        ridge: f32,
    },
    /// The share of window samples among the nearest neighbours: finds small foreign clusters.
    NearestNeighbors {
        /// How many neighbours, at least 1.
        k: usize,
    },
}

/// Settings of a [`ClassifierTest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassifierTestConfig {
    /// The false-alarm rate, in (0, 1). Default 0.05.
    pub significance: f64,
    /// The classifier. Default the linear discriminant with ridge 0.1.
    pub classifier: TwoSampleClassifier,
    /// Reference samples kept, at least 4. Default 5,000.
    pub max_reference: usize,
    /// Seed of the split into halves and of the reference samples kept. Default 42.
    pub seed: u64,
}

impl Default for ClassifierTestConfig {
    fn default() -> Self {
        let classifier = TwoSampleClassifier::LinearDiscriminant { ridge: 0.1 };
        Self { significance: 0.05, classifier, max_reference: 5000, seed: 42 }
    }
}

impl ClassifierTestConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the false-alarm rate.
    #[must_use]
    pub fn significance(mut self, significance: f64) -> Self {
        self.significance = significance;
        self
    }

    /// Sets the classifier.
    #[must_use]
    pub fn classifier(mut self, classifier: TwoSampleClassifier) -> Self {
        self.classifier = classifier;
        self
    }

    /// Sets how many reference samples are kept.
    #[must_use]
    pub fn max_reference(mut self, max_reference: usize) -> Self {
        self.max_reference = max_reference;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that is out of range, with its value.
    pub fn validate(&self) -> Result<(), InputError> {
        check_significance(self.significance)?;
        if self.max_reference < 4 {
            return Err(InputError::setting("max_reference", self.max_reference, "at least 4"));
        }
        match self.classifier {
            TwoSampleClassifier::LinearDiscriminant { ridge }
                if !(ridge > 0.0 && ridge.is_finite()) =>
            {
                Err(InputError::setting("ridge", ridge, "above 0"))
            }
            TwoSampleClassifier::NearestNeighbors { k: 0 } => {
                Err(InputError::setting("k", 0, "at least 1"))
            }
            _ => Ok(()),
        }
    }
}

/// The classifier two-sample test: can a classifier that saw one half of both samples tell the
/// other halves apart?
///
/// The statistic is the ROC-AUC on the unseen halves: 0.5 in expectation without drift, and the
/// effect as well. The p-value is the one-sided one of Mann and Whitney's normal approximation
/// with its correction for ties.
///
/// Lopez-Paz and Oquab, *Revisiting Classifier Two-Sample Tests*, ICLR, 2017.
/// `O((n + m) d)` a step of the discriminant, `O(n (n + m) d)` for neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifierTest {
    config: ClassifierTestConfig,
    reference: Array2<f32>,
}

impl Fit<Features<'_>> for ClassifierTestConfig {
    type Fitted = ClassifierTest;
    type Error = DriftError;

    fn fit(&self, reference: Features<'_>) -> Result<ClassifierTest, DriftError> {
        self.validate()?;
        crate::error::ensure_at_least("reference", 4, reference.nrows())?;
        let reference = keep_reference(reference, self.max_reference, self.seed)?;
        Ok(ClassifierTest { config: self.clone(), reference })
    }
}

impl ClassifierTest {
    /// The settings.
    pub fn config(&self) -> &ClassifierTestConfig {
        &self.config
    }

    /// How much each unseen sample looks like the window, and which of them are of it.
    fn unseen_scores(&self, window: Features<'_>) -> (Vec<f32>, Vec<bool>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed_of(self.config.seed, bits(&window)));
        // Brought to a range of 1, so that no mean overflows and no variance vanishes.
        let pool = Pool::new(self.reference.view(), window);
        let reference = Halves::split(pool.reference(), &mut rng);
        let window = Halves::split(pool.window(), &mut rng);
        let labels = |r: &Array2<f32>, w: &Array2<f32>| {
            [vec![false; r.nrows()], vec![true; w.nrows()]].concat()
        };
        let unseen = labels(&reference.test, &window.test);
        let test = stack(reference.test.view(), window.test.view());
        let scores = match self.config.classifier {
            TwoSampleClassifier::LinearDiscriminant { ridge } => {
                discriminant_scores(&reference.train, &window.train, &test, ridge)
            }
            TwoSampleClassifier::NearestNeighbors { k } => {
                let seen = labels(&reference.train, &window.train);
                let train = stack(reference.train.view(), window.train.view());
                window_share(train.view(), &seen, test.view(), k)
            }
        };
        (scores, unseen)
    }
}

impl DetectDrift<Features<'_>> for ClassifierTest {
    type Error = DriftError;

    fn detect(&self, window: Features<'_>) -> Result<DriftReport, DriftError> {
        check_window(&window, self.reference.ncols(), 4)?;
        let (scores, labels) = self.unseen_scores(window);
        // Both labels are there and the scores are finite: the area always exists.
        let auc = roc_auc(&scores, &labels).unwrap_or(0.5);
        let p_value = mann_whitney_p_value(&scores, &labels, auc);
        let significance = self.config.significance;
        let report = DriftReport::from_p_value(auc, p_value, significance).with_effect(auc);
        explained(report, self.reference.view(), window)
    }
}

/// A sample in two random halves.
struct Halves {
    train: Array2<f32>,
    test: Array2<f32>,
}

impl Halves {
    fn split(sample: ArrayView2<'_, f32>, rng: &mut ChaCha8Rng) -> Self {
        let mut order: Vec<usize> = (0..sample.nrows()).collect();
        order.shuffle(rng);
        let (train, test) = order.split_at(order.len() / 2);
        Self { train: sample.select(Axis(0), train), test: sample.select(Axis(0), test) }
    }
}

/// Projections of `test` on `(S + ridge I)^-1 (mean_w - mean_r)`, found by conjugate gradients,
/// so that `S` is never made.
fn discriminant_scores(
    reference: &Array2<f32>,
    window: &Array2<f32>,
    test: &Array2<f32>,
    ridge: f32,
) -> Vec<f32> {
    let mean = |x: &Array2<f32>| x.mean_axis(Axis(0)).unwrap_or_default();
    let (mean_r, mean_w) = (mean(reference), mean(window));
    // Both classes weigh the same, however many samples they have.
    let centred = |x: &Array2<f32>, mean: &Array1<f32>| {
        let weight = (0.5 / x.nrows() as f32).sqrt();
        (x - mean) * weight
    };
    let (mut r, mut w) = (centred(reference, &mean_r), centred(window, &mean_w));
    let variance = (&r * &r).sum_axis(Axis(0)) + (&w * &w).sum_axis(Axis(0));
    let scale = variance.mapv(|v| if v > 0.0 { 1.0 / v.sqrt() } else { 0.0 });
    r *= &scale;
    w *= &scale;
    let apply = |x: &Array1<f32>| r.t().dot(&r.dot(x)) + w.t().dot(&w.dot(x)) + x * ridge;
    let direction = conjugate_gradients(apply, &((&mean_w - &mean_r) * &scale));
    let scores = (test - &mean_r).dot(&(&direction * &scale));
    let is_sound = scores.iter().all(|score| score.is_finite());
    if is_sound { scores.to_vec() } else { vec![0.0; test.nrows()] }
}

fn conjugate_gradients(
    apply: impl Fn(&Array1<f32>) -> Array1<f32>,
    target: &Array1<f32>,
) -> Array1<f32> {
    let mut x = Array1::zeros(target.len());
    let mut residual = target.clone();
    let mut direction = residual.clone();
    let mut square = residual.dot(&residual);
    let goal = 1e-8 * square;
    for _ in 0..200 {
        if square <= goal {
            break;
        }
        let image = apply(&direction);
        let step = square / direction.dot(&image);
        x.scaled_add(step, &direction);
        residual.scaled_add(-step, &image);
        let next = residual.dot(&residual);
        direction = &residual + &(&direction * (next / square));
        square = next;
    }
    x
}

/// The chance of an area at least this large for scores that know nothing.
fn mann_whitney_p_value(scores: &[f32], labels: &[bool], auc: f64) -> f64 {
    let m = labels.iter().filter(|&&label| label).count() as f64;
    let total = labels.len() as f64;
    let n = total - m;
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let ties: f64 = sorted
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .map(|run| (run.len() as f64).powi(3) - run.len() as f64)
        .sum();
    let variance = (total + 1.0 - ties / (total * (total - 1.0))) / (12.0 * n * m);
    if variance <= 0.0 {
        return 1.0;
    }
    Normal::standard().sf((auc - 0.5) / variance.sqrt())
}
