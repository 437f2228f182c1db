//! Metrics of anomaly scores, exact and fast.
//!
//! Every function takes plain slices, checks them, and returns a number or a small struct.
//! The curve comes first, the area is taken on it; scores are `f32`, higher is more
//! anomalous, labels are `true` for anomalous samples.
//!
//! - **Exact.** Pairs and samples are counted in integers; ties are equal values and count
//!   one half; the order of the samples and the number of threads change no bit.
//! - **Strict.** NaN, infinite scores, a missing class or unequal lengths are a
//!   [`MetricsError`] that names the value and the place, never a silent number.
//! - **Fast.** Scores are bucketed and radix-sorted by their bits, in parallel and in cache.
//!
//! # Example
//!
//! ```
//! use novelty_metrics::{average_precision, confusion, f1_max, roc_auc};
//!
//! let scores = [0.1, 0.4, 0.35, 0.8];
//! let labels = [false, false, true, true];
//! assert_eq!(roc_auc(&scores, &labels)?, 0.75);
//!
//! let best = f1_max(&scores, &labels)?;
//! assert_eq!(best.f1, 0.8);
//! assert_eq!(confusion(&scores, &labels, best.threshold)?.f1(), Some(0.8));
//! # Ok::<(), novelty_metrics::MetricsError>(())
//! ```
//!
//! # Scores against labels
//!
//! Costs are those of buckets and radix sorts, with a comparison sort of the short runs.
//!
//! | function | answers | cost | paper |
//! |---|---|---|---|
//! | [`roc_curve`] | both error rates at every threshold | `O(n)` | Fawcett 2006 |
//! | [`roc_auc`] | the probability that an anomalous sample outranks a normal one | `O(n)` | Hanley and McNeil 1982 |
//! | [`roc_auc_partial`] | the same for few false alarms | `O(n)` | McClish 1989 |
//! | [`tpr_at_fpr`], [`fpr_at_tpr`] | one error rate, given the other | `O(n)` | - |
//! | [`precision_recall_curve`] | precision and recall at every threshold | `O(n)` | Davis and Goadrich 2006 |
//! | [`average_precision`] | the area under it, as scikit-learn sums it | `O(n)` | Davis and Goadrich 2006 |
//! | [`f1_max`] | the best F1 and its threshold | `O(n)` | van Rijsbergen 1979 |
//! | [`confusion`] | the four counts at a threshold | `O(n)` | - |
//!
//! Their uncertainty, and two detectors on the same samples:
//!
//! | function | answers | cost | paper |
//! |---|---|---|---|
//! | [`roc_auc_interval`], [`compare_roc_auc`] | confidence interval and paired test of the area | `O(n log n)` | DeLong et al. 1988, Sun and Xu 2014 |
//! | [`bootstrap`], [`bootstrap_difference`] | the same for any metric, by resampling | as many times the metric | Efron 1979 |
//!
//! Scores that come in pieces, or from several machines, go into an accumulator; both merge,
//! and serialise with the feature `serde`:
//!
//! | type | gives | cost | memory |
//! |---|---|---|---|
//! | [`ScoreAccumulator`] | the exact metrics of all pieces | `O(n log n)` | 24 bytes a distinct score |
//! | [`ScoreHistogram`] | curves at bin edges, areas with the limits of their error | `O(n)` | at most 16 MB by default |
//!
//! # Pixels
//!
//! | function | answers | cost | paper |
//! |---|---|---|---|
//! | [`pixel_roc_auc`] | the area with pixels for samples | `O(n)` | - |
//! | [`ScoreHistogram::update_pixels`] | the same of a stream of maps, in bounded memory | `O(n)` | - |
//! | [`aupro`] | per-region overlap to a false-positive rate, as MVTec AD defines it | `O(n)` | Bergmann et al. 2021 |
//! | [`iou`], [`Confusion::iou`] | intersection over union | `O(n)` | Jaccard 1912 |
//!
//! # Clusterings
//!
//! Labels are any numbers, one a sample. These judge a clustering by the data alone:
//!
//! | function | judges | cost | paper |
//! |---|---|---|---|
//! | [`silhouette_samples`], [`silhouette_score`] | own cluster against the next | `O(n^2 d)` time, `O(n d)` memory | Rousseeuw 1987 |
//! | [`silhouette_score_sampled`] | the same, estimated from `m` samples, with its standard error | `O(m n d)` | - |
//! | [`davies_bouldin_score`] | width against distance | `O(n d + k^2 d)` | Davies and Bouldin 1979 |
//! | [`calinski_harabasz_score`] | variance between against within | `O(n d)` | Calinski and Harabasz 1974 |
//!
//! and these against true classes:
//!
//! | function | judges | cost | paper |
//! |---|---|---|---|
//! | [`adjusted_rand_index`] | pairs, corrected for chance | `O(n log n)` | Hubert and Arabie 1985 |
//! | [`adjusted_mutual_information`] | information, corrected for chance | `O(n log n + r c s)`, see there | Vinh et al. 2010 |
//! | [`v_measure`] | homogeneity and completeness | `O(n log n)` | Rosenberg and Hirschberg 2007 |
//!
//! # Elsewhere
//!
//! Thresholds that need no labels are chosen in `novelty-scoring`; p-values of drift are in
//! `novelty-drift`; figures of these curves are in `novelty-report`.

mod accumulate;
mod agreement;
mod bucket;
mod columns;
mod confusion;
mod dispersion;
mod error;
mod operating_point;
mod order;
mod partial_auc;
mod partition;
mod pixels;
mod precision_recall;
mod ranking;
mod roc;
mod silhouette;
mod uncertainty;

pub use accumulate::{Bounded, ScoreAccumulator, ScoreHistogram};
pub use agreement::{VMeasure, adjusted_mutual_information, adjusted_rand_index, v_measure};
pub use confusion::{Confusion, confusion};
pub use dispersion::{calinski_harabasz_score, davies_bouldin_score};
pub use error::MetricsError;
pub use operating_point::{OperatingPoint, fpr_at_tpr, tpr_at_fpr};
pub use partial_auc::{PartialAuc, roc_auc_partial};
pub use pixels::{Aupro, aupro, iou, pixel_roc_auc};
pub use precision_recall::{
    F1Max, PrecisionRecallCurve, average_precision, f1_max, precision_recall_curve,
};
pub use roc::{RocCurve, roc_auc, roc_curve};
pub use silhouette::{Estimate, silhouette_samples, silhouette_score, silhouette_score_sampled};
pub use uncertainty::{
    AucComparison, BootstrapConfig, Interval, bootstrap, bootstrap_difference, compare_roc_auc,
    roc_auc_interval,
};
