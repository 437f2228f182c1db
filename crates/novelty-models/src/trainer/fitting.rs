//! What every trainer of an autoencoder can do, written once.

/// Gives a trainer `checkpoints`, `fit_dataset`, `resume` and [`Fit`](novelty_core::Fit).
///
/// The trainer has a field `folder`, and a method `run(resume, train, validation, observer)`
/// that returns `$trained`, from whose field `model` the fitted model is taken.
macro_rules! fits_datasets {
    ($trainer:ty, $trained:ty, $model:ty $(, $parameter:ident: $bound:path)?) => {
        impl$(<$parameter: $bound>)? $trainer {
            /// Writes a training checkpoint, `training.safetensors`, to `folder` every
            /// [`checkpoint_every`](crate::TrainConfig::checkpoint_every) epochs, in place of the
            /// one before.
            #[must_use]
            pub fn checkpoints(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
                self.folder = Some(folder.into());
                self
            }

            /// Trains on a dataset of any size, measuring the loss on `validation` after every
            /// epoch.
            ///
            /// Without validation data pass `None::<&D>`; the kept weights are then those of the
            /// last epoch.
            ///
            /// # Errors
            /// If a setting is out of range, a dataset is empty, unreadable or of another image
            /// shape than the network's, the device is missing, the loss is not finite any more,
            /// or a training checkpoint cannot be written.
            pub fn fit_dataset<D, V, O>(
                &self,
                train: &D,
                validation: Option<&V>,
                observer: &mut O,
            ) -> Result<$trained, crate::ModelError>
            where
                D: novelty_core::Dataset + Sync + ?Sized,
                V: novelty_core::Dataset + Sync + ?Sized,
                O: novelty_core::TrainObserver + ?Sized,
            {
                self.run(false, train, validation, observer)
            }

            /// As [`fit_dataset`](Self::fit_dataset), going on from the training checkpoint in
            /// the folder of [`checkpoints`](Self::checkpoints); from the start if there is none
            /// yet.
            ///
            /// The weights are bit-identical to those of a run that was never interrupted, with
            /// the same data, settings and number of threads. `epochs` may have grown, unless the
            /// schedule depends on it.
            ///
            /// # Errors
            /// As [`fit_dataset`](Self::fit_dataset);
            /// [`ModelError::Checkpoint`](crate::ModelError::Checkpoint) if the checkpoint is
            /// damaged, or of a run with another network, other settings or another number of
            /// samples.
            pub fn resume<D, V, O>(
                &self,
                train: &D,
                validation: Option<&V>,
                observer: &mut O,
            ) -> Result<$trained, crate::ModelError>
            where
                D: novelty_core::Dataset + Sync + ?Sized,
                V: novelty_core::Dataset + Sync + ?Sized,
                O: novelty_core::TrainObserver + ?Sized,
            {
                self.run(true, train, validation, observer)
            }
        }

        impl$(<$parameter: $bound>)? novelty_core::Fit<novelty_core::Images<'_>> for $trainer {
            type Fitted = $model;
            type Error = crate::ModelError;

            fn fit(&self, images: novelty_core::Images<'_>) -> Result<$model, crate::ModelError> {
                use crate::trainer::Rows;
                novelty_core::ensure_finite("images", &images)?;
                let trained = self.fit_dataset(&Rows(images), None::<&Rows<'_>>, &mut ())?;
                Ok(trained.model)
            }
        }
    };
}

pub(crate) use fits_datasets;
