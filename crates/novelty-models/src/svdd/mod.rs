mod config;
mod encoder;
#[cfg(test)]
mod golden;
mod model;
mod networks;
mod objective;

use novelty_core::{Dataset, Fit, Images, TrainObserver, ensure_finite};

pub use config::{DeepSvddConfig, RadiusRule, SvddObjective};
pub use encoder::{Encoder, EncoderConfig};
pub use model::DeepSvdd;
use objective::Contract;

use crate::trainer::{Rows, Session};
use crate::{Autoencoder, History, ModelError, Trainer};

/// A trained hypersphere, and how it got there.
#[derive(Debug)]
pub struct TrainedDeepSvdd<C: EncoderConfig> {
    /// The model.
    pub model: DeepSvdd<C>,
    /// The second stage, epoch by epoch, with the measures `center_norm` and `radius`.
    pub history: History,
    /// The first stage, where there was one.
    pub pretraining: Option<History>,
}

impl<C: EncoderConfig> DeepSvddConfig<C> {
    /// Trains on a dataset of any size. The observer sees the first stage, then the second;
    /// where it ends the first, the second begins.
    ///
    /// # Errors
    /// If a setting is out of range, the dataset is empty, unreadable or of another image shape
    /// than the network's, the device is missing, the loss is not finite any more;
    /// [`ModelError::CanCollapse`] if the encoder has a bias, BatchNorm with weights, or bounded
    /// codes; [`ModelError::Collapsed`] if all training images have come to the same score or
    /// into the centre.
    pub fn fit_dataset<D, W>(
        &self,
        train: &D,
        observer: &mut W,
    ) -> Result<TrainedDeepSvdd<C>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        W: TrainObserver + ?Sized,
    {
        self.run(false, train, observer)
    }

    /// As [`fit_dataset`](Self::fit_dataset), going on from the training checkpoints below the
    /// folder of [`checkpoints`](Self::checkpoints); from the start if there are none yet. The
    /// weights, the centre and the radius are bit-identical to those of a run that was never
    /// interrupted.
    ///
    /// # Errors
    /// As [`fit_dataset`](Self::fit_dataset) and [`Trainer::resume`].
    pub fn resume<D, W>(
        &self,
        train: &D,
        observer: &mut W,
    ) -> Result<TrainedDeepSvdd<C>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        W: TrainObserver + ?Sized,
    {
        self.run(true, train, observer)
    }

    fn run<D, W>(
        &self,
        resume: bool,
        train: &D,
        observer: &mut W,
    ) -> Result<TrainedDeepSvdd<C>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        W: TrainObserver + ?Sized,
    {
        self.validate()?;
        let (seed, device) = (self.train.seed, self.train.device);
        let mut model = DeepSvdd::untrained(self.network.clone(), seed, device)?;
        let shape = model.image_shape();
        encoder::ensure_no_collapse(model.encoder(), model.parameters(), shape, model.device())?;
        let pretrained = self.pretrain(resume, train, observer)?;
        let pretraining = match pretrained {
            Some((autoencoder, history)) => {
                model.copy_from(autoencoder.parameters())?;
                Some(history)
            }
            None => None,
        };
        let settings = serde_json::json!({
            "kind": DeepSvdd::<C>::kind(),
            "network": self.network,
            "objective": self.objective,
            "center_epsilon": self.center_epsilon,
        });
        let folder = self.checkpoints.as_deref();
        let session = Session { config: &self.train, settings, folder, resume };
        let objective = Contract::new(model, self.objective, self.center_epsilon)?;
        let (objective, history) = session.train(objective, train, None::<&D>, observer)?;
        let model = objective.finish(train)?;
        Ok(TrainedDeepSvdd { model, history, pretraining })
    }

    /// The first stage, where there is one.
    fn pretrain<D, W>(
        &self,
        resume: bool,
        train: &D,
        observer: &mut W,
    ) -> Result<Option<(Autoencoder<C>, History)>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        W: TrainObserver + ?Sized,
    {
        let Some(config) = &self.pretraining else { return Ok(None) };
        let mut trainer = Trainer::new(self.network.clone(), config.clone());
        trainer = trainer.loss(self.pretraining_loss);
        if let Some(folder) = &self.checkpoints {
            trainer = trainer.checkpoints(folder.join("pretraining"));
        }
        let none = None::<&D>;
        let trained = if resume {
            trainer.resume(train, none, observer)?
        } else {
            trainer.fit_dataset(train, none, observer)?
        };
        Ok(Some((trained.model, trained.history)))
    }
}

impl<C: EncoderConfig> Fit<Images<'_>> for DeepSvddConfig<C> {
    type Fitted = DeepSvdd<C>;
    type Error = ModelError;

    fn fit(&self, images: Images<'_>) -> Result<DeepSvdd<C>, ModelError> {
        ensure_finite("images", &images)?;
        Ok(self.fit_dataset(&Rows(images), &mut ())?.model)
    }
}
