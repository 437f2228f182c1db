use tch::{Kind, TchError, Tensor};

use super::{Likelihood, VaeConfig};
use crate::error::TorchContext;
use crate::layers::part_size;
use crate::{ModelError, Network, Parameters, Sequential};

/// The layers of a [`Vae`](crate::Vae).
#[derive(Debug)]
pub struct VaeNetwork {
    trunk: Sequential,
    mean: Sequential,
    log_variance: Sequential,
    decoder: Sequential,
    likelihood: Likelihood,
    beta: f64,
}

/// The distribution of the codes of a batch, both `(n, n_features)`.
#[derive(Debug)]
pub(crate) struct Distribution {
    pub(crate) mean: Tensor,
    pub(crate) log_variance: Tensor,
}

/// The parts of the loss, an image: both `(n)`.
#[derive(Debug)]
pub(crate) struct Parts {
    /// `-log p(x | z)`.
    pub(crate) reconstruction: Tensor,
    /// `KL(q(z | x) || N(0, 1))`.
    pub(crate) divergence: Tensor,
}

impl Distribution {
    /// `mu + sigma * noise`.
    pub(crate) fn draw(&self, noise: &Tensor) -> Result<Tensor, ModelError> {
        let draw = || self.log_variance.f_div_scalar(2.0)?.f_exp()?.f_mul(noise)?.f_add(&self.mean);
        draw().during("drawing codes")
    }

    /// `-1/2 sum(1 + log sigma^2 - mu^2 - sigma^2)` of each image.
    pub(crate) fn divergence(&self) -> Result<Tensor, ModelError> {
        let divergence = || {
            let variance = self.log_variance.f_exp()?;
            let inside = self.mean.f_square()?.f_add(&variance)?.f_sub(&self.log_variance)?;
            sum_each(&inside.f_sub_scalar(1.0)?)?.f_div_scalar(2.0)
        };
        divergence().during("computing the divergence")
    }
}

impl VaeNetwork {
    pub(super) fn build(
        config: &VaeConfig,
        parameters: &mut Parameters,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            trunk: config.trunk().build(parameters, "encoder")?,
            mean: config.head("mean").build(parameters, "encoder")?,
            log_variance: config.head("log_variance").build(parameters, "encoder")?,
            decoder: config.decoder().build(parameters, "decoder")?,
            likelihood: config.likelihood,
            beta: config.beta,
        })
    }

    /// What comes before the distribution.
    pub(super) fn trunk(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.trunk.forward(images, train)
    }

    pub(super) fn distribution(
        &self,
        images: &Tensor,
        train: bool,
    ) -> Result<Distribution, ModelError> {
        let trunk = self.trunk(images, train)?;
        Ok(Distribution {
            mean: self.mean.forward(&trunk, train)?,
            log_variance: self.log_variance.forward(&trunk, train)?,
        })
    }

    /// `-log p(x | z)` of each image.
    pub(super) fn reconstruction(
        &self,
        output: &Tensor,
        images: &Tensor,
    ) -> Result<Tensor, ModelError> {
        negative_log_likelihood(self.likelihood, output, images)
    }

    /// The parts of the loss with the noise given.
    pub(super) fn parts(
        &self,
        images: &Tensor,
        noise: &Tensor,
        train: bool,
    ) -> Result<Parts, ModelError> {
        let distribution = self.distribution(images, train)?;
        let output = self.decoder.forward(&distribution.draw(noise)?, train)?;
        let reconstruction = self.reconstruction(&output, images)?;
        Ok(Parts { reconstruction, divergence: distribution.divergence()? })
    }

    /// `reconstruction + beta * divergence` of each image.
    pub(super) fn total(&self, parts: &Parts) -> Result<Tensor, ModelError> {
        parts
            .divergence
            .f_mul_scalar(self.beta)
            .and_then(|divergence| divergence.f_add(&parts.reconstruction))
            .during("computing the loss")
    }
}

/// `-log p(x | z)` of each image, given what was drawn of its code.
pub(crate) fn negative_log_likelihood(
    likelihood: Likelihood,
    output: &Tensor,
    images: &Tensor,
) -> Result<Tensor, ModelError> {
    let error = || {
        let error = match likelihood {
            Likelihood::Bernoulli => {
                output.f_binary_cross_entropy(images, None::<&Tensor>, tch::Reduction::None)?
            }
            Likelihood::Gaussian => output.f_sub(images)?.f_square()?.f_div_scalar(2.0)?,
        };
        sum_each(&error)
    };
    error().during("computing the reconstruction's likelihood")
}

/// The sum of all values of each sample.
fn sum_each(values: &Tensor) -> Result<Tensor, TchError> {
    values.f_flatten(1, -1)?.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)
}

impl Network for VaeNetwork {
    /// The mean of each image's codes.
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.mean.forward(&self.trunk(images, train)?, train)
    }

    fn decode(&self, codes: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.decoder.forward(codes, train)
    }

    fn prepared(&self) -> Result<Option<Self>, ModelError> {
        Ok(Some(Self {
            trunk: self.trunk.prepared()?,
            mean: self.mean.prepared()?,
            log_variance: self.log_variance.prepared()?,
            decoder: self.decoder.prepared()?,
            likelihood: self.likelihood,
            beta: self.beta,
        }))
    }

    fn inference_batch(&self) -> usize {
        part_size([&self.trunk, &self.decoder])
    }

    fn is_channels_last(&self) -> bool {
        self.trunk.starts_with_convolution()
    }
}
