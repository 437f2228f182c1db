use ndarray::{Array3, Array4, Axis, s};
use novelty_core::{
    Assign, Dataset, Embed, Fit, ImageShape, InputError, Reconstruct, Sample, Score, check_scorer,
};
use novelty_models::{
    Device, ModelError, Prior, StyleVaeGan, StyleVaeGanConfig, StyleVaeGanTrainer, TrainConfig,
    VaeGan, VaeGanCollapse, VaeGanConfig, VaeGanScore, VaeGanTrainer, VaeGanWeights, load_any,
};
use novelty_scoring::ReconstructionError;

use crate::pictures::{Images, bars};

const NONE: Option<&Images> = None;

fn network() -> VaeGanConfig {
    VaeGanConfig::new(ImageShape::new(1, 8, 8)).n_features(4)
}

fn settings(epochs: usize) -> TrainConfig {
    TrainConfig::new().epochs(epochs).batch_size(16).learning_rate(3e-3).seed(3).device(Device::Cpu)
}

fn trained(network: VaeGanConfig) -> VaeGan {
    VaeGanTrainer::new(network, settings(6)).fit(bars(64).view()).unwrap()
}

#[test]
fn the_networks_have_their_sizes() {
    let n = |config| VaeGan::untrained(config, 0, Device::Cpu).unwrap().n_parameters();
    assert_eq!(n(VaeGanConfig::published()), 7_121_605);
    assert_eq!(n(VaeGanConfig::new(ImageShape::new(1, 28, 28))), 273_954);
    let wide = VaeGanConfig::new(ImageShape::new(3, 24, 40));
    let images = Array4::from_elem((2, 3, 24, 40), 0.5);
    let model = VaeGan::untrained(wide, 0, Device::Cpu).unwrap();
    assert_eq!(model.reconstruct(images.view()).unwrap().dim(), images.dim());
}

#[test]
fn losses_are_logged_apart_and_the_bound_falls() {
    for (prior, n_parts) in [(Prior::Divergence, 5), (Prior::Adversarial, 6)] {
        let trainer = VaeGanTrainer::new(network().prior(prior), settings(12));
        let data = Images(bars(64));
        let trained = trainer.fit_dataset(&data, Some(&data), &mut ()).unwrap();
        let history = trained.history;
        let losses: Vec<_> = history.epochs.iter().filter_map(|e| e.validation_loss).collect();
        assert!(losses[11] < 0.8 * losses[0], "{prior:?}: {losses:?}");
        assert_eq!(history.measures.len(), n_parts + 3);
        assert!(history.measure("adversarial").unwrap().iter().all(|x| x.is_finite()));
        assert_eq!(trained.collapse, None, "{:?}", history.measure("sample_spread"));
    }
}

#[test]
fn its_scorers_keep_the_contract() {
    let images = bars(40);
    for prior in [Prior::Divergence, Prior::Adversarial] {
        let model = trained(network().prior(prior));
        for score in [
            VaeGanScore::bound(&model),
            VaeGanScore::pixels(&model),
            VaeGanScore::features(&model),
            VaeGanScore::latent(&model),
            VaeGanScore::combined(&model),
        ] {
            check_scorer(&score, images.view()).unwrap();
        }
        check_scorer(&ReconstructionError::mse(&model), images.view()).unwrap();
    }
}

/// With a weight like this the codes say nothing of the images.
#[test]
fn a_collapse_is_reported() {
    let trainer = VaeGanTrainer::new(network().beta(1e4), settings(20));
    let trained = trainer.fit_dataset(&Images(bars(64)), NONE, &mut ()).unwrap();
    assert_eq!(trained.collapse, Some(VaeGanCollapse::Codes));
    let active = trained.history.measure("active_features").unwrap();
    assert!(active[19] < 0.5, "{active:?}");
}

#[test]
fn a_resumed_run_and_a_reloaded_model_give_the_same_bits() {
    let (data, folder) = (Images(bars(40)), tempfile::tempdir().unwrap());
    let trainer = |epochs| VaeGanTrainer::new(network(), settings(epochs));
    let whole = trainer(4).fit_dataset(&data, NONE, &mut ()).unwrap().model;
    let kept = |epochs| trainer(epochs).checkpoints(folder.path());
    kept(2).fit_dataset(&data, NONE, &mut ()).unwrap();
    let resumed = kept(4).resume(&data, NONE, &mut ()).unwrap().model;
    let score = |model: &VaeGan| VaeGanScore::combined(model).score(data.0.view()).unwrap();
    assert_eq!(score(&whole), score(&resumed));
    assert_eq!(whole.sample(5, 7).unwrap(), resumed.sample(5, 7).unwrap());
    whole.save(folder.path()).unwrap();
    assert_eq!(score(&whole), score(&VaeGan::load(folder.path(), Device::Cpu).unwrap()));
    assert_eq!(load_any(folder.path(), Device::Cpu).unwrap().kind(), "vae_gan");
}

#[test]
fn bad_input_is_named() {
    let untrained = |config| VaeGan::untrained(config, 0, Device::Cpu);
    let broken = [
        (network().n_features(0), "n_features"),
        (network().filters([]), "number of filters"),
        (network().filters([0]), "filters"),
        (network().filters([4; 6]), "image height"),
        (network().beta(f64::NAN), "beta"),
    ];
    for (config, name) in broken {
        let error = untrained(config).unwrap_err().to_string();
        assert!(error.starts_with(name), "{name}: {error}");
    }
    let mut weights = VaeGanWeights::default();
    weights.feature = f64::NAN;
    let trainer = VaeGanTrainer::new(network(), settings(1)).weights(weights);
    assert!(trainer.fit(bars(8).view()).unwrap_err().to_string().starts_with("feature"));
    let model = untrained(network()).unwrap();
    let score = |images: Array4<f32>| VaeGanScore::latent(&model).score(images.view());
    let mut bad = bars(2);
    bad[[1, 0, 0, 0]] = f32::NAN;
    assert!(matches!(score(bad), Err(ModelError::Input(InputError::NotFinite { .. }))));
    let wide = Array4::zeros((2, 1, 8, 9));
    assert!(matches!(score(wide), Err(ModelError::Input(InputError::Shape { .. }))));
    assert_eq!(score(bars(1).slice(s![..0, .., .., ..]).to_owned()).unwrap().len(), 0);
    // The last batch has one image.
    assert!(VaeGanTrainer::new(network(), settings(1)).fit(bars(17).view()).is_ok());
    assert!(VaeGan::untrained(network(), 0, Device::Cuda(4096)).is_err());
}

/// The bars as they are, darker, and inverted.
struct Styled(Array4<f32>, usize);

impl Dataset for Styled {
    type Error = InputError;

    fn len(&self) -> usize {
        self.0.len_of(Axis(0))
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(1, 8, 8)
    }

    fn get(&self, index: usize) -> Result<Sample, InputError> {
        let image: Array3<f32> = self.0.index_axis(Axis(0), index).to_owned();
        Ok(Sample::new(self.style(image)))
    }
}

impl Styled {
    fn style<D: ndarray::Dimension>(
        &self,
        image: ndarray::Array<f32, D>,
    ) -> ndarray::Array<f32, D> {
        image.mapv(|x| match self.1 {
            0 => x,
            1 => 0.3 * x,
            _ => 1.0 - x,
        })
    }
}

fn style_network() -> StyleVaeGanConfig {
    StyleVaeGanConfig::new(ImageShape::new(1, 8, 8), 3).base(network().n_features(8).beta(0.1))
}

#[test]
fn styles_are_named_and_taken_off() {
    let styles = [0, 1, 2].map(|style| Styled(bars(84), style));
    let trainer = StyleVaeGanTrainer::new(style_network(), settings(40));
    let all: Vec<&Styled> = styles.iter().collect();
    let trained = trainer.fit_styles(&all, &mut ()).unwrap();
    let (model, clean) = (trained.model, bars(84));
    for style in &styles {
        let seen = style.style(clean.clone());
        let named = model.assign(seen.view()).unwrap();
        let n_right = named.iter().filter(|name| **name == Some(style.1)).count();
        assert!(n_right > 75, "style {}: {n_right} of 84", style.1);
        let drawn = model.rerender(seen.view(), 0).unwrap();
        let error = (&drawn - &clean).mapv(|d| d * d).mean().unwrap();
        let unmended = (&seen - &clean).mapv(|d| d * d).mean().unwrap();
        assert!(error < 0.02 && (style.1 == 0 || error < 0.5 * unmended), "{error} {unmended}");
    }
    let sums = model.style_probabilities(clean.view()).unwrap().sum_axis(Axis(1));
    assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-4));
    check_scorer(&ReconstructionError::mse(&model), clean.view()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let same = StyleVaeGan::load(folder.path(), Device::Cpu).unwrap();
    assert_eq!(same.embed(clean.view()).unwrap(), model.embed(clean.view()).unwrap());
}

#[test]
fn a_resumed_run_of_styles_ends_with_the_same_bits() {
    let (styles, folder) = ([0, 1, 2].map(|s| Styled(bars(20), s)), tempfile::tempdir().unwrap());
    let all: Vec<&Styled> = styles.iter().collect();
    let trainer = |epochs| StyleVaeGanTrainer::new(style_network(), settings(epochs));
    let whole = trainer(4).fit_styles(&all, &mut ()).unwrap();
    let kept = |epochs| trainer(epochs).checkpoints(folder.path());
    kept(2).fit_styles(&all, &mut ()).unwrap();
    let resumed = kept(4).resume_styles(&all, &mut ()).unwrap();
    let codes = |model: &StyleVaeGan| model.embed(bars(20).view()).unwrap();
    assert_eq!(codes(&whole.model), codes(&resumed.model));
    assert_eq!(whole.history.measures, resumed.history.measures);
}

#[test]
fn styles_that_do_not_fit_are_named() {
    let trainer = StyleVaeGanTrainer::new(style_network(), settings(1));
    let (clean, dark) = (Styled(bars(9), 0), Styled(bars(8), 1));
    let fails = |styles: &[&Styled], name: &str| {
        let error = trainer.fit_styles(styles, &mut ()).unwrap_err().to_string();
        assert!(error.starts_with(name), "{name}: {error}");
    };
    fails(&[], "styles");
    fails(&[&clean, &clean], "styles");
    fails(&[&clean, &clean, &dark], "images of a style");
    let model = StyleVaeGan::untrained(style_network(), 0, Device::Cpu).unwrap();
    let error = model.rerender(bars(2).view(), 3).unwrap_err().to_string();
    assert!(error.starts_with("style is 3"), "{error}");
    let none = bars(1).slice(s![..0, .., .., ..]).to_owned();
    assert_eq!(model.style_probabilities(none.view()).unwrap().dim(), (0, 3));
    assert_eq!(model.assign(none.view()).unwrap().len(), 0);
    let adversarial = style_network().base(network().prior(Prior::Adversarial));
    let error = StyleVaeGan::untrained(adversarial, 0, Device::Cpu).unwrap_err().to_string();
    assert!(error.starts_with("prior"), "{error}");
}
