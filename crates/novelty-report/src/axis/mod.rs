//! From values to pixels: ranges, scales, ticks and their labels.

mod extent;
mod label;
mod scale;
mod ticks;

pub(crate) use extent::Extent;
pub(crate) use label::{ends_in_words, labels, short};
pub(crate) use scale::{Kind, Scale};
pub(crate) use ticks::{rounded_out, ticks};
