//! No public call panics: on images of another shape, on none, on one, on NaN, on a device that is
//! not there, or where BatchNorm sees a batch of one.

use ndarray::{Array4, Axis, Slice};
use novelty_core::{Assign, Embed, Fit, ImageShape, InputError, Reconstruct, Score};
use novelty_models::{
    Autoencoder, ConvAutoencoderConfig, CriticAutoencoder, CriticAutoencoderConfig, CriticScore,
    CriticTrainer, DeepSvddConfig, Device, DriftAutoencoderConfig, DriftDecoder, EncoderConfig,
    FaceAutoencoderConfig, LeNet, LeNetAutoencoderConfig, ModelError, NetworkConfig, Prior,
    StyleVaeGan, StyleVaeGanConfig, StyleVaeGanTrainer, TrainConfig, Trainer, Vae, VaeConfig,
    VaeGan, VaeGanConfig, VaeGanScore, VaeGanTrainer, VaeLayers, VaeScore, VaeTrainer,
};

use crate::own_network::{Fault, own};
use crate::pictures::{Images, bars};

const SHAPE: ImageShape = ImageShape { channels: 1, height: 8, width: 8 };

/// A call on images, and how many results it gives.
type Call<'a> = Box<dyn Fn(&Array4<f32>) -> Result<usize, ModelError> + 'a>;

fn first(images: &Array4<f32>, n: usize) -> Array4<f32> {
    images.slice_axis(Axis(0), Slice::from(..n)).to_owned()
}

fn is_shape_or_value(error: &ModelError) -> bool {
    use InputError::{NotFinite, Shape};
    matches!(error, ModelError::Input(Shape { .. } | NotFinite { .. }))
}

/// What every call on a model does with images of `good`'s shape and of others.
fn answers(name: &str, good: &Array4<f32>, call: &Call<'_>) {
    for n in [0, 1, good.len_of(Axis(0))] {
        assert_eq!(call(&first(good, n)).unwrap(), n, "{name}");
    }
    let (n, channels, height, width) = good.dim();
    let shapes = [(channels + 1, height, width), (channels, 1, 1), (channels, height, width + 3)];
    let wrong = shapes.map(|(c, h, w)| Array4::zeros((n, c, h, w)));
    let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].map(|value| {
        let mut images = good.clone();
        images[[n - 1, 0, height - 1, width - 1]] = value;
        images
    });
    for images in wrong.iter().chain(&bad) {
        let error = call(images).unwrap_err();
        assert!(is_shape_or_value(&error), "{name}: {error}");
    }
    // Finite, and too large to compute with: an answer, or an error that names the image.
    for value in [f32::MAX, f32::MIN] {
        let mut images = first(good, 2);
        images.index_axis_mut(Axis(0), 1).fill(value);
        let answer = call(&images);
        let is_named = matches!(answer, Ok(2) | Err(ModelError::Output { .. }));
        assert!(is_named || matches!(answer, Err(ModelError::Torch { .. })), "{name}: {answer:?}");
    }
}

fn autoencoder<C: NetworkConfig>(model: &Autoencoder<C>) {
    let ImageShape { channels, height, width } = model.image_shape();
    let good = Array4::from_shape_fn((5, channels, height, width), |(n, c, y, x)| {
        ((n * 7 + c * 5 + y * x) % 11) as f32 / 11.0
    });
    let calls: [Call<'_>; 2] = [
        Box::new(|images| Ok(model.reconstruct(images.view())?.len_of(Axis(0)))),
        Box::new(|images| Ok(model.embed(images.view())?.nrows())),
    ];
    calls.iter().for_each(|call| answers(C::KIND, &good, call));
}

fn untrained<C: NetworkConfig>(config: C) -> Autoencoder<C> {
    Autoencoder::untrained(config, 1, Device::Cpu).unwrap()
}

#[test]
fn autoencoders_answer() {
    autoencoder(&untrained(ConvAutoencoderConfig::new(SHAPE).filters([4]).n_features(3)));
    autoencoder(&untrained(FaceAutoencoderConfig::new(SHAPE)));
    autoencoder(&untrained(LeNetAutoencoderConfig::new(LeNet::FashionMnist)));
    autoencoder(&untrained(DriftAutoencoderConfig::new(ImageShape::new(3, 20, 20)).n_features(4)));
    autoencoder(&untrained(own(Fault::None)));
}

#[test]
fn variational_and_adversarial_models_answer() {
    let vae: Vae = untrained(vae());
    autoencoder(&vae);
    let sampled = VaeScore::sampled_elbo(&vae, 2, 1).unwrap();
    let probability = VaeScore::reconstruction_probability(&vae, 2, 1).unwrap();
    for score in [VaeScore::elbo(&vae), sampled, probability] {
        let call: Call<'_> = Box::new(move |images| Ok(score.score(images.view())?.len()));
        answers("vae", &bars(5), &call);
    }
    for prior in [Prior::Divergence, Prior::Adversarial] {
        let gan: VaeGan = untrained(VaeGanConfig::new(SHAPE).prior(prior));
        autoencoder(&gan);
        for score in [
            VaeGanScore::combined(&gan),
            VaeGanScore::bound(&gan),
            VaeGanScore::pixels(&gan),
            VaeGanScore::features(&gan),
            VaeGanScore::latent(&gan),
        ] {
            let call: Call<'_> = Box::new(move |images| Ok(score.score(images.view())?.len()));
            answers("vae_gan", &bars(5), &call);
        }
    }
}

#[test]
fn models_of_style_and_critics_answer() {
    let style: StyleVaeGan = untrained(StyleVaeGanConfig::new(SHAPE, 2));
    autoencoder(&style);
    let calls: [Call<'_>; 3] = [
        Box::new(|images| Ok(style.rerender(images.view(), 1)?.len_of(Axis(0)))),
        Box::new(|images| Ok(style.style_probabilities(images.view())?.nrows())),
        Box::new(|images| Ok(style.assign(images.view())?.len())),
    ];
    calls.iter().for_each(|call| answers("style", &bars(5), call));
    let critic: CriticAutoencoder = untrained(CriticAutoencoderConfig::new(SHAPE).filters([4]));
    autoencoder(&critic);
    for score in [CriticScore::combined(&critic), CriticScore::critic(&critic)] {
        let call: Call<'_> = Box::new(move |images| Ok(score.score(images.view())?.len()));
        answers("critic", &bars(5), &call);
    }
}

#[test]
fn hyperspheres_answer() {
    let base = DeepSvddConfig::new(own(Fault::None)).pretraining(None).train(train(Device::Cpu));
    for config in [base.clone(), base.soft_boundary(0.1)] {
        let model = config.fit(bars(20).view()).unwrap();
        let calls: [Call<'_>; 2] = [
            Box::new(|images| Ok(model.score(images.view())?.len())),
            Box::new(|images| Ok(model.embed(images.view())?.nrows())),
        ];
        calls.iter().for_each(|call| answers("deep_svdd", &bars(5), call));
    }
}

fn vae() -> VaeConfig {
    let layers = VaeLayers::Conv { trunk: 12, decoder: DriftDecoder::Slim };
    VaeConfig::new(SHAPE).layers(layers).n_features(4)
}

fn train(device: Device) -> TrainConfig {
    TrainConfig::new().epochs(1).batch_size(4).learning_rate(1e-3).device(device)
}

/// A training: on images, on a device.
type Training = Box<dyn Fn(&Array4<f32>, Device) -> Result<(), ModelError>>;

fn redrawing<C: NetworkConfig + 'static>(network: C) -> Training {
    Box::new(move |images, device| {
        Trainer::new(network.clone(), train(device)).fit(images.view()).map(drop)
    })
}

fn contracting<C: EncoderConfig + 'static>(network: C) -> Training {
    Box::new(move |images, device| {
        let config = DeepSvddConfig::new(network.clone());
        let config = config.pretraining(train(device)).train(train(device));
        config.fit(images.view()).map(drop)
    })
}

fn trainings() -> Vec<(&'static str, Training)> {
    let styles: Training = Box::new(|images, device| {
        let network = StyleVaeGanConfig::new(SHAPE, 2);
        let images = Images(images.clone());
        let trainer = StyleVaeGanTrainer::new(network, train(device));
        trainer.fit_styles(&[&images, &images], &mut ()).map(drop)
    });
    vec![
        ("conv", redrawing(ConvAutoencoderConfig::new(SHAPE).filters([4]).n_features(3))),
        ("drift", redrawing(DriftAutoencoderConfig::new(SHAPE).n_features(4))),
        ("own", redrawing(own(Fault::None))),
        ("deep_svdd", contracting(own(Fault::None))),
        (
            "vae",
            Box::new(|x, device| VaeTrainer::new(vae(), train(device)).fit(x.view()).map(drop)),
        ),
        (
            "vae_gan",
            Box::new(|x, device| {
                let network = VaeGanConfig::new(SHAPE).prior(Prior::Adversarial);
                VaeGanTrainer::new(network, train(device)).fit(x.view()).map(drop)
            }),
        ),
        (
            "critic",
            Box::new(|x, device| {
                let network = CriticAutoencoderConfig::new(SHAPE).filters([4]);
                CriticTrainer::new(network, train(device)).fit(x.view()).map(drop)
            }),
        ),
        ("style", styles),
    ]
}

#[test]
fn trainings_answer() {
    for (name, training) in trainings() {
        let fit = |images: &Array4<f32>| training(images, Device::Cpu);
        // The last batch is of one image.
        fit(&bars(5)).unwrap_or_else(|error| panic!("{name}: {error}"));
        // One image is what it is trained on, or an error: a sphere around it has no radius.
        let one = fit(&bars(1));
        assert!(matches!(one, Ok(()) | Err(ModelError::Collapsed { .. })), "{name}: {one:?}");
        let error = fit(&bars(0)).unwrap_err();
        assert!(matches!(error, ModelError::Input(InputError::Empty { .. })), "{name}: {error}");
        let error = fit(&Array4::zeros((5, 1, 8, 12))).unwrap_err();
        assert!(matches!(error, ModelError::Input(InputError::Shape { .. })), "{name}: {error}");
        let mut bad = bars(5);
        bad[[3, 0, 2, 2]] = f32::NAN;
        let error = fit(&bad).unwrap_err();
        assert!(is_shape_or_value(&error) || matches!(error, ModelError::Dataset { .. }), "{name}");
        let error = training(&bars(5), Device::Cuda(4096)).unwrap_err();
        assert!(matches!(error, ModelError::Device { .. }), "{name}: {error}");
    }
}

/// BatchNorm of vectors, in an encoder that stands alone.
#[test]
fn the_encoder_for_clothes_takes_a_batch_of_one() {
    let images =
        Array4::from_shape_fn((5, 1, 28, 28), |(n, _, y, x)| ((n * 31 + y * x) % 11) as f32 / 11.0);
    let training = contracting(LeNetAutoencoderConfig::new(LeNet::FashionMnist));
    training(&images, Device::Cpu).unwrap();
}
