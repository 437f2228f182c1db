//! Networks of `tch`'s own modules take the road of all others.

use novelty_core::{Embed, Fit, ImageShape, InputError, Reconstruct, Score, check_scorer};
use novelty_models::{
    Autoencoder, DeepSvdd, DeepSvddConfig, Device, EncoderConfig, ModelError, ModuleEncoder,
    ModulePair, NetworkConfig, Parameters, Trainer,
};
use novelty_scoring::ReconstructionError;
use serde::{Deserialize, Serialize};
use tch::nn::{self, LinearConfig, Path, SequentialT};

use crate::pictures::{Images, bars, config};

const NONE: Option<&Images> = None;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Fault {
    None,
    /// Two layers of one path.
    Twins,
    /// A layer that expects another width.
    Wide,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Modules {
    fault: Fault,
}

const SOUND: Modules = Modules { fault: Fault::None };

impl Modules {
    fn encoder(&self, path: Path<'_>) -> SequentialT {
        let norm = nn::BatchNormConfig { affine: false, ..Default::default() };
        let conv = nn::ConvConfig { padding: 1, bias: false, ..Default::default() };
        let layers = nn::seq_t()
            .add(nn::conv2d(&path / "conv", 1, 4, 3, conv))
            .add(nn::batch_norm2d(&path / "norm", 4, norm))
            .add_fn(|x| x.leaky_relu().max_pool2d_default(2).flatten(1, -1));
        layers.add(nn::linear(&path / "code", 64, 6, without_bias()))
    }

    fn decoder(&self, path: Path<'_>) -> SequentialT {
        let width = if self.fault == Fault::Wide { 7 } else { 6 };
        let pixels = nn::linear(&path / "pixels", width, 64, Default::default());
        let second = if self.fault == Fault::Twins { "pixels" } else { "sharpen" };
        let sharpen = nn::linear(&path / second, 64, 64, Default::default());
        let layers = nn::seq_t().add(pixels).add_fn(|x| x.relu()).add(sharpen);
        layers.add_fn(|x| x.sigmoid().view([-1, 1, 8, 8]))
    }
}

fn without_bias() -> LinearConfig {
    LinearConfig { bias: false, ..Default::default() }
}

impl NetworkConfig for Modules {
    const KIND: &'static str = "modules";
    type Network = ModulePair<SequentialT, SequentialT>;

    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(1, 8, 8)
    }

    fn build(&self, parameters: &mut Parameters) -> Result<Self::Network, ModelError> {
        ModulePair::build(parameters, |path| self.encoder(path), |path| self.decoder(path))
    }
}

impl EncoderConfig for Modules {
    type Encoder = ModuleEncoder<SequentialT>;

    fn build_encoder(&self, parameters: &mut Parameters) -> Result<Self::Encoder, ModelError> {
        ModuleEncoder::build(parameters, |path| self.encoder(path))
    }
}

#[test]
fn modules_are_trained_saved_and_resumed_to_the_bit() {
    let (data, folder) = (Images(bars(50)), tempfile::tempdir().unwrap());
    let trainer = |epochs| Trainer::new(SOUND, config().epochs(epochs));
    let trained = trainer(6).fit_dataset(&data, NONE, &mut ()).unwrap();
    let losses: Vec<f64> = trained.history.epochs.iter().map(|e| e.train_loss).collect();
    assert!(losses[5] < 0.7 * losses[0], "{losses:?}");
    let model = trained.model;
    assert_eq!((model.n_encoder_parameters(), model.n_parameters()), (420, 420 + 448 + 4160));
    let redrawn = |model: &Autoencoder<Modules>| model.reconstruct(data.0.view()).unwrap();

    let kept = |epochs| trainer(epochs).checkpoints(folder.path());
    kept(3).fit_dataset(&data, NONE, &mut ()).unwrap();
    assert_eq!(redrawn(&kept(6).resume(&data, NONE, &mut ()).unwrap().model), redrawn(&model));
    model.save(folder.path()).unwrap();
    let same = Autoencoder::<Modules>::load(folder.path(), Device::Cpu).unwrap();
    assert_eq!(redrawn(&same), redrawn(&model));
    check_scorer(&ReconstructionError::mse(&model), bars(40).view()).unwrap();
}

#[test]
fn an_encoder_of_modules_is_pretrained_and_contracted() {
    let config = DeepSvddConfig::new(SOUND).train(config().learning_rate(1e-3));
    let fit = |config: &DeepSvddConfig<Modules>| config.fit(bars(60).view()).unwrap();
    let with = fit(&config.clone().pretraining(crate::pictures::config()));
    let without = fit(&config.pretraining(None));
    let codes = |model: &DeepSvdd<Modules>| model.embed(bars(8).view()).unwrap();
    assert_ne!(codes(&with), codes(&without));
    check_scorer(&with, bars(40).view()).unwrap();
    assert!(with.score(bars(5).slice(ndarray::s![.., .., ..7, ..])).is_err());
}

#[test]
fn what_is_wrong_with_modules_is_an_error() {
    let untrained = |fault| Autoencoder::untrained(Modules { fault }, 1, Device::Cpu);
    let error = untrained(Fault::Twins).unwrap_err();
    assert!(
        matches!(&error, ModelError::DuplicateParameter(name) if name.starts_with("decoder.pixels.")),
        "{error}"
    );
    let error = untrained(Fault::Wide).unwrap().reconstruct(bars(3).view()).unwrap_err();
    assert!(matches!(error, ModelError::Torch { operation: "decoding codes", .. }), "{error}");
    let error = Trainer::new(Modules { fault: Fault::Wide }, config()).fit(bars(9).view());
    assert!(matches!(error, Err(ModelError::Torch { .. })));
}
