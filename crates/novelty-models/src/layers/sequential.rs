use novelty_core::InputError;
use tch::{Kind, TchError, Tensor};

use super::Layers;
use super::operation::Operation;
use super::prepared::prepare;
use crate::error::TorchContext;
use crate::precision::SharedPrecision;
use crate::{ModelError, Network, Parameters, Precision};

/// Layers that compute, one after another. [`Layers::build`] makes them.
#[derive(Debug)]
pub struct Sequential {
    operations: Vec<Operation>,
    description: Layers,
    precision: SharedPrecision,
}

impl Sequential {
    pub(super) fn new(
        operations: Vec<Operation>,
        description: Layers,
        precision: SharedPrecision,
    ) -> Self {
        Self { operations, description, precision }
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
        // The copy keeps the precision it was made in.
        let precision = SharedPrecision::default();
        precision.set(self.precision.get());
        let operations = prepare(&self.operations, &shapes, self.kind());
        let operations = operations.during("preparing the layers")?;
        Ok(Self::new(operations, self.description.clone(), precision))
    }

    /// The most numbers that a sample has between two layers.
    fn widest(&self) -> usize {
        let shapes = self.description.shapes().unwrap_or_default();
        shapes.iter().map(|shape| shape.iter().product()).max().unwrap_or(1)
    }

    /// Whether the first layer with a kernel is a convolution.
    pub(crate) fn starts_with_convolution(&self) -> bool {
        let kernel = self.operations.iter().find(|operation| operation.has_kernel());
        kernel.is_some_and(Operation::is_convolution)
    }

    /// Applies the layers to a batch `(n, ...)`. With `train`, batch normalisation goes by the
    /// batch and updates its running statistics; a batch with a single value a channel has no
    /// variance and is normalised as in evaluation.
    ///
    /// # Errors
    /// If libtorch refuses an operation.
    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.compute(x, train).during("computing the layers")
    }

    fn compute(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        let apply = |operations: &[Operation], x| {
            operations.iter().try_fold(x, |x, operation| operation.forward(&x, train))
        };
        // What has no weights is not worth rounding for, and a last sigmoid would lose most by it.
        let last = self.operations.iter().rposition(Operation::has_kernel);
        let (narrow, wide) = self.operations.split_at(last.map_or(0, |last| last + 1));
        let x = if narrow.is_empty() { x.shallow_clone() } else { x.f_to_kind(self.kind())? };
        apply(wide, apply(narrow, x)?.f_to_kind(Kind::Float)?)
    }

    fn kind(&self) -> Kind {
        match self.precision.get() {
            Precision::Single => Kind::Float,
            Precision::Bfloat16 => Kind::BFloat16,
        }
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

    fn is_channels_last(&self) -> bool {
        self.encoder.starts_with_convolution()
    }
}

/// Images to compute at a time with these networks.
pub(crate) fn part_size(networks: [&Sequential; 2]) -> usize {
    let widest = networks[0].widest().max(networks[1].widest());
    (CACHED_VALUES / widest).clamp(1, 256)
}
