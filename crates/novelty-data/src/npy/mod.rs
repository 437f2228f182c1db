mod array;
mod claims;
mod convert;
mod dataset;
mod fault;
mod fill;
mod header;
mod labels;
mod layout;
mod open;
mod resident;

pub use array::NpyArray;
pub use dataset::{NpyConfig, NpyDataset};
pub use fault::NpyFault;
pub use header::{NpyType, NumberType};
pub use labels::read_labels;
pub use layout::NpyLayout;
