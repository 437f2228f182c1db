use std::path::PathBuf;

use novelty_core::{Dataset, InputError, TrainObserver};
use serde::{Deserialize, Serialize};

use super::objective::Separate;
use super::pairs::Pairs;
use super::{StyleVaeGan, StyleVaeGanConfig};
use crate::settings::not_negative;
use crate::trainer::Session;
use crate::{ModelError, TrainConfig, Trained, VaeGanWeights};

/// How much each part of a [`StyleVaeGan`]'s loss counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StyleWeights {
    /// Of `-log p(clean image | content, clean style)`, at least 0. Default 1.
    pub rerendering: f64,
    /// Of naming the style, at least 0. Default 10.
    pub style: f64,
    /// Of the squared distance between the contents of an image in two styles, at least 0.
    /// Default 1.
    pub content: f64,
    /// What it has in common with [`VaeGan`](crate::VaeGan): `pixel`, `adversarial`,
    /// `discriminator_rate` and `label_smoothing` are used.
    pub adversary: VaeGanWeights,
}

impl Default for StyleWeights {
    fn default() -> Self {
        let adversary = VaeGanWeights::default();
        Self { rerendering: 1.0, style: 10.0, content: 1.0, adversary }
    }
}

impl StyleWeights {
    fn validate(self) -> Result<(), InputError> {
        not_negative("rerendering", self.rerendering)?;
        not_negative("style", self.style)?;
        not_negative("content", self.content)?;
        self.adversary.validate()
    }
}

/// Trains a [`StyleVaeGan`] on the same images in several styles.
///
/// The history logs, as means over images, `reconstruction`, `rerendering`, `prior`, `style`
/// (the cross-entropy of naming it), `content`, `adversarial` and `image_discriminator`.
///
/// ```
/// use ndarray::Array4;
/// use novelty_core::{Assign, Dataset, ImageShape, InputError, Sample};
/// use novelty_models::{Device, StyleVaeGanConfig, StyleVaeGanTrainer, TrainConfig};
///
/// struct Brighter(f32);
/// impl Dataset for Brighter {
///     type Error = InputError;
///     fn len(&self) -> usize {
///         12
///     }
///     fn image_shape(&self) -> ImageShape {
///         ImageShape::new(1, 8, 8)
///     }
///     fn get(&self, n: usize) -> Result<Sample, InputError> {
///         let shade = |(_, y, x)| self.0 + 0.1 * ((n + x * y) % 5) as f32;
///         Ok(Sample::new(ndarray::Array3::from_shape_fn((1, 8, 8), shade)))
///     }
/// }
///
/// let config = TrainConfig::new().epochs(1).batch_size(8).device(Device::Cpu);
/// let network = StyleVaeGanConfig::new(ImageShape::new(1, 8, 8), 2);
/// let trainer = StyleVaeGanTrainer::new(network, config);
/// let model = trainer.fit_styles(&[&Brighter(0.0), &Brighter(0.5)], &mut ())?.model;
///
/// let images = Array4::from_elem((3, 1, 8, 8), 0.7);
/// assert_eq!(model.rerender(images.view(), 0)?.dim(), images.dim());
/// assert!(model.assign(images.view())?.iter().all(|style| *style < Some(2)));
/// # Ok::<(), novelty_models::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StyleVaeGanTrainer {
    network: StyleVaeGanConfig,
    config: TrainConfig,
    weights: StyleWeights,
    folder: Option<PathBuf>,
}

impl StyleVaeGanTrainer {
    /// A trainer of one network with one set of settings.
    #[must_use]
    pub fn new(network: StyleVaeGanConfig, config: TrainConfig) -> Self {
        Self { network, config, weights: StyleWeights::default(), folder: None }
    }

    /// Sets how much each part of the loss counts.
    #[must_use]
    pub fn weights(mut self, weights: StyleWeights) -> Self {
        self.weights = weights;
        self
    }

    /// Writes training checkpoints to `folder`, as [`Trainer`](crate::Trainer)'s.
    #[must_use]
    pub fn checkpoints(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Trains on the same images, in the same order, in each style; the first is the clean one.
    /// The styles' numbers are their places in `styles`.
    ///
    /// # Errors
    /// As [`Trainer::fit_dataset`](crate::Trainer::fit_dataset); and if there is not one dataset
    /// a style, or one has another number of images, or images of another shape.
    pub fn fit_styles<D, O>(
        &self,
        styles: &[&D],
        observer: &mut O,
    ) -> Result<Trained<StyleVaeGanConfig>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        D::Error: 'static,
        O: TrainObserver + ?Sized,
    {
        self.run(false, styles, observer)
    }

    /// As [`fit_styles`](Self::fit_styles), going on from the training checkpoint in the folder
    /// of [`checkpoints`](Self::checkpoints), to the same bits; from the start if there is none
    /// yet.
    ///
    /// # Errors
    /// As [`Trainer::resume`](crate::Trainer::resume).
    pub fn resume_styles<D, O>(
        &self,
        styles: &[&D],
        observer: &mut O,
    ) -> Result<Trained<StyleVaeGanConfig>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        D::Error: 'static,
        O: TrainObserver + ?Sized,
    {
        self.run(true, styles, observer)
    }

    fn run<D, O>(
        &self,
        resume: bool,
        styles: &[&D],
        observer: &mut O,
    ) -> Result<Trained<StyleVaeGanConfig>, ModelError>
    where
        D: Dataset + Sync + ?Sized,
        D::Error: 'static,
        O: TrainObserver + ?Sized,
    {
        self.config.validate()?;
        self.weights.validate()?;
        let pairs = Pairs::new(styles, self.network.n_styles)?;
        let (seed, device) = (self.config.seed, self.config.device);
        let model = StyleVaeGan::untrained(self.network.clone(), seed, device)?;
        let settings =
            serde_json::json!({ "style_vae_gan": self.network, "weights": self.weights });
        let folder = self.folder.as_deref();
        let session = Session { config: &self.config, settings, folder, resume };
        let separate = Separate { model, weights: self.weights };
        let none = None::<&Pairs<'_, D>>;
        let (separate, history) = session.train(separate, &pairs, none, observer)?;
        Ok(Trained { model: separate.model, history })
    }
}
