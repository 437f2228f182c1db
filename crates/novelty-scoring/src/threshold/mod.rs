//! Where anomalous begins.

mod conformal;
mod deviation;
mod labelled;
mod peaks;
mod quantile;

pub use conformal::{ConformalPValues, ConformalThreshold};
pub(crate) use deviation::robust_location_and_scale;
pub use deviation::{MedianDeviationThreshold, StandardDeviationThreshold};
pub use labelled::{MaxF1Threshold, MaxFprThreshold};
pub use peaks::{ParetoTail, PeaksOverThreshold};
pub(crate) use quantile::ensure_scores;
pub use quantile::{ContaminationThreshold, QuantileThreshold, quantile};
