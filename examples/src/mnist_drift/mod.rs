//! What `mnist_drift` measures, and how it shows it.

mod alerts;
mod losses;
mod metrics;
mod page;
mod populations;

pub use alerts::{AlertRules, Arriving, RuleReport, Streams, WindowReport, cusum_delay};
pub use losses::{Evaluation, cross_entropies, mean, squared_errors};
pub use metrics::{Increase, Measured, Metrics, PopulationReport, Watch};
pub use page::write_report;
pub use populations::{NOISE, Population, Populations};
