use tch::{Kind, TchError, Tensor};

use super::StyleVaeGanConfig;
use crate::error::TorchContext;
use crate::layers::part_size;
use crate::vae::Distribution;
use crate::vae_gan::network::Discriminator;
use crate::{Init, Likelihood, ModelError, Network, Parameters, Sequential};

/// The layers of a [`StyleVaeGan`](crate::StyleVaeGan).
#[derive(Debug)]
pub struct StyleVaeGanNetwork {
    trunk: Sequential,
    mean: Sequential,
    log_variance: Sequential,
    style: Sequential,
    /// The style code that stands for each style, `(n_styles, n_style_features)`.
    prototypes: Tensor,
    decoder: Sequential,
    discriminator: Discriminator,
    likelihood: Likelihood,
}

/// What a batch is taken for.
#[derive(Debug)]
pub(super) struct Split {
    pub(super) content: Distribution,
    pub(super) style: Tensor,
}

impl StyleVaeGanNetwork {
    pub(super) fn build(
        config: &StyleVaeGanConfig,
        parameters: &mut Parameters,
    ) -> Result<Self, ModelError> {
        let StyleVaeGanConfig { base, n_styles, n_style_features } = config;
        let trunk = base.trunk().build(parameters, "encoder")?;
        let mut head = |name, length| base.head(name, length)?.build(parameters, "encoder");
        let mean = head("mean", base.n_features)?;
        let log_variance = head("log_variance", base.n_features)?;
        let style = head("style", *n_style_features)?;
        let size = [*n_styles, *n_style_features];
        let prototypes =
            parameters.trainable("encoder.prototypes.weight", &size, Init::Normal { std: 1.0 })?;
        Ok(Self {
            trunk,
            mean,
            log_variance,
            style,
            prototypes,
            decoder: base
                .decoder(base.n_features + n_style_features)
                .build(parameters, "decoder")?,
            discriminator: Discriminator::build(base, parameters)?,
            likelihood: base.likelihood,
        })
    }

    pub(super) fn split(&self, images: &Tensor, train: bool) -> Result<Split, ModelError> {
        let trunk = self.trunk.forward(images, train)?;
        let mean = self.mean.forward(&trunk, train)?;
        let log_variance = self.log_variance.forward(&trunk, train)?;
        let style = self.style.forward(&trunk, train)?;
        Ok(Split { content: Distribution { mean, log_variance }, style })
    }

    /// Images of contents and styles, row by row.
    pub(super) fn compose(
        &self,
        contents: &Tensor,
        styles: &Tensor,
        train: bool,
    ) -> Result<Tensor, ModelError> {
        let codes = Tensor::f_cat(&[contents, styles], 1).during("joining codes")?;
        self.decoder.forward(&codes, train)
    }

    /// The prototypes of styles, `(n, n_style_features)`.
    pub(super) fn prototypes_of(&self, styles: &Tensor) -> Result<Tensor, ModelError> {
        self.prototypes.f_index_select(0, styles).during("looking styles up")
    }

    /// The negative squared distance of each style code from each prototype.
    pub(super) fn style_logits(&self, codes: &Tensor) -> Result<Tensor, ModelError> {
        let logits = || -> Result<Tensor, TchError> {
            let far = codes.f_unsqueeze(1)?.f_sub(&self.prototypes.f_unsqueeze(0)?)?;
            let squares = far.f_square()?;
            squares.f_sum_dim_intlist([2_i64].as_slice(), false, Kind::Float)?.f_neg()
        };
        logits().during("comparing styles")
    }

    pub(super) fn discriminator(&self) -> &Discriminator {
        &self.discriminator
    }

    pub(super) fn likelihood(&self) -> Likelihood {
        self.likelihood
    }
}

impl Network for StyleVaeGanNetwork {
    /// The mean of each image's content, then its style code.
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        let trunk = self.trunk.forward(images, train)?;
        let parts = [self.mean.forward(&trunk, train)?, self.style.forward(&trunk, train)?];
        Tensor::f_cat(&parts, 1).during("joining codes")
    }

    fn decode(&self, codes: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.decoder.forward(codes, train)
    }

    fn prepared(&self) -> Result<Option<Self>, ModelError> {
        Ok(Some(Self {
            trunk: self.trunk.prepared()?,
            mean: self.mean.prepared()?,
            log_variance: self.log_variance.prepared()?,
            style: self.style.prepared()?,
            prototypes: self.prototypes.f_detach().during("preparing the layers")?,
            decoder: self.decoder.prepared()?,
            discriminator: self.discriminator.prepared()?,
            likelihood: self.likelihood,
        }))
    }

    fn inference_batch(&self) -> usize {
        part_size([&self.trunk, &self.decoder])
    }
}
