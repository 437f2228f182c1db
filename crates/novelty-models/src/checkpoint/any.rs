use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use novelty_core::{Embed, ImageShape, Images, Reconstruct, Score, Threshold};

use super::kind_of;
use crate::error::CheckpointProblem;
use crate::{
    Autoencoder, ConvAutoencoderConfig, CriticAutoencoderConfig, DeepSvdd,
    DenoisingAutoencoderConfig, Device, DriftAutoencoderConfig, EncoderConfig,
    FaceAutoencoderConfig, GrayAutoencoderConfig, LeNetAutoencoderConfig, MlpAutoencoderConfig,
    ModelError, NetworkConfig, StyleVaeGanConfig, VaeConfig, VaeGanConfig,
};

/// A model of any kind, as [`load_any`] finds it: it embeds, and says what else it can do.
pub trait Model: Embed<Error = ModelError> + fmt::Debug {
    /// The kind, as its checkpoint names it.
    fn kind(&self) -> String;

    /// The images it takes.
    fn image_shape(&self) -> ImageShape;

    /// Where anomalous begins, where it was decided.
    fn threshold(&self) -> Option<&Threshold>;

    /// What was done to images before they came to it, where it was written down.
    fn preprocessing(&self) -> Option<&serde_json::Value>;

    /// The model as one that redraws images, if it does.
    fn as_reconstruct(&self) -> Option<&dyn Reconstruct<Error = ModelError>> {
        None
    }

    /// The model as one that scores images by itself, if it does. What reconstructs is scored by
    /// `ReconstructionError` of `novelty-scoring`.
    fn as_score(&self) -> Option<&dyn for<'a> Score<Images<'a>, Error = ModelError>> {
        None
    }
}

impl<C: NetworkConfig> Model for Autoencoder<C> {
    fn kind(&self) -> String {
        C::KIND.to_owned()
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape()
    }

    fn threshold(&self) -> Option<&Threshold> {
        self.threshold.as_ref()
    }

    fn preprocessing(&self) -> Option<&serde_json::Value> {
        self.preprocessing.as_ref()
    }

    fn as_reconstruct(&self) -> Option<&dyn Reconstruct<Error = ModelError>> {
        Some(self)
    }
}

impl<C: EncoderConfig> Model for DeepSvdd<C> {
    fn kind(&self) -> String {
        Self::kind()
    }

    fn image_shape(&self) -> ImageShape {
        self.image_shape()
    }

    fn threshold(&self) -> Option<&Threshold> {
        self.threshold.as_ref()
    }

    fn preprocessing(&self) -> Option<&serde_json::Value> {
        self.preprocessing.as_ref()
    }

    fn as_score(&self) -> Option<&dyn for<'a> Score<Images<'a>, Error = ModelError>> {
        Some(self)
    }
}

type Loader = fn(&Path, Device) -> Result<Box<dyn Model>, ModelError>;

/// The kinds of models that can be loaded without knowing which one a folder holds.
///
/// By default every kind of this crate; add the architectures of your own.
#[derive(Clone)]
pub struct ModelRegistry {
    loaders: BTreeMap<String, Loader>,
}

impl fmt::Debug for ModelRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.loaders.keys()).finish()
    }
}

impl Default for ModelRegistry {
    fn default() -> Self {
        Self { loaders: BTreeMap::new() }
            .autoencoder::<ConvAutoencoderConfig>()
            .autoencoder::<CriticAutoencoderConfig>()
            .autoencoder::<DenoisingAutoencoderConfig>()
            .autoencoder::<DriftAutoencoderConfig>()
            .autoencoder::<FaceAutoencoderConfig>()
            .autoencoder::<GrayAutoencoderConfig>()
            .autoencoder::<LeNetAutoencoderConfig>()
            .autoencoder::<MlpAutoencoderConfig>()
            .autoencoder::<StyleVaeGanConfig>()
            .autoencoder::<VaeConfig>()
            .autoencoder::<VaeGanConfig>()
            .deep_svdd::<GrayAutoencoderConfig>()
            .deep_svdd::<LeNetAutoencoderConfig>()
    }
}

impl ModelRegistry {
    /// The kinds of this crate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the autoencoders of an architecture.
    #[must_use]
    pub fn autoencoder<C: NetworkConfig + 'static>(mut self) -> Self {
        self.loaders.insert(C::KIND.to_owned(), |folder, device| {
            Ok(Box::new(Autoencoder::<C>::load(folder, device)?))
        });
        self
    }

    /// Adds the Deep SVDD models of an architecture.
    #[must_use]
    pub fn deep_svdd<C: EncoderConfig + 'static>(mut self) -> Self {
        self.loaders.insert(DeepSvdd::<C>::kind(), |folder, device| {
            Ok(Box::new(DeepSvdd::<C>::load(folder, device)?))
        });
        self
    }

    /// Loads the model in `folder` to `device`, of whichever kind it is.
    ///
    /// # Errors
    /// [`ModelError::Checkpoint`] with [`CheckpointProblem::UnknownKind`] if the kind is not
    /// registered; else as [`Autoencoder::load`].
    pub fn load(
        &self,
        folder: impl AsRef<Path>,
        device: Device,
    ) -> Result<Box<dyn Model>, ModelError> {
        let folder = folder.as_ref();
        let kind = kind_of(folder)?;
        match self.loaders.get(&kind) {
            Some(load) => load(folder, device),
            None => Err(ModelError::Checkpoint {
                path: folder.join(super::WEIGHTS),
                problem: CheckpointProblem::UnknownKind {
                    got: kind,
                    known: self.loaders.keys().cloned().collect(),
                },
            }),
        }
    }
}

/// Loads the model in `folder` to `device`, of whichever kind of this crate it is.
///
/// ```
/// use novelty_core::{Embed, ImageShape};
/// use novelty_models::{ConvAutoencoder, ConvAutoencoderConfig, Device, load_any};
///
/// let config = ConvAutoencoderConfig::new(ImageShape::new(1, 8, 8)).filters([4]).n_features(3);
/// let folder = tempfile::tempdir()?;
/// ConvAutoencoder::untrained(config, 1, Device::Cpu)?.save(folder.path())?;
///
/// let model = load_any(folder.path(), Device::Cpu)?;
/// assert_eq!(model.kind(), "conv_autoencoder");
/// assert!(model.as_reconstruct().is_some() && model.as_score().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`ModelRegistry::load`].
pub fn load_any(folder: impl AsRef<Path>, device: Device) -> Result<Box<dyn Model>, ModelError> {
    ModelRegistry::default().load(folder, device)
}
