//! Squared Euclidean distances from a few rows to many points, in vectors of the widest kind
//! the processor has.
//!
//! They come from exact differences, not from `|a|^2 + |b|^2 - 2ab`, which cancels when points
//! are far from the origin: every term is positive, so that the relative error of a sum of `d`
//! terms stays below `(d + 3) 2^-24`.

mod kernels;
mod panels;

pub(crate) use kernels::{Limits, nearest, squared_distances, within};
pub(crate) use panels::{Frame, LANES, Panels, mean_of_rows};
