use std::fmt::Debug;

use novelty_core::{ImageShape, InputError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tch::Tensor;

use crate::{ModelError, Parameters};

/// An encoder and a decoder: `(n, channels, height, width) -> (n, n_features)` and back.
///
/// `train` tells layers that behave differently in training (batch normalisation) which they
/// are in. Use the `f_` operations of `tch`, which return errors where the others panic.
pub trait Network: Debug {
    /// The code of each image.
    ///
    /// # Errors
    /// If libtorch refuses an operation.
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError>;

    /// The image of each code.
    ///
    /// # Errors
    /// If libtorch refuses an operation.
    fn decode(&self, codes: &Tensor, train: bool) -> Result<Tensor, ModelError>;

    /// The same function in evaluation mode, to rounding, in a faster form that need not follow
    /// later changes of the weights. By default there is none.
    ///
    /// # Errors
    /// If libtorch refuses an operation.
    fn prepared(&self) -> Result<Option<Self>, ModelError>
    where
        Self: Sized,
    {
        Ok(None)
    }

    /// Whether the network is faster on images whose channels are innermost in memory, as those
    /// that begin with a convolution are; they have the same shape and values in either layout.
    /// By default no.
    fn is_channels_last(&self) -> bool {
        false
    }

    /// Images computed at a time when reconstructing and embedding, at least 1: it bounds memory.
    /// Default 64.
    fn inference_batch(&self) -> usize {
        64
    }
}

/// The architecture of a network: what has to be known to build it, and all of it.
///
/// It is saved with the weights, so that a checkpoint rebuilds the model by itself.
pub trait NetworkConfig: Clone + Debug + PartialEq + Serialize + DeserializeOwned {
    /// The name of the architecture in checkpoints.
    const KIND: &'static str;

    /// What is built.
    type Network: Network;

    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that is out of range, with its value.
    fn validate(&self) -> Result<(), InputError>;

    /// The images the network takes.
    fn image_shape(&self) -> ImageShape;

    /// Builds the network, taking each parameter from `parameters` by name.
    ///
    /// # Errors
    /// If `parameters` cannot provide one.
    fn build(&self, parameters: &mut Parameters) -> Result<Self::Network, ModelError>;
}
