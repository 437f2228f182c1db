//! What `faces_roc_auc` trains on, and how it shows what came of it.

mod methods;
mod metrics;
mod page;
mod task;

pub use methods::{Method, Settings, judge};
pub use metrics::{Judged, Metrics};
pub use page::write_report;
pub use task::{Source, Task};
