use tch::{Kind, TchError, Tensor};

use super::CriticAutoencoderConfig;
use crate::error::TorchContext;
use crate::score_scale::ScoreScale;
use crate::{EncoderDecoder, ModelError, Network, Parameters, Sequential};

/// The layers of a [`CriticAutoencoder`](crate::CriticAutoencoder).
#[derive(Debug)]
pub struct CriticNetwork {
    redrawer: EncoderDecoder,
    critic: Sequential,
    scale: ScoreScale,
}

/// How far images are from their reconstructions, and what the critic thinks of both; `(n)`.
#[derive(Debug)]
pub(super) struct Opinion {
    /// Root of the mean squared error.
    pub(super) distance: Tensor,
    /// Above 0 where it takes an image for an anomaly.
    pub(super) logit: Tensor,
}

impl CriticNetwork {
    pub(super) fn build(
        config: &CriticAutoencoderConfig,
        parameters: &mut Parameters,
    ) -> Result<Self, ModelError> {
        let (encoder, decoder) = (config.redrawer.encoder(), config.redrawer.decoder());
        Ok(Self {
            redrawer: EncoderDecoder::build(&encoder, &decoder, parameters)?,
            critic: config.critic().build(parameters, "critic")?,
            scale: ScoreScale::build(parameters, 2)?,
        })
    }

    /// What the critic thinks of images beside their reconstructions: logits, `(n)`.
    pub(super) fn judge(&self, images: &Tensor, redrawn: &Tensor) -> Result<Tensor, ModelError> {
        let pairs = || -> Result<Tensor, TchError> {
            let lost = images.f_sub(redrawn)?.f_abs()?.f_mul_scalar(2.0)?;
            Tensor::f_cat(&[&images.f_mul_scalar(2.0)?.f_sub_scalar(1.0)?, &lost], 1)
        };
        let logits = self.critic.forward(&pairs().during("pairing images")?, true)?;
        logits.f_squeeze_dim(1).during("judging images")
    }

    /// Both scores in evaluation mode.
    pub(super) fn opinion(&self, images: &Tensor) -> Result<Opinion, ModelError> {
        let redrawn = self.decode(&self.encode(images, false)?, false)?;
        let distance = || -> Result<Tensor, TchError> {
            let squares = images.f_sub(&redrawn)?.f_square()?.f_flatten(1, -1)?;
            squares.f_mean_dim([1_i64].as_slice(), false, Kind::Float)?.f_sqrt()
        };
        let distance = distance().during("comparing images")?;
        Ok(Opinion { distance, logit: self.judge(images, &redrawn)? })
    }

    /// Both scores, scaled and added.
    pub(super) fn combined(&self, opinion: &Opinion) -> Result<Tensor, ModelError> {
        self.scale.sum(&[&opinion.distance, &opinion.logit])
    }

    pub(super) fn scale(&self) -> &ScoreScale {
        &self.scale
    }
}

impl Network for CriticNetwork {
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.redrawer.encode(images, train)
    }

    fn decode(&self, codes: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.redrawer.decode(codes, train)
    }

    fn prepared(&self) -> Result<Option<Self>, ModelError> {
        let Some(redrawer) = self.redrawer.prepared()? else { return Ok(None) };
        Ok(Some(Self { redrawer, critic: self.critic.prepared()?, scale: self.scale.prepared()? }))
    }

    fn inference_batch(&self) -> usize {
        self.redrawer.inference_batch()
    }
}
