use std::collections::VecDeque;

use ndarray::{Array2, ArrayView1, Axis};
use novelty_core::{Features, Fit, InputError};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::OnlineReport;
use super::run_length::limit_for;
use crate::DriftError;
use crate::embeddings::{Pool, keep_reference};
use crate::error::ensure_at_least;
use crate::settings::check_bandwidth;

/// Settings of an [`OnlineMmd`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OnlineMmdConfig {
    /// How many of the last embeddings are compared, at least 2. Default 50.
    pub window: usize,
    /// Samples from the start to a false alarm, on average; in 10..=1,000,000, and at least twice
    /// the window. Default 1,000.
    pub expected_run_time: usize,
    /// The kernel's width sigma, above 0. Default `None`: the median heuristic on the reference.
    pub bandwidth: Option<f32>,
    /// Reference samples kept, at least four windows; one half is compared with, the other sets
    /// the limit. Default 2,000.
    pub max_reference: usize,
    /// Seed of the split of the reference and of the simulated streams. Default 42.
    pub seed: u64,
}

impl Default for OnlineMmdConfig {
    fn default() -> Self {
        let (window, expected_run_time, bandwidth, max_reference) = (50, 1000, None, 2000);
        Self { window, expected_run_time, bandwidth, max_reference, seed: 42 }
    }
}

impl OnlineMmdConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many of the last embeddings are compared.
    #[must_use]
    pub fn window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    /// Sets the samples to a false alarm, on average.
    #[must_use]
    pub fn expected_run_time(mut self, expected_run_time: usize) -> Self {
        self.expected_run_time = expected_run_time;
        self
    }

    /// Sets the kernel's width.
    #[must_use]
    pub fn bandwidth(mut self, bandwidth: f32) -> Self {
        self.bandwidth = Some(bandwidth);
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
        if self.window < 2 {
            return Err(InputError::setting("window", self.window, "at least 2"));
        }
        super::check_run_time(self.expected_run_time)?;
        if self.expected_run_time / 2 < self.window {
            let range = "at least twice the window";
            return Err(InputError::setting("expected_run_time", self.expected_run_time, range));
        }
        if self.max_reference / 4 < self.window {
            let range = "at least four windows";
            return Err(InputError::setting("max_reference", self.max_reference, range));
        }
        check_bandwidth(self.bandwidth)
    }
}

/// Watches a stream of embeddings, one at a time: the squared maximum mean discrepancy of the
/// last `window` of them and a reference, updated in `O((n + window) d)` a sample.
///
/// One half of the reference is compared with; the other is held out and plays streams without
/// drift, which set the limit such that an alarm comes after `expected_run_time` samples on
/// average. The first statistic comes when the window is full. State, memory and serialisation as
/// for [`OnlineDrift`](crate::OnlineDrift).
///
/// Gretton et al., *A Kernel Two-Sample Test*, JMLR, 2012; Cobb, Van Looveren and Klaise,
/// *Sequential multivariate change detection with calibrated and memoryless false detection
/// rates*, AISTATS, 2022, for limits by expected run time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnlineMmd {
    config: OnlineMmdConfig,
    n_features: usize,
    /// The half that is compared with, row-major.
    reference: Vec<f32>,
    gamma: f64,
    /// The mean kernel of distinct reference samples.
    within_reference: f64,
    threshold: f64,
    recent: VecDeque<Recent>,
    n_seen: u64,
}

/// An embedding of the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Recent {
    values: Vec<f32>,
    /// Its mean kernel with the reference.
    to_reference: f64,
    /// Its kernel with every later one of the window, in order.
    to_later: VecDeque<f64>,
}

impl Fit<Features<'_>> for OnlineMmdConfig {
    type Fitted = OnlineMmd;
    type Error = DriftError;

    fn fit(&self, reference: Features<'_>) -> Result<OnlineMmd, DriftError> {
        self.validate()?;
        let kept = keep_reference(reference, self.max_reference, self.seed)?;
        ensure_at_least("reference", 4 * self.window, kept.nrows())?;
        let mut order: Vec<usize> = (0..kept.nrows()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        let (compared, held_out) = order.split_at(order.len() / 2);
        let compared = kept.select(Axis(0), compared);
        let held_out = kept.select(Axis(0), held_out);
        let gamma = match self.bandwidth {
            Some(sigma) => 0.5 / (f64::from(sigma) * f64::from(sigma)),
            None => {
                let pool = Pool::new(compared.view(), held_out.view());
                1.0 / f64::from(pool.median_squared_distance(self.seed))
            }
        };
        if !gamma.is_finite() {
            return Err(DriftError::Constant { place: "reference", value: kept[[0, 0]] });
        }
        let within_reference = mean_within(&compared, gamma);
        let threshold = self.limit(&compared, &held_out, gamma, within_reference);
        Ok(OnlineMmd {
            config: self.clone(),
            n_features: compared.ncols(),
            reference: compared.into_iter().collect(),
            gamma,
            within_reference,
            threshold,
            recent: VecDeque::new(),
            n_seen: 0,
        })
    }
}

impl OnlineMmdConfig {
    /// The limit at which streams of held-out samples fire as seldom as asked.
    fn limit(&self, compared: &Array2<f32>, held_out: &Array2<f32>, gamma: f64, rr: f64) -> f64 {
        let n = held_out.nrows();
        let to_reference: Vec<f64> = held_out
            .rows()
            .into_iter()
            .map(|row| {
                let rows = compared.rows();
                rows.into_iter().map(|other| kernel(row, other, gamma)).sum::<f64>()
                    / compared.nrows() as f64
            })
            .collect();
        let within =
            Array2::from_shape_fn((n, n), |(i, j)| kernel(held_out.row(i), held_out.row(j), gamma));
        limit_for(self.expected_run_time, self.seed.wrapping_add(1), |mut rng, length| {
            let mut order: Vec<usize> = (0..n).collect();
            let mut window: VecDeque<usize> = VecDeque::new();
            let (mut next, mut mixed, mut pairs) = (n, 0.0, 0.0);
            let (size, to_reference, within) = (self.window, &to_reference, &within);
            let steps: Vec<f64> = (0..length)
                .map(|_| {
                    if next == n {
                        order.shuffle(&mut rng);
                        next = 0;
                    }
                    let new = order[next];
                    next += 1;
                    if window.len() == size
                        && let Some(old) = window.pop_front()
                    {
                        mixed -= to_reference[old];
                        pairs -= window.iter().map(|&i| within[[old, i]]).sum::<f64>();
                    }
                    mixed += to_reference[new];
                    pairs += window.iter().map(|&i| within[[new, i]]).sum::<f64>();
                    window.push_back(new);
                    statistic(window.len(), size, pairs, mixed, rr)
                })
                .collect();
            steps.into_iter()
        })
    }
}

/// The unbiased squared discrepancy of a full window; 0 before. `pairs` sums the kernel over
/// unordered pairs of the window, `mixed` the mean kernels with the reference.
fn statistic(n: usize, window: usize, pairs: f64, mixed: f64, within_reference: f64) -> f64 {
    if n < window {
        return 0.0;
    }
    let m = n as f64;
    within_reference + 2.0 * pairs / (m * (m - 1.0)) - 2.0 * mixed / m
}

fn kernel(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>, gamma: f64) -> f64 {
    let square = |(x, y): (&f32, &f32)| f64::from((x - y) * (x - y));
    (-gamma * a.iter().zip(b).map(square).sum::<f64>()).exp()
}

fn mean_within(rows: &Array2<f32>, gamma: f64) -> f64 {
    let n = rows.nrows();
    let pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
    let sum: f64 = pairs.map(|(i, j)| kernel(rows.row(i), rows.row(j), gamma)).sum();
    2.0 * sum / (n as f64 * (n as f64 - 1.0))
}

impl OnlineMmd {
    /// The settings.
    pub fn config(&self) -> &OnlineMmdConfig {
        &self.config
    }

    /// Takes the next embedding.
    ///
    /// # Errors
    /// If it is of another width than the reference or not finite; the detector is then as before.
    pub fn update(&mut self, embedding: &[f32]) -> Result<OnlineReport, DriftError> {
        if embedding.len() != self.n_features {
            let (expected, got) = (vec![self.n_features], vec![embedding.len()]);
            return Err(InputError::Shape { place: "embedding", expected, got }.into());
        }
        if let Some((index, &value)) = embedding.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(InputError::NotFinite { place: "embedding", index, value }.into());
        }
        self.n_seen += 1;
        self.push(embedding);
        let (pairs, mixed) = self.sums();
        let (n, size) = (self.recent.len(), self.config.window);
        let statistic = statistic(n, size, pairs, mixed, self.within_reference);
        let is_drift = statistic > self.threshold;
        let report =
            OnlineReport { n_seen: self.n_seen, statistic, threshold: self.threshold, is_drift };
        if is_drift {
            self.recent.clear();
            self.n_seen = 0;
        }
        Ok(report)
    }

    fn push(&mut self, embedding: &[f32]) {
        let (new, gamma) = (ArrayView1::from(embedding), self.gamma);
        if self.recent.len() == self.config.window {
            self.recent.pop_front();
        }
        for earlier in &mut self.recent {
            let value = kernel(ArrayView1::from(&earlier.values), new, gamma);
            earlier.to_later.push_back(value);
        }
        let rows = self.reference.chunks_exact(self.n_features);
        let n = rows.len() as f64;
        let to_reference =
            rows.map(|row| kernel(ArrayView1::from(row), new, gamma)).sum::<f64>() / n;
        let values = embedding.to_vec();
        self.recent.push_back(Recent { values, to_reference, to_later: VecDeque::new() });
    }

    /// Summed anew for each sample, so that rounding does not pile up over a long stream.
    fn sums(&self) -> (f64, f64) {
        let pairs = self.recent.iter().map(|recent| recent.to_later.iter().sum::<f64>()).sum();
        (pairs, self.recent.iter().map(|recent| recent.to_reference).sum())
    }
}
