//! What `faces_roc_auc` trains on, and how it shows what came of it.

mod methods;
mod page;
mod task;

pub use methods::{Method, Settings, judge};
pub use page::write_results;
pub use task::{Source, Task};
