use ndarray::{Array4, s};
use novelty_core::{Embed, Fit, ImageShape, InputError, Reconstruct, Score, check_scorer};
use novelty_models::{
    Device, DriftDecoder, Likelihood, ModelError, TrainConfig, Vae, VaeConfig, VaeLayers, VaeScore,
    VaeTrainer,
};
use novelty_scoring::ReconstructionError;

use crate::pictures::{Images, bars};

const NONE: Option<&Images> = None;

fn network() -> VaeConfig {
    let layers = VaeLayers::Mlp { hidden: vec![24] };
    VaeConfig::new(ImageShape::new(1, 8, 8)).layers(layers).n_features(4)
}

fn settings(epochs: usize) -> TrainConfig {
    TrainConfig::new().epochs(epochs).batch_size(16).learning_rate(5e-3).seed(3).device(Device::Cpu)
}

fn trained(network: VaeConfig) -> Vae {
    VaeTrainer::new(network, settings(25)).fit(bars(64).view()).unwrap()
}

#[test]
fn the_numbers_of_parameters_come_out() {
    let n = |config| Vae::untrained(config, 0, Device::Cpu).unwrap().n_parameters();
    let digits = VaeConfig::new(ImageShape::new(1, 28, 28));
    assert_eq!(n(digits.clone()), 224_464);
    let clothes = digits.layers(VaeLayers::Mlp { hidden: vec![256, 128] }).n_features(64);
    assert_eq!(n(clothes), 493_200);
    let layers = VaeLayers::Conv { trunk: 512, decoder: DriftDecoder::Published };
    let parts = VaeConfig::new(ImageShape::new(3, 150, 150)).layers(layers);
    let parts = Vae::untrained(parts, 0, Device::Cpu).unwrap();
    assert_eq!((parts.n_encoder_parameters(), parts.n_parameters()), (13_535_136, 45_122_142));
}

#[test]
fn the_loss_falls_and_its_parts_are_logged() {
    let trainer = VaeTrainer::new(network(), settings(20));
    let data = Images(bars(64));
    let history = trainer.fit_dataset(&data, Some(&data), &mut ()).unwrap().history;
    let (first, last) = (history.epochs[0].train_loss, history.final_train_loss().unwrap());
    assert!(last < 0.8 * first, "{first} to {last}");
    assert!(history.final_validation_loss().unwrap() < first);
}

/// A larger weight draws the codes closer to the standard normal distribution.
#[test]
fn beta_narrows_the_code() {
    let spread = |beta| {
        let codes = trained(network().beta(beta)).embed(bars(64).view()).unwrap();
        codes.mapv(|x| x * x).mean().unwrap()
    };
    assert!(spread(20.0) < 0.5 * spread(0.1), "{} {}", spread(20.0), spread(0.1));
}

#[test]
fn its_scorers_keep_the_contract() {
    let images = bars(40);
    for likelihood in [Likelihood::Bernoulli, Likelihood::Gaussian] {
        let model = trained(network().likelihood(likelihood));
        check_scorer(&ReconstructionError::mse(&model), images.view()).unwrap();
        check_scorer(&VaeScore::elbo(&model), images.view()).unwrap();
        let sampled = VaeScore::sampled_elbo(&model, 3, 1).unwrap();
        check_scorer(&sampled, images.view()).unwrap();
        let probability = VaeScore::reconstruction_probability(&model, 3, 1).unwrap();
        check_scorer(&probability, images.view()).unwrap();
    }
    let layers = VaeLayers::Conv { trunk: 12, decoder: DriftDecoder::Slim };
    let conv = Vae::untrained(network().layers(layers), 1, Device::Cpu).unwrap();
    check_scorer(&VaeScore::elbo(&conv), images.view()).unwrap();
}

/// The bound is the reconstruction's part and, weighted, the divergence, which is not negative.
#[test]
fn the_scores_fit_together() {
    let (model, images) = (trained(network()), bars(12));
    let score = |score: VaeScore<'_>| score.score(images.view()).unwrap();
    let bound = score(VaeScore::sampled_elbo(&model, 5, 9).unwrap());
    let probability = score(VaeScore::reconstruction_probability(&model, 5, 9).unwrap());
    assert!((&bound - &probability).iter().all(|&divergence| divergence >= 0.0));
    let strange = Array4::from_shape_fn((12, 1, 8, 8), |(n, _, y, x)| ((n + x + y) % 2) as f32);
    let strange = VaeScore::elbo(&model).score(strange.view()).unwrap();
    assert!(strange.mean().unwrap() > score(VaeScore::elbo(&model)).mean().unwrap());
}

#[test]
fn draws_are_seeded() {
    let (model, images) = (trained(network()), bars(70));
    assert_eq!(model.sample(5, 1).unwrap(), model.sample(5, 1).unwrap());
    assert_ne!(model.sample(5, 1).unwrap(), model.sample(5, 2).unwrap());
    assert_eq!(model.sample(0, 1).unwrap().dim(), (0, 1, 8, 8));
    let error = model.sample(usize::MAX, 1).unwrap_err().to_string();
    assert!(error.starts_with("samples to draw"), "{error}");
    let drawn = model.reconstruct_sampled(images.view(), 1).unwrap();
    assert_eq!(drawn, model.reconstruct_sampled(images.view(), 1).unwrap());
    assert_ne!(drawn, model.reconstruct_sampled(images.view(), 2).unwrap());
    assert_ne!(drawn, model.reconstruct(images.view()).unwrap());
    assert_eq!(model.trunk_features(images.view()).unwrap().dim(), (70, 24));
    let none = images.slice(s![..0, .., .., ..]);
    assert_eq!(model.trunk_features(none).unwrap().dim(), (0, 24));
    assert_eq!(VaeScore::elbo(&model).score(none).unwrap().len(), 0);
}

#[test]
fn a_resumed_run_and_a_reloaded_model_give_the_same_bits() {
    let (data, folder) = (Images(bars(40)), tempfile::tempdir().unwrap());
    let whole = VaeTrainer::new(network(), settings(4));
    let whole = whole.fit_dataset(&data, NONE, &mut ()).unwrap().model;
    let trainer = |epochs| {
        VaeTrainer::new(network(), settings(epochs).checkpoint_every(1)).checkpoints(folder.path())
    };
    trainer(2).fit_dataset(&data, NONE, &mut ()).unwrap();
    let resumed = trainer(4).resume(&data, NONE, &mut ()).unwrap().model;
    let score = |model: &Vae| VaeScore::elbo(model).score(data.0.view()).unwrap();
    assert_eq!(score(&whole), score(&resumed));
    whole.save(folder.path()).unwrap();
    assert_eq!(score(&whole), score(&Vae::load(folder.path(), Device::Cpu).unwrap()));
}

#[test]
fn bad_input_is_named() {
    let broken = [
        (network().n_features(0), "n_features"),
        (network().beta(f64::NAN), "beta"),
        (network().beta(-1.0), "beta"),
        (network().layers(VaeLayers::Mlp { hidden: vec![] }), "number of hidden lengths"),
        (network().layers(VaeLayers::Mlp { hidden: vec![0] }), "hidden"),
        (network().layers(VaeLayers::Conv { trunk: 0, decoder: DriftDecoder::Slim }), "trunk"),
        (
            network().layers(VaeLayers::Conv { trunk: 9, decoder: DriftDecoder::Published }),
            "image size",
        ),
    ];
    for (config, name) in broken {
        let error = Vae::untrained(config, 0, Device::Cpu).unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
    let model = Vae::untrained(network(), 0, Device::Cpu).unwrap();
    for n_draws in [0, 10_001] {
        let error = VaeScore::sampled_elbo(&model, n_draws, 0).unwrap_err();
        assert!(error.to_string().starts_with("n_draws"), "{error}");
    }
    let mut bad = bars(2);
    bad[[1, 0, 0, 0]] = f32::NAN;
    for error in [
        VaeScore::elbo(&model).score(bad.view()).unwrap_err(),
        model.reconstruct_sampled(bad.view(), 0).unwrap_err(),
        model.trunk_features(bad.view()).unwrap_err(),
    ] {
        assert!(matches!(error, ModelError::Input(InputError::NotFinite { .. })), "{error}");
    }
    let wide = Array4::zeros((2, 1, 8, 9));
    let error = VaeScore::elbo(&model).score(wide.view()).unwrap_err();
    assert!(matches!(error, ModelError::Input(InputError::Shape { .. })), "{error}");
    assert!(VaeTrainer::new(network(), settings(1)).fit(bars(17).view()).is_ok());
}
