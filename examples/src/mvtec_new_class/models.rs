//! The three networks of the notebook and the cheap model beside them, behind one face.

use std::rc::Rc;
use std::time::Instant;

use ndarray::{Array1, Array2, Array4, Axis};
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Embed, Fit, ImageShape, Images, Reconstruct, Score};
use novelty_data::InMemoryDataset;
use novelty_models::{
    AdamConfig, Device, DriftAutoencoder, DriftAutoencoderConfig, DriftDecoder, History,
    PlateauConfig, Schedule, TrainConfig, Trainer, Vae, VaeConfig, VaeLayers, VaeTrainer,
};
use novelty_scoring::ReconstructionError;

use crate::EpochBar;

/// What learns the first kind of part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learner {
    /// Principal components, as many as the big network's code is long.
    Components,
    /// The autoencoder with a code of 8.
    Small,
    /// The autoencoder with a code of 32.
    Big,
    /// The variational autoencoder with a code of 32.
    Vae,
}

impl Learner {
    /// All of them, the cheap one first.
    pub const ALL: [Self; 4] = [Self::Components, Self::Small, Self::Big, Self::Vae];

    /// Its name in `metrics.json`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Components => "pca",
            Self::Small => "small",
            Self::Big => "big",
            Self::Vae => "vae",
        }
    }
}

/// How the networks are trained.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// Passes over the images.
    pub epochs: usize,
    /// How images are made of codes.
    pub decoder: DriftDecoder,
    /// Where to compute.
    pub device: Device,
    /// Seed of everything random.
    pub seed: u64,
}

impl Training {
    /// The notebook's: Adam at 1e-3 with weight decay, batches of 16, the rate cut when the
    /// training loss stands still.
    fn config(self) -> TrainConfig {
        TrainConfig::new()
            .epochs(self.epochs)
            .batch_size(16)
            .learning_rate(1e-3)
            .optimizer(AdamConfig::default().weight_decay(1e-5))
            .schedule(Schedule::Plateau(PlateauConfig::default()))
            .seed(self.seed)
            .device(self.device)
    }
}

/// A fitted model, whatever it is.
#[derive(Debug, Clone)]
enum Model {
    Components(Rc<ImagePca>),
    Network(Rc<DriftAutoencoder>),
    Vae(Rc<Vae>),
}

/// A fitted [`Learner`].
#[derive(Debug, Clone)]
pub struct Learned {
    /// Which it is.
    pub learner: Learner,
    /// Trainable numbers.
    pub n_parameters: usize,
    /// The losses of its training; none for principal components.
    pub history: Option<History>,
    /// Seconds to learn.
    pub seconds: f64,
    model: Model,
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Why a model failed.
#[derive(Debug)]
pub struct ModelFailed(AnyError);

impl std::fmt::Display for ModelFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a model failed: {}", self.0)
    }
}

impl std::error::Error for ModelFailed {}

fn failed(error: impl Into<AnyError>) -> ModelFailed {
    ModelFailed(error.into())
}

impl Learned {
    /// Learns from good images.
    ///
    /// # Errors
    /// If training fails.
    pub fn new(learner: Learner, images: Images<'_>, training: Training) -> anyhow::Result<Self> {
        let start = Instant::now();
        let (n, channels, height, width) = images.dim();
        let shape = ImageShape { channels, height, width };
        let dataset = InMemoryDataset::new(images.to_owned())?;
        let (none, mut bar) = (None::<&InMemoryDataset>, EpochBar::new());
        let (model, n_parameters, history) = match learner {
            Learner::Components => {
                let components = 32.min(n.saturating_sub(1)).max(1);
                let pca: ImagePca = PcaConfig::new(components).fit(images)?;
                let n_parameters = (components + 1) * channels * height * width;
                (Model::Components(Rc::new(pca)), n_parameters, None)
            }
            Learner::Small | Learner::Big => {
                let n_features = if learner == Learner::Small { 8 } else { 32 };
                let network = DriftAutoencoderConfig::new(shape)
                    .n_features(n_features)
                    .decoder(training.decoder);
                let trainer = Trainer::new(network, training.config());
                let trained = trainer.fit_dataset(&dataset, none, &mut bar)?;
                let n_parameters = trained.model.n_parameters();
                (Model::Network(Rc::new(trained.model)), n_parameters, Some(trained.history))
            }
            Learner::Vae => {
                let layers = VaeLayers::Conv { trunk: 512, decoder: training.decoder };
                let network = VaeConfig::new(shape).layers(layers);
                let trainer = VaeTrainer::new(network, training.config());
                let trained = trainer.fit_dataset(&dataset, none, &mut bar)?;
                let n_parameters = trained.model.n_parameters();
                (Model::Vae(Rc::new(trained.model)), n_parameters, Some(trained.history))
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        Ok(Self { learner, n_parameters, history, seconds, model })
    }

    /// The mean squared error of each image.
    ///
    /// # Errors
    /// If the images are of another size.
    pub fn errors(&self, images: Images<'_>) -> anyhow::Result<Vec<f32>> {
        Ok(ReconstructionError::mse(self).score(images)?.to_vec())
    }
}

impl Reconstruct for Learned {
    type Error = ModelFailed;

    fn reconstruct(&self, images: Images<'_>) -> Result<Array4<f32>, ModelFailed> {
        match &self.model {
            Model::Components(model) => model.reconstruct(images).map_err(failed),
            Model::Network(model) => model.reconstruct(images).map_err(failed),
            Model::Vae(model) => model.reconstruct(images).map_err(failed),
        }
    }
}

/// Codes; of the variational one, the vector before them, as the notebook has it.
impl Embed for Learned {
    type Error = ModelFailed;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, ModelFailed> {
        match &self.model {
            Model::Components(model) => model.embed(images).map_err(failed),
            Model::Network(model) => model.embed(images).map_err(failed),
            Model::Vae(model) => model.trunk_features(images).map_err(failed),
        }
    }
}

/// How badly a model of one kind redraws an image: what the monitor asks.
#[derive(Debug, Clone)]
pub struct Explains(Learned);

impl Explains {
    /// By a model.
    #[must_use]
    pub fn by(model: Learned) -> Self {
        Self(model)
    }
}

impl Score<Images<'_>> for Explains {
    type Error = novelty_scoring::ScoringError<ModelFailed>;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, Self::Error> {
        ReconstructionError::mse(&self.0).score(images)
    }
}

/// Learns a kind of part that has just arrived: principal components need few images and no time.
#[derive(Debug, Clone, Copy)]
pub struct QuickLearner;

/// Components of a kind that has just arrived.
const QUICK: usize = 6;

impl Fit<Images<'_>> for QuickLearner {
    type Fitted = Explains;
    type Error = novelty_cluster::ClusterError;

    fn fit(&self, images: Images<'_>) -> Result<Explains, Self::Error> {
        let n_components = QUICK.min(images.len_of(Axis(0)).saturating_sub(1)).max(1);
        let pca: ImagePca = PcaConfig::new(n_components).fit(images)?;
        let n_parameters = (n_components + 1) * images.len() / images.len_of(Axis(0)).max(1);
        let (learner, model) = (Learner::Components, Model::Components(Rc::new(pca)));
        Ok(Explains(Learned { learner, n_parameters, history: None, seconds: 0.0, model }))
    }
}
