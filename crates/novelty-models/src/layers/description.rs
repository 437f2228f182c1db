use novelty_core::{ImageShape, InputError};

use super::simplified::simplified;
use super::{BatchNorm, Convolution, Initialization, Layer, Sequential};
use crate::{ModelError, Parameters};

/// Layers one after another, as a description: [`Layers::build`] makes what computes.
///
/// ```
/// use novelty_models::{Convolution, Initialization, Layers};
///
/// let encoder = Layers::new([1, 28, 28])
///     .conv2d("conv0", Convolution::new(8, 5).padding(2).bias(false))
///     .leaky_relu(0.01)
///     .max_pool2d(2)
///     .flatten()
///     .linear("code", 32, false, Initialization::PyTorch);
/// assert_eq!(encoder.output_shape()?, [32]);
/// # Ok::<(), novelty_core::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Layers {
    input: Vec<usize>,
    list: Vec<(String, Layer)>,
}

impl Layers {
    /// No layers yet, for samples of a shape: `[channels, height, width]`, or `[n]`.
    #[must_use]
    pub fn new(input: impl Into<Vec<usize>>) -> Self {
        Self { input: input.into(), list: Vec::new() }
    }

    /// No layers yet, for images of a shape.
    #[must_use]
    pub fn images(shape: ImageShape) -> Self {
        Self::new([shape.channels, shape.height, shape.width])
    }

    /// Adds a layer. Only layers with parameters need a name, theirs in checkpoints.
    #[must_use]
    pub fn layer(mut self, name: impl Into<String>, layer: Layer) -> Self {
        self.list.push((name.into(), layer));
        self
    }

    /// Adds a convolution.
    #[must_use]
    pub fn conv2d(self, name: impl Into<String>, convolution: Convolution) -> Self {
        self.layer(name, Layer::Conv2d(convolution))
    }

    /// Adds a transposed convolution.
    #[must_use]
    pub fn conv_transpose2d(self, name: impl Into<String>, convolution: Convolution) -> Self {
        self.layer(name, Layer::ConvTranspose2d(convolution))
    }

    /// Adds a batch normalisation.
    #[must_use]
    pub fn batch_norm(self, name: impl Into<String>, norm: BatchNorm) -> Self {
        self.layer(name, Layer::BatchNorm(norm))
    }

    /// Adds a fully connected layer.
    #[must_use]
    pub fn linear(
        self,
        name: impl Into<String>,
        outputs: usize,
        bias: bool,
        init: Initialization,
    ) -> Self {
        self.layer(name, Layer::Linear { outputs, bias, init })
    }

    /// Adds a LeakyReLU.
    #[must_use]
    pub fn leaky_relu(self, slope: f64) -> Self {
        self.layer("", Layer::LeakyRelu { slope })
    }

    /// Adds a ReLU.
    #[must_use]
    pub fn relu(self) -> Self {
        self.layer("", Layer::Relu)
    }

    /// Adds a sigmoid.
    #[must_use]
    pub fn sigmoid(self) -> Self {
        self.layer("", Layer::Sigmoid)
    }

    /// Adds a hyperbolic tangent.
    #[must_use]
    pub fn tanh(self) -> Self {
        self.layer("", Layer::Tanh)
    }

    /// Adds `factor * x + offset`.
    #[must_use]
    pub fn scale(self, factor: f64, offset: f64) -> Self {
        self.layer("", Layer::Scale { factor, offset })
    }

    /// Adds a maximum over squares.
    #[must_use]
    pub fn max_pool2d(self, size: usize) -> Self {
        self.layer("", Layer::MaxPool2d { size })
    }

    /// Adds a repetition of pixels.
    #[must_use]
    pub fn upsample(self, factor: usize) -> Self {
        self.layer("", Layer::Upsample { factor })
    }

    /// Adds a flattening of maps to vectors.
    #[must_use]
    pub fn flatten(self) -> Self {
        self.layer("", Layer::Flatten)
    }

    /// Adds a reading of vectors as maps of `[channels, height, width]`.
    #[must_use]
    pub fn reshape(self, [channels, height, width]: [usize; 3]) -> Self {
        self.layer("", Layer::Reshape { channels, height, width })
    }

    /// The shape of a sample on its way in.
    #[must_use]
    pub fn input_shape(&self) -> &[usize] {
        &self.input
    }

    /// The layers with their names, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Layer)> {
        self.list.iter().map(|(name, layer)| (name.as_str(), layer))
    }

    /// The shape of a sample on its way out.
    ///
    /// # Errors
    /// [`InputError::Setting`] naming the first layer that cannot take what comes to it.
    pub fn output_shape(&self) -> Result<Vec<usize>, InputError> {
        Ok(self.shapes()?.pop().unwrap_or_else(|| self.input.clone()))
    }

    /// Checks that what comes out has a shape.
    ///
    /// # Errors
    /// As [`Layers::output_shape`]; [`InputError::Shape`] if it has another shape.
    pub(crate) fn ensure_output(&self, expected: &[usize]) -> Result<(), InputError> {
        let got = self.output_shape()?;
        if got == expected {
            return Ok(());
        }
        Err(InputError::Shape { place: "network output", expected: expected.to_vec(), got })
    }

    /// The shape after each layer.
    pub(super) fn shapes(&self) -> Result<Vec<Vec<usize>>, InputError> {
        let mut shape = self.input.clone();
        if shape.contains(&0) {
            let range = "of at least 1 everywhere";
            return Err(InputError::setting("layer input", format!("{shape:?}"), range));
        }
        let after = self.list.iter().map(|(_, layer)| {
            shape = layer.output_shape(&shape)?;
            Ok(shape.clone())
        });
        after.collect()
    }

    /// Makes the layers, taking parameters named `prefix.name.weight` and so on.
    ///
    /// # Errors
    /// If a layer cannot take what comes to it, or `parameters` cannot provide a tensor.
    pub fn build(
        &self,
        parameters: &mut Parameters,
        prefix: &str,
    ) -> Result<Sequential, ModelError> {
        let shapes = self.shapes()?;
        let inputs = std::iter::once(&self.input).chain(&shapes);
        let operations = self.list.iter().zip(inputs).map(|((name, layer), shape)| {
            layer.operation(parameters, &format!("{prefix}.{name}"), shape)
        });
        let operations = simplified(operations.collect::<Result<_, _>>()?);
        Ok(Sequential::new(operations, self.clone(), parameters.precision()))
    }
}

/// A setting and its range.
pub(crate) fn check_setting(
    name: &'static str,
    value: impl ToString,
    is_sound: bool,
    range: &'static str,
) -> Result<(), InputError> {
    if is_sound { Ok(()) } else { Err(InputError::setting(name, value, range)) }
}

/// Images a network can take: 1 to 1024 channels, and sides that `is_side` accepts.
pub(crate) fn check_image(
    shape: ImageShape,
    is_side: impl Fn(usize) -> bool,
    range: &'static str,
) -> Result<(), InputError> {
    let ImageShape { channels, height, width } = shape;
    check_setting("image channels", channels, (1..=1024).contains(&channels), "in 1..=1024")?;
    for (name, side) in [("image height", height), ("image width", width)] {
        check_setting(name, side, (1..=65536).contains(&side) && is_side(side), range)?;
    }
    Ok(())
}
