//! Public behaviour of the data crate.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::float_cmp,
    reason = "helpers of tests fail as tests do; values are compared to the last bit on purpose"
)]

mod allocation;
mod batches;
mod composition;
mod corruptions;
mod files;
mod idx;
mod idx_faults;
mod image_faults;
mod image_folders;
mod inspection;
mod loader;
mod mnist;
mod mutations;
mod npy;
mod png_golden;
mod protocols;
mod transforms;
