//! What `mvtec_new_class` learns, clusters and watches, and how it shows it.

mod clusters;
mod film;
mod kinds;
mod models;
mod page;
mod results;
mod stream;

pub use clusters::{Agreement, Clusterings, RULES, cluster, count};
pub use kinds::{Labelled, PartKind, part_kinds};
pub use models::{Explains, Learned, Learner, ModelFailed, QuickLearner, Training};
pub use page::{Shown, write_report};
pub use results::{Judged, Known, Metrics};
pub use stream::{Happened, Stream};
