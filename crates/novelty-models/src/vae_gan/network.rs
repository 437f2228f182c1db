use tch::{Kind, TchError, Tensor};

use super::{Prior, VaeGanConfig};
use crate::error::TorchContext;
use crate::layers::part_size;
use crate::score_scale::ScoreScale;
use crate::vae::{Distribution, Parts, negative_log_likelihood};
use crate::{Likelihood, ModelError, Network, Parameters, Sequential};

/// The layers of a [`VaeGan`](crate::VaeGan).
#[derive(Debug)]
pub struct VaeGanNetwork {
    trunk: Sequential,
    mean: Sequential,
    log_variance: Option<Sequential>,
    decoder: Sequential,
    discriminator: Discriminator,
    latent_discriminator: Option<Sequential>,
    likelihood: Likelihood,
    scale: ScoreScale,
}

/// Tells real images from made ones.
#[derive(Debug)]
pub(crate) struct Discriminator {
    convolutions: Sequential,
    verdict: Sequential,
}

/// What a discriminator sees in a batch.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The last map of its convolutions, `(n, values)`.
    pub(crate) features: Tensor,
    /// Above 0 where it takes an image for real, `(n, 1)`.
    pub(crate) logits: Tensor,
}

impl Discriminator {
    pub(crate) fn build(
        config: &VaeGanConfig,
        parameters: &mut Parameters,
    ) -> Result<Self, ModelError> {
        const PREFIX: &str = "image_discriminator";
        Ok(Self {
            convolutions: config.convolutions().build(parameters, PREFIX)?,
            verdict: config.verdict()?.build(parameters, PREFIX)?,
        })
    }

    pub(crate) fn look(&self, images: &Tensor, train: bool) -> Result<Seen, ModelError> {
        let maps = self.convolutions.forward(images, train)?;
        let features = maps.f_flatten(1, -1).during("flattening features")?;
        Ok(Seen { features, logits: self.verdict.forward(&maps, train)? })
    }

    pub(crate) fn prepared(&self) -> Result<Self, ModelError> {
        let (convolutions, verdict) = (self.convolutions.prepared()?, self.verdict.prepared()?);
        Ok(Self { convolutions, verdict })
    }
}

impl VaeGanNetwork {
    pub(super) fn build(
        config: &VaeGanConfig,
        parameters: &mut Parameters,
    ) -> Result<Self, ModelError> {
        let n = config.n_features;
        let has_distribution = config.prior == Prior::Divergence;
        let trunk = config.trunk().build(parameters, "encoder")?;
        let mut head = |name| config.head(name, n)?.build(parameters, "encoder");
        let mean = head("mean")?;
        let log_variance = has_distribution.then(|| head("log_variance")).transpose()?;
        let latent = config.latent_discriminator();
        Ok(Self {
            trunk,
            mean,
            log_variance,
            decoder: config.decoder(n).build(parameters, "decoder")?,
            discriminator: Discriminator::build(config, parameters)?,
            latent_discriminator: (!has_distribution)
                .then(|| latent.build(parameters, "latent_discriminator"))
                .transpose()?,
            likelihood: config.likelihood,
            scale: ScoreScale::build(parameters, if has_distribution { 4 } else { 3 })?,
        })
    }

    pub(super) fn scale(&self) -> &ScoreScale {
        &self.scale
    }

    /// The distribution of codes; with an adversarial prior only its mean is known.
    pub(super) fn encoded(
        &self,
        images: &Tensor,
        train: bool,
    ) -> Result<(Tensor, Option<Tensor>), ModelError> {
        let trunk = self.trunk.forward(images, train)?;
        let mean = self.mean.forward(&trunk, train)?;
        let log_variance = self.log_variance.as_ref().map(|head| head.forward(&trunk, train));
        Ok((mean, log_variance.transpose()?))
    }

    pub(super) fn discriminator(&self) -> &Discriminator {
        &self.discriminator
    }

    /// Above 0 where codes are taken for draws from the prior.
    pub(super) fn latent_logits(&self, codes: &Tensor) -> Result<Option<Tensor>, ModelError> {
        let latent = self.latent_discriminator.as_ref();
        latent.map(|latent| latent.forward(codes, true)).transpose()
    }

    /// `-log p(x | z)` of each image.
    pub(super) fn reconstruction(
        &self,
        output: &Tensor,
        images: &Tensor,
    ) -> Result<Tensor, ModelError> {
        negative_log_likelihood(self.likelihood, output, images)
    }

    /// The parts of a variational bound where codes have a distribution.
    pub(super) fn parts(
        &self,
        mean: Tensor,
        log_variance: Option<Tensor>,
        reconstruction: Tensor,
    ) -> Result<Parts, ModelError> {
        let divergence = match log_variance {
            Some(log_variance) => Distribution { mean, log_variance }.divergence()?,
            None => reconstruction.f_zeros_like().during("computing the divergence")?,
        };
        Ok(Parts { reconstruction, divergence })
    }
}

/// How far the features of drawn images are from those of their originals: the squared distance
/// as a share of the original's squared length, `(n)`. A discriminator can enlarge its features,
/// and with a share gains nothing by it.
pub(crate) fn feature_error(drawn: &Tensor, original: &Tensor) -> Result<Tensor, ModelError> {
    let square = |x: &Tensor| x.f_square()?.f_sum_dim_intlist([1_i64].as_slice(), false, FLOAT);
    let share = || -> Result<Tensor, TchError> {
        let length = square(original)?.f_add_scalar(1e-12)?;
        square(&drawn.f_sub(original)?)?.f_div(&length)
    };
    share().during("comparing features")
}

const FLOAT: Kind = Kind::Float;

impl Network for VaeGanNetwork {
    /// The mean of each image's codes.
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.mean.forward(&self.trunk.forward(images, train)?, train)
    }

    fn decode(&self, codes: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.decoder.forward(codes, train)
    }

    fn prepared(&self) -> Result<Option<Self>, ModelError> {
        let prepared =
            |layers: &Option<Sequential>| layers.as_ref().map(Sequential::prepared).transpose();
        Ok(Some(Self {
            trunk: self.trunk.prepared()?,
            mean: self.mean.prepared()?,
            log_variance: prepared(&self.log_variance)?,
            decoder: self.decoder.prepared()?,
            discriminator: self.discriminator.prepared()?,
            latent_discriminator: prepared(&self.latent_discriminator)?,
            likelihood: self.likelihood,
            scale: self.scale.prepared()?,
        }))
    }

    fn inference_batch(&self) -> usize {
        part_size([&self.trunk, &self.decoder])
    }

    fn is_channels_last(&self) -> bool {
        self.trunk.starts_with_convolution()
    }
}
