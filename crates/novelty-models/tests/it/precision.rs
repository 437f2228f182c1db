//! Computing in bfloat16.

use ndarray::Array4;
use novelty_core::{Embed, Fit, ImageShape, Images as View, Reconstruct, Score, check_scorer};
use novelty_models::{
    Autoencoder, DeepSvddConfig, DenoisingAutoencoderConfig, Device, DriftAutoencoderConfig,
    FaceAutoencoderConfig, GrayAutoencoderConfig, LeNet, LeNetAutoencoderConfig,
    MlpAutoencoderConfig, NetworkConfig, Precision, Trainer, VaeConfig, VaeGanConfig,
};
use novelty_scoring::ReconstructionError;

use crate::own_network::{Fault, own};
use crate::pictures::{Images, bars, config, network, trained};

fn pictures(n: usize, shape: ImageShape) -> Array4<f32> {
    let ImageShape { channels, height, width } = shape;
    Array4::from_shape_fn((n, channels, height, width), |(n, c, y, x)| {
        let wave = ((n + 2) * x) as f32 / width as f32 + ((c + 1) * y) as f32 / height as f32;
        0.5 + 0.4 * (3.0 * wave + n as f32).sin()
    })
}

/// The largest difference, as a share of the largest value.
fn apart<D: ndarray::Dimension>(a: &ndarray::Array<f32, D>, b: &ndarray::Array<f32, D>) -> f32 {
    let largest = b.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
    a.iter().zip(b).fold(0.0_f32, |m, (x, y)| m.max((x - y).abs())) / largest
}

/// Eight bits of precision through a few layers: near, and not the same.
fn is_near<C: NetworkConfig>(config: C) {
    let mut model = Autoencoder::untrained(config, 3, Device::Cpu).unwrap();
    let images = pictures(5, model.image_shape());
    let answers = |model: &Autoencoder<C>, images: View<'_>| {
        (model.embed(images).unwrap(), model.reconstruct(images).unwrap())
    };
    let exact = answers(&model, images.view());
    model.set_precision(Precision::Bfloat16);
    let rounded = answers(&model, images.view());
    let far = (apart(&rounded.0, &exact.0), apart(&rounded.1, &exact.1));
    assert!(far.0 > 1e-7 && far.0 < 0.05 && far.1 < 0.05, "{}: {far:?}", C::KIND);
    model.set_precision(Precision::Single);
    assert_eq!(answers(&model, images.view()), exact, "{}", C::KIND);
}

#[test]
fn every_network_computes_nearly_the_same() {
    is_near(network());
    is_near(DenoisingAutoencoderConfig::new(ImageShape::new(1, 28, 28)));
    is_near(MlpAutoencoderConfig::new(ImageShape::new(3, 10, 7)).hidden([20, 9]));
    is_near(FaceAutoencoderConfig::new(ImageShape::new(3, 64, 64)));
    is_near(GrayAutoencoderConfig::new(ImageShape::new(1, 64, 64)));
    is_near(LeNetAutoencoderConfig::new(LeNet::FashionMnist));
    is_near(LeNetAutoencoderConfig::new(LeNet::Cifar10Elu));
    is_near(DriftAutoencoderConfig::new(ImageShape::new(3, 50, 50)));
    is_near(VaeConfig::new(ImageShape::new(1, 8, 8)));
    is_near(VaeGanConfig::new(ImageShape::new(1, 28, 28)));
}

#[test]
fn its_scorers_keep_the_contract() {
    let mut model = trained();
    model.set_precision(Precision::Bfloat16);
    assert_eq!(model.precision(), Precision::Bfloat16);
    check_scorer(&ReconstructionError::mse(&model), bars(40).view()).unwrap();
    let settings = DeepSvddConfig::new(own(Fault::None)).train(config()).pretraining(None);
    let mut sphere = settings.fit(bars(40).view()).unwrap();
    let exact = sphere.score(bars(9).view()).unwrap();
    sphere.set_precision(Precision::Bfloat16);
    check_scorer(&sphere, bars(40).view()).unwrap();
    assert!(apart(&sphere.score(bars(9).view()).unwrap(), &exact) < 0.05);
    let published = DeepSvddConfig::new(LeNetAutoencoderConfig::new(LeNet::Mnist));
    let images = pictures(20, ImageShape::new(1, 28, 28));
    let stage = config().epochs(1).precision(Precision::Bfloat16);
    let mut sphere = published.train(stage).pretraining(None).fit(images.view()).unwrap();
    assert_eq!(sphere.precision(), Precision::Single);
    let exact = sphere.score(images.view()).unwrap();
    sphere.set_precision(Precision::Bfloat16);
    let far = apart(&sphere.score(images.view()).unwrap(), &exact);
    assert!(far > 0.0 && far < 0.05, "{far}");
}

/// The same bits again, resumed or not; other bits than in 32 bits; and weights that need more
/// than 8 bits.
#[test]
fn training_in_it_learns_and_is_repeated() {
    let data = Images(bars(64));
    let fit = |precision| {
        let trainer = Trainer::new(network(), config().epochs(15).precision(precision));
        trainer.fit_dataset(&data, Some(&data), &mut ()).unwrap()
    };
    let (rounded, exact) = (fit(Precision::Bfloat16), fit(Precision::Single));
    let losses: Vec<_> = rounded.history.epochs.iter().map(|e| e.train_loss).collect();
    assert!(losses[14] < 0.5 * losses[0], "{losses:?}");
    let last = exact.history.final_train_loss().unwrap();
    assert!((losses[14] / last - 1.0).abs() < 0.2, "{} {last}", losses[14]);
    let redrawn = |trained: &novelty_models::Trained<_>| {
        let model: &novelty_models::ConvAutoencoder = &trained.model;
        assert_eq!(model.precision(), Precision::Single);
        model.reconstruct(data.0.view()).unwrap()
    };
    assert_eq!(redrawn(&rounded), redrawn(&fit(Precision::Bfloat16)));
    assert_ne!(redrawn(&rounded), redrawn(&exact));
    let folder = tempfile::tempdir().unwrap();
    let part = |epochs| {
        let config = config().epochs(epochs).precision(Precision::Bfloat16);
        Trainer::new(network(), config).checkpoints(folder.path())
    };
    part(4).fit_dataset(&data, Some(&data), &mut ()).unwrap();
    let resumed = part(15).resume(&data, Some(&data), &mut ()).unwrap();
    assert_eq!(redrawn(&resumed), redrawn(&rounded));
}
