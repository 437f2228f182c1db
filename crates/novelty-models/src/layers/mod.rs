//! Layers in sequence: a description that knows its shapes ([`Layers`]), and what computes
//! ([`Sequential`]).
//!
//! They differ from `tch::nn` in that nothing panics, that sizes are checked before anything is
//! allocated, that weights come from [`Parameters`](crate::Parameters), and that the slope of
//! LeakyReLU is free. Names and layouts are PyTorch's: a network saved here loads into the
//! equivalent `torch.nn` module.

mod description;
mod initialization;
mod kernel;
mod layer;
mod operation;
mod prepared;
mod sequential;
mod simplified;

pub use description::Layers;
pub(crate) use description::{check_image, check_setting};
pub use initialization::Initialization;
pub use layer::{BatchNorm, Convolution, Layer};
pub(crate) use sequential::part_size;
pub use sequential::{EncoderDecoder, Sequential};
