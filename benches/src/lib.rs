//! What the benchmarks and comparisons share. See the README for how a comparison is written.

pub mod compare;
