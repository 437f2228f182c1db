use novelty_core::InputError;
use tch::Tensor;

use super::Layers;
use super::operation::Operation;
use super::prepared::prepare;
use crate::error::TorchContext;
use crate::{ModelError, Network, Parameters};

/// Layers that compute, one after another. [`Layers::build`] makes them.
#[derive(Debug)]
pub struct Sequential {
    operations: Vec<Operation>,
    description: Layers,
}

impl Sequential {
    pub(super) fn new(operations: Vec<Operation>, description: Layers) -> Self {
        Self { operations, description }
    }

    /// What it was built from.
    #[must_use]
    pub fn description(&self) -> &Layers {
        &self.description
    }

    /// The same function in evaluation mode, to rounding, and faster: batch normalisation is
    /// folded into the weights, activations overwrite their input. Its weights are copies:
    /// training the original does not change it.
    ///
    /// # Errors
    /// If libtorch refuses an operation.
    pub fn prepared(&self) -> Result<Self, ModelError> {
        let _no_grad = tch::no_grad_guard();
        let mut shapes = vec![self.description.input_shape().to_vec()];
        shapes.extend(self.description.shapes()?);
        let operations = prepare(&self.operations, &shapes).during("preparing the layers")?;
        Ok(Self::new(operations, self.description.clone()))
    }

    /// The most numbers that a sample has between two layers.
    fn widest(&self) -> usize {
        let shapes = self.description.shapes().unwrap_or_default();
        shapes.iter().map(|shape| shape.iter().product()).max().unwrap_or(1)
    }

    /// Applies the layers to a batch `(n, ...)`. With `train`, batch normalisation goes by the
    /// batch and updates its running statistics; a batch with a single value a channel has no
    /// variance and is normalised as in evaluation.
    ///
    /// # Errors
    /// If libtorch refuses an operation.
    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.operations
            .iter()
            .try_fold(x.shallow_clone(), |x, operation| operation.forward(&x, train))
            .during("computing the layers")
    }
}

/// Numbers between two layers that the processor's caches hold: larger parts are slower.
const CACHED_VALUES: usize = 2 << 20;

/// An encoder and a decoder made of [`Layers`].
#[derive(Debug)]
pub struct EncoderDecoder {
    encoder: Sequential,
    decoder: Sequential,
}

impl EncoderDecoder {
    /// Checks that the encoder's output is the decoder's input, and the decoder's output an
    /// image like the encoder's input.
    ///
    /// # Errors
    /// [`InputError::Shape`] if not; [`InputError::Setting`] naming the first layer that cannot
    /// take what comes to it.
    pub fn check(encoder: &Layers, decoder: &Layers) -> Result<(), InputError> {
        encoder.ensure_output(decoder.input_shape())?;
        decoder.ensure_output(encoder.input_shape())
    }

    /// Makes both; parameters are named `encoder.` and `decoder.`.
    ///
    /// # Errors
    /// As [`EncoderDecoder::check`] and [`Layers::build`].
    pub fn build(
        encoder: &Layers,
        decoder: &Layers,
        parameters: &mut Parameters,
    ) -> Result<Self, ModelError> {
        Self::check(encoder, decoder)?;
        let encoder = encoder.build(parameters, "encoder")?;
        Ok(Self { encoder, decoder: decoder.build(parameters, "decoder")? })
    }
}

impl Network for EncoderDecoder {
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.encoder.forward(images, train)
    }

    fn decode(&self, codes: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.decoder.forward(codes, train)
    }

    fn prepared(&self) -> Result<Option<Self>, ModelError> {
        Ok(Some(Self { encoder: self.encoder.prepared()?, decoder: self.decoder.prepared()? }))
    }

    fn inference_batch(&self) -> usize {
        part_size([&self.encoder, &self.decoder])
    }
}

/// Images to compute at a time with these networks.
pub(crate) fn part_size(networks: [&Sequential; 2]) -> usize {
    let widest = networks[0].widest().max(networks[1].widest());
    (CACHED_VALUES / widest).clamp(1, 256)
}
