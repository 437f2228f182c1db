use std::collections::VecDeque;

use ndarray::{Array2, Axis};
use novelty_core::{Features, Fit, InputError};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::OnlineReport;
use super::panels::{Panels, squared_distance};
use super::run_length::limit_for;
use crate::DriftError;
use crate::embeddings::{Pool, keep_reference};
use crate::error::ensure_at_least;
use crate::exponential::exp_of_minus;
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
    /// What embeddings are divided by: a power of two that brings them to a range of 1.
    unit: f64,
    /// The half that is compared with.
    reference: Panels,
    gamma: f32,
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
    /// The sum of its kernels with all later ones of the window.
    to_later: f64,
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
        let pool = Pool::new(compared.view(), held_out.view());
        let unit = pool.unit;
        let gamma = match self.bandwidth {
            Some(sigma) => 0.5 * (unit / f64::from(sigma)).powi(2),
            None => 1.0 / pool.median_squared_distance(self.seed),
        };
        if pool.is_constant() {
            return Err(DriftError::Constant { place: "reference", value: kept[[0, 0]] });
        }
        let gamma = gamma.min(1e30) as f32;
        let scaled = |rows: &Array2<f32>| rows.mapv(|x| (f64::from(x) / unit) as f32);
        let (compared, held_out) = (scaled(&compared), scaled(&held_out));
        let reference = Panels::new(compared.view());
        let within_reference = mean_within(&compared, &reference, gamma);
        let threshold = self.limit(&reference, &held_out, gamma, within_reference);
        Ok(OnlineMmd {
            config: self.clone(),
            n_features: compared.ncols(),
            unit,
            reference,
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
    fn limit(&self, reference: &Panels, held_out: &Array2<f32>, gamma: f32, rr: f64) -> f64 {
        let n = held_out.nrows();
        let own = Panels::new(held_out.view());
        let mut within = Array2::zeros((n, n));
        let mut to_reference = Vec::with_capacity(n);
        for (row, mut kernels) in held_out.rows().into_iter().zip(within.rows_mut()) {
            let row = row.to_vec();
            to_reference.push(mean(&reference.kernels(&row, gamma)));
            own.kernels(&row, gamma)
                .into_iter()
                .zip(&mut kernels)
                .for_each(|(k, to)| *to = f64::from(k));
        }
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

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}

/// The mean kernel of distinct rows.
fn mean_within(rows: &Array2<f32>, panels: &Panels, gamma: f32) -> f64 {
    let n = rows.nrows() as f64;
    let all = rows.rows().into_iter().map(|row| mean(&panels.kernels(&row.to_vec(), gamma)));
    // The kernel of a row with itself is 1.
    (all.sum::<f64>() - 1.0) / (n - 1.0)
}

impl OnlineMmd {
    /// The settings.
    pub fn config(&self) -> &OnlineMmdConfig {
        &self.config
    }

    /// The limit the statistic is held against.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The half of the reference that embeddings are compared with.
    #[must_use]
    pub fn reference(&self) -> Array2<f32> {
        let mut rows = self.reference.rows(self.n_features);
        rows.mapv_inplace(|x| (f64::from(x) * self.unit) as f32);
        rows
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
        if self.recent.len() == self.config.window {
            self.recent.pop_front();
        }
        // What is so far off has a kernel of 0 with everything, and its squares are finite.
        let scaled = |&x: &f32| (f64::from(x) / self.unit).clamp(-1e15, 1e15) as f32;
        let values: Vec<f32> = embedding.iter().map(scaled).collect();
        let mut kernels: Vec<f32> =
            self.recent.iter().map(|earlier| squared_distance(&earlier.values, &values)).collect();
        exp_of_minus(&mut kernels, self.gamma);
        for (earlier, kernel) in self.recent.iter_mut().zip(kernels) {
            earlier.to_later += f64::from(kernel);
        }
        let to_reference = mean(&self.reference.kernels(&values, self.gamma));
        self.recent.push_back(Recent { values, to_reference, to_later: 0.0 });
    }

    /// Summed anew for each sample, so that rounding does not pile up over a long stream.
    fn sums(&self) -> (f64, f64) {
        let pairs = self.recent.iter().map(|recent| recent.to_later).sum();
        (pairs, self.recent.iter().map(|recent| recent.to_reference).sum())
    }
}
