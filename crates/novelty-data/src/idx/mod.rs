mod array;
mod dataset;
mod fault;
mod header;
mod read;

pub use array::IdxArray;
pub use dataset::{IdxDataset, Split};
pub use fault::IdxFault;
pub use read::read_idx;
