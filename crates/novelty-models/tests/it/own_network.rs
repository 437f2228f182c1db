//! A network of a user's own, written on `tch` and the public traits alone.

use novelty_core::{ImageShape, InputError};
use novelty_models::{
    Encoder, EncoderConfig, Init, ModelError, Network, NetworkConfig, Parameters,
};
use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

/// What is wrong with it, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    None,
    /// The code is added to a vector of weights.
    Bias,
    /// The code is bounded.
    Bounded,
    /// Training shrinks every code to nothing: the weights count for a billionth.
    Dead,
    /// Images are drawn without their axis of channels.
    Flat,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OwnConfig {
    pub(crate) n_features: usize,
    pub(crate) fault: Fault,
}

pub(crate) fn own(fault: Fault) -> OwnConfig {
    OwnConfig { n_features: 6, fault }
}

#[derive(Debug)]
pub(crate) struct OwnEncoder {
    conv: Tensor,
    mean: Tensor,
    variance: Tensor,
    code: Tensor,
    bias: Option<Tensor>,
    fault: Fault,
}

#[derive(Debug)]
pub(crate) struct OwnNetwork {
    encoder: OwnEncoder,
    back: Tensor,
}

fn torch(error: TchError) -> ModelError {
    ModelError::Torch { operation: "computing", message: error.to_string() }
}

impl OwnEncoder {
    fn forward(&self, images: &Tensor, train: bool) -> Result<Tensor, TchError> {
        let none = None::<&Tensor>;
        let x = images.f_conv2d(&self.conv, none, 1, 1, 1, 1)?;
        let (mean, variance) = (Some(&self.mean), Some(&self.variance));
        let x = Tensor::f_batch_norm(&x, none, none, mean, variance, train, 0.1, 1e-4, false)?;
        let x = x.f_leaky_relu()?.f_max_pool2d(2, 2, 0, 1, false)?.f_flatten(1, -1)?;
        let code = x.f_linear(&self.code, none)?;
        match (self.fault, &self.bias) {
            (Fault::Bounded, _) => code.f_tanh(),
            (Fault::Dead, _) => code.f_mul_scalar(1e-9),
            (_, Some(bias)) => code.f_add(bias),
            _ => Ok(code),
        }
    }
}

impl Encoder for OwnEncoder {
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.forward(images, train).map_err(torch)
    }
}

impl Network for OwnNetwork {
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.encoder.encode(images, train)
    }

    fn decode(&self, codes: &Tensor, _train: bool) -> Result<Tensor, ModelError> {
        let pixels = codes.f_linear(&self.back, None::<&Tensor>).and_then(|x| x.f_sigmoid());
        let size: &[i64] =
            if self.encoder.fault == Fault::Flat { &[-1, 8, 8] } else { &[-1, 1, 8, 8] };
        pixels.and_then(|x| x.f_view(size)).map_err(torch)
    }
}

impl NetworkConfig for OwnConfig {
    const KIND: &'static str = "own";
    type Network = OwnNetwork;

    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(1, 8, 8)
    }

    fn build(&self, parameters: &mut Parameters) -> Result<OwnNetwork, ModelError> {
        let init = Init::GlorotUniform { fan_in: self.n_features, fan_out: 64 };
        let encoder = self.build_encoder(parameters)?;
        Ok(OwnNetwork {
            encoder,
            back: parameters.trainable("decoder.back.weight", &[64, self.n_features], init)?,
        })
    }
}

impl EncoderConfig for OwnConfig {
    type Encoder = OwnEncoder;

    fn build_encoder(&self, parameters: &mut Parameters) -> Result<OwnEncoder, ModelError> {
        let init = Init::GlorotUniform { fan_in: 9, fan_out: 36 };
        let wide = Init::GlorotUniform { fan_in: 64, fan_out: self.n_features };
        let n = self.n_features;
        let (zero, one) = (Init::Constant(0.0), Init::Constant(1.0));
        Ok(OwnEncoder {
            conv: parameters.trainable("encoder.conv.weight", &[4, 1, 3, 3], init)?,
            mean: parameters.buffer("encoder.norm.running_mean", &[4], zero)?,
            variance: parameters.buffer("encoder.norm.running_var", &[4], one)?,
            code: parameters.trainable("encoder.code.weight", &[n, 64], wide)?,
            bias: match self.fault {
                Fault::Bias => Some(parameters.trainable("encoder.code.tilt", &[n], zero)?),
                _ => None,
            },
            fault: self.fault,
        })
    }
}
