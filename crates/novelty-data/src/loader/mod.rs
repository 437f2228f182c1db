mod batch;
mod config;
mod queue;
mod worker;

pub use batch::Batch;
pub use config::{Batches, Loader, LoaderConfig};
