use std::fmt::Debug;

use novelty_core::ImageShape;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use crate::error::TorchContext;
use crate::parameters::Parameter;
use crate::{ModelError, NetworkConfig, Parameters};

/// The first half of an autoencoder: `(n, channels, height, width) -> (n, n_features)`.
pub trait Encoder: Debug {
    /// The code of each image.
    ///
    /// # Errors
    /// If libtorch refuses an operation.
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError>;

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

    /// Images computed at a time when embedding, at least 1: it bounds memory. Default 64.
    fn inference_batch(&self) -> usize {
        64
    }
}

/// An autoencoder's architecture whose encoder can stand alone, as that of Deep SVDD does.
pub trait EncoderConfig: NetworkConfig {
    /// What is built.
    type Encoder: Encoder;

    /// Builds the encoder, taking each parameter by the name it has in
    /// [`NetworkConfig::build`], from which pretrained weights are copied.
    ///
    /// # Errors
    /// If `parameters` cannot provide one.
    fn build_encoder(&self, parameters: &mut Parameters) -> Result<Self::Encoder, ModelError>;
}

/// Refuses an encoder that can map every image to the centre: one with a term that does not
/// depend on the image, or one whose codes are bounded.
///
/// Ruff et al., ICML 2018, propositions 2 and 3: with a bias in any layer, or with bounded
/// activations, the trivial solution is in reach. Both are looked for in the encoder itself, so
/// that an architecture of the user's own is held to the same. A bias, or the shift of an affine
/// BatchNorm, is a trainable vector; weights of layers have two axes at least.
pub(super) fn ensure_no_collapse(
    encoder: &impl Encoder,
    parameters: &[Parameter],
    shape: ImageShape,
    device: tch::Device,
) -> Result<(), ModelError> {
    let is_term = |p: &&Parameter| {
        p.trainable && (p.tensor.dim() < 2 || p.name.rsplit('.').next() == Some("bias"))
    };
    if let Some(term) = parameters.iter().find(is_term) {
        let reason = "does not depend on the image: a bias, or BatchNorm with weights";
        return Err(ModelError::CanCollapse { part: term.name.clone(), reason });
    }
    let [near, far] = [1e3, 1e6].map(|scale| largest_code(encoder, shape, scale, device));
    let (near, far) = (near?, far?);
    if near > 0.0 && far < 10.0 * near {
        let reason = "is bounded: images a thousand times brighter hardly move it";
        return Err(ModelError::CanCollapse { part: "the code".to_owned(), reason });
    }
    Ok(())
}

/// The largest absolute value in the codes of random images of a brightness.
fn largest_code(
    encoder: &impl Encoder,
    shape: ImageShape,
    brightness: f32,
    device: tch::Device,
) -> Result<f64, ModelError> {
    const N_IMAGES: usize = 4;
    let _no_grad = tch::no_grad_guard();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let ImageShape { channels, height, width } = shape;
    let n_values = N_IMAGES * channels * height * width;
    let values: Vec<f32> = (0..n_values).map(|_| rng.gen_range(0.0..brightness)).collect();
    let size = [N_IMAGES, channels, height, width].map(|n| n as i64);
    let images = Tensor::f_from_slice(&values)
        .and_then(|flat| flat.f_view(size))
        .and_then(|images| images.f_to_device(device))
        .during("checking an encoder")?;
    let codes = encoder.encode(&images, false)?;
    codes
        .f_abs()
        .and_then(|codes| codes.f_max())
        .and_then(|largest| largest.f_double_value(&[]))
        .during("checking an encoder")
}
