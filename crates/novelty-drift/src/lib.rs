//! Has the population changed?
//!
//! A threshold judges one image; the tests here judge a *window* of them against a reference
//! population, and say how likely so large a difference is by chance.
//!
//! On one number a sample (scores, losses):
//!
//! | test | sees | cost, `n` reference, `m` window | source |
//! |---|---|---|---|
//! | [`kolmogorov_smirnov`] | any change of shape | `O(n m)`, exact p-value | Smirnov 1939, Hodges 1958 |
//! | [`cramer_von_mises`] | small shifts of the whole | `O((n + m) log)` | Anderson 1962 |
//! | [`wasserstein`] | shifts, and says how far | `O(n + m)` a permutation | Ramdas et al. 2017 |
//! | [`chi_square`] | changes of a histogram | `O((n + m) log)` | Pearson 1900 |
//! | [`population_stability_index`] | the same, in a customary unit | `O(m)` a permutation | Siddiqi 2006 |
//! | [`mean_increase`] | a higher loss | `O(m)` a permutation | - |
//! | [`exceedance`] | a few foreign samples among many known | `O((n + m) log)`, exact p-value | Rosenbaum 1954 |
//!
//! [`ScoreDrift`] holds a reference and makes any of them. On embeddings:
//!
//! | test | sees | cost, `N = n + m` samples of `d` features | source |
//! |---|---|---|---|
//! | [`Mmd`] | any change of the joint distribution | `O(N^2 (d + permutations))`, memory `O(N)` | Gretton et al. 2012 |
//! | [`EnergyTest`] | the same, without a bandwidth | the same | Székely and Rizzo 2004 |
//! | [`ClassifierTest`] | what a classifier can tell apart | `O(N d)` linear, `O(N^2 d)` neighbours | Lopez-Paz and Oquab 2017 |
//! | [`PerFeatureTest`] | which feature or tile moved | `O(d n m)` | Rabanser et al. 2019 |
//!
//! One sample at a time, with bounded memory and a limit set by the expected time between false
//! alarms:
//!
//! | detector | sees | cost a sample | source |
//! |---|---|---|---|
//! | [`OnlineDrift`] with [`OnlineTest::Cusum`] | a lasting shift, soonest | `O(1)` | Page 1954 |
//! | with [`OnlineTest::Ewma`] | slow drift | `O(1)` | Roberts 1959 |
//! | with [`OnlineTest::PageHinkley`] | a shift against the running mean | `O(1)` | Hinkley 1971 |
//! | with [`OnlineTest::Adwin`] | a change at any scale | `O(log window)` | Bifet and Gavaldà 2007 |
//! | [`OnlineMmd`] | any change of embeddings | `O((n + window) d)` | Gretton et al. 2012, Cobb et al. 2022 |
//!
//! And what to make of it:
//!
//! | type | says | cost |
//! |---|---|---|
//! | [`CameraDiagnosis`] | which camera problem explains a window, and how severe it is | `O(pictures * exemplars * features)` |
//! | [`Monitor`] | of every image whether it is normal, foreign, or a camera problem; when images drift, and which of the foreign ones are a new class | the models' scores, and a clustering of the buffer every few foreign images |
//!
//! # Example
//!
//! ```
//! use novelty_core::{DetectDrift, Fit};
//! use novelty_drift::{ScoreDriftConfig, ScoreTest};
//!
//! // 3 of 40 scores lie where 1 of 100 is expected.
//! let reference: Vec<f32> = (0..500).map(|i| (i % 100) as f32).collect();
//! let mut window: Vec<f32> = (0..40).map(|i| (i * 2) as f32).collect();
//! window[3] = 150.0;
//! window[9] = 160.0;
//! window[20] = 155.0;
//! let test = ScoreTest::Exceedance { quantile: 0.99 };
//! let report = ScoreDriftConfig::new(test).significance(0.01).fit(&reference[..])?.detect(&window[..])?;
//! assert!(report.is_drift && report.statistic == 0.075);
//! # Ok::<(), novelty_drift::DriftError>(())
//! ```
//!
//! # False alarms
//!
//! Every test here is calibrated: at level 0.05 it fires in 5 % of the windows without drift, which
//! the crate's tests check to within two standard deviations; tests that permute fire in 4.75 %
//! or 4.9 % by default, as no p-value of theirs lies just below 0.05. Permutation tests permute the pooled samples, with relabellings
//! of each window's own; a null drawn from the reference alone, or one set of relabellings for
//! all windows, would be wrong for every window in the same way.
//!
//! # Elsewhere
//!
//! Scores and embeddings come from `novelty-scoring`, `novelty-models` and `novelty-cluster`.

mod camera;
mod embeddings;
mod error;
mod exponential;
mod monitor;
mod online;
mod permutation;
mod scores;
mod settings;
mod style;

pub use camera::{
    CameraDiagnosis, CameraDiagnosisConfig, CameraExemplars, Diagnosis, Explanation,
    ProblemExemplars, Verdict,
};
pub use embeddings::{
    ClassifierTest, ClassifierTestConfig, Correction, EnergyTest, EnergyTestConfig, Mmd, MmdConfig,
    PerFeatureTest, PerFeatureTestConfig, TwoSampleClassifier,
};
pub use error::DriftError;
pub use monitor::{
    BufferClustering, CameraFeatures, ClassModel, Event, EventKind, Explained, ModelBank, Monitor,
    MonitorConfig, MonitorError, MonitorReference, MonitorState, Proposal, train_class,
};
pub use online::{
    OnlineDrift, OnlineDriftConfig, OnlineMmd, OnlineMmdConfig, OnlineReport, OnlineTest, Side,
};
pub use scores::{
    Permutations, ScoreDrift, ScoreDriftConfig, ScoreTest, TwoSample, chi_square, cramer_von_mises,
    exceedance, kolmogorov_smirnov, mean_increase, population_stability_index, wasserstein,
};
pub use style::{style_features, style_names};
