//! Every published network: its size, its shapes, and its answers to bad input.

use ndarray::{Array4, s};
use novelty_core::{Embed, Fit, ImageShape, InputError, Reconstruct, check_scorer};
use novelty_models::{
    Autoencoder, BatchNorm, Convolution, DenoisingAutoencoderConfig, Device,
    DriftAutoencoderConfig, DriftDecoder, EncoderDecoder, FaceAutoencoderConfig,
    GrayAutoencoderConfig, Initialization, Layers, LeNet, LeNetAutoencoderConfig,
    MlpAutoencoderConfig, ModelError, NetworkConfig, TrainConfig, Trainer, VaeGanConfig,
};
use novelty_scoring::ReconstructionError;

fn n_parameters<C: NetworkConfig>(config: C) -> usize {
    Autoencoder::untrained(config, 0, Device::Cpu).unwrap().n_parameters()
}

/// Of the encoder and of the decoder.
fn parts<C: NetworkConfig>(config: C) -> (usize, usize) {
    let model = Autoencoder::untrained(config, 0, Device::Cpu).unwrap();
    (model.n_encoder_parameters(), model.n_parameters())
}

const FACE: ImageShape = ImageShape { channels: 3, height: 64, width: 64 };
const PART: ImageShape = ImageShape { channels: 3, height: 150, width: 150 };

#[test]
fn the_published_numbers_of_parameters_come_out() {
    let big = DriftAutoencoderConfig::new(PART).decoder(DriftDecoder::Published);
    assert_eq!(parts(big.clone()), (1_212_864, 32_799_870));
    assert_eq!(parts(big.n_features(8)), (598_392, 32_173_110));
    let digits = ImageShape::new(1, 28, 28);
    assert_eq!(n_parameters(DenoisingAutoencoderConfig::new(digits)), 28_353);
    assert_eq!(n_parameters(MlpAutoencoderConfig::new(FACE)), 3_176_419);
    let face = FaceAutoencoderConfig::new(FACE);
    assert_eq!(n_parameters(face.clone().batch_norm(false)), 47_355);
    assert_eq!(n_parameters(face.clone()), 47_595);
    assert_eq!(n_parameters(face.filters([128, 256, 512])), 5_259_011);
    let gray = GrayAutoencoderConfig::new(ImageShape::new(1, 128, 128));
    assert_eq!(parts(gray.clone().affine(true)), (308_512, 592_162));
    assert_eq!(parts(gray), (308_000, 591_200));
    let lenet = |network| parts(LeNetAutoencoderConfig::new(network));
    assert_eq!(lenet(LeNet::Mnist), (7_272, 8_472));
    assert_eq!(lenet(LeNet::FashionMnist), (222_096, 249_888));
    assert_eq!(lenet(LeNet::Cifar10), (520_544, 804_544));
    assert_eq!(lenet(LeNet::Cifar10Elu), (520_544, 804_544));
}

/// Images that differ from one another and cover the range.
fn images(n: usize, shape: ImageShape) -> Array4<f32> {
    let ImageShape { channels, height, width } = shape;
    Array4::from_shape_fn((n, channels, height, width), |(n, c, y, x)| {
        let wave = ((n + 2) * x) as f32 / width as f32 + ((c + 1) * y) as f32 / height as f32;
        0.5 + 0.4 * (3.0 * wave + n as f32).sin()
    })
}

/// What every architecture does with good and bad input.
fn behaves<C: NetworkConfig>(config: C) {
    let shape = config.image_shape();
    let model = Autoencoder::untrained(config.clone(), 3, Device::Cpu).unwrap();
    let good = images(12, shape);
    check_scorer(&ReconstructionError::mse(&model), good.view()).unwrap();
    let none = good.slice(s![..0, .., .., ..]);
    assert_eq!(model.reconstruct(none).unwrap().dim(), none.dim());
    assert_eq!(model.embed(none).unwrap().ncols(), model.embed(good.view()).unwrap().ncols());
    let wide = good.slice(s![.., .., .., 1..]);
    assert!(matches!(
        model.reconstruct(wide),
        Err(ModelError::Input(InputError::Shape { place: "images", .. }))
    ));
    let mut bad = good.clone();
    bad[[1, 0, 0, 0]] = f32::NAN;
    assert!(matches!(
        model.embed(bad.view()),
        Err(ModelError::Input(InputError::NotFinite { place: "images", .. }))
    ));
    trains_in_batches_of_one(config, &good);
}

/// The last batch has a single image: no variance for BatchNorm of vectors, and no error.
fn trains_in_batches_of_one<C: NetworkConfig>(config: C, images: &Array4<f32>) {
    let settings = TrainConfig::new().epochs(1).batch_size(2).device(Device::Cpu);
    let three = images.slice(s![..3, .., .., ..]);
    let model = Trainer::new(config, settings).fit(three).unwrap();
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let same = Autoencoder::<C>::load(folder.path(), Device::Cpu).unwrap();
    assert_eq!(same.embed(three).unwrap(), model.embed(three).unwrap());
}

#[test]
fn networks_for_digits_behave() {
    behaves(DenoisingAutoencoderConfig::new(ImageShape::new(2, 8, 12)).filters(6));
    for network in [LeNet::Mnist, LeNet::FashionMnist, LeNet::Cifar10, LeNet::Cifar10Elu] {
        behaves(LeNetAutoencoderConfig::new(network));
    }
}

#[test]
fn networks_for_photographs_behave() {
    behaves(MlpAutoencoderConfig::new(ImageShape::new(3, 10, 7)).hidden([20, 9]));
    let face = FaceAutoencoderConfig::new(ImageShape::new(1, 16, 24));
    behaves(face.clone());
    behaves(face.batch_norm(false));
    behaves(FaceAutoencoderConfig::new(ImageShape::new(1, 25, 25)));
    behaves(FaceAutoencoderConfig::new(ImageShape::new(2, 13, 9)).filters([4, 6]));
    let gray = GrayAutoencoderConfig::new(ImageShape::new(1, 64, 32));
    behaves(gray.clone());
    behaves(gray.affine(true));
    behaves(DriftAutoencoderConfig::new(ImageShape::new(3, 37, 50)));
    let square = DriftAutoencoderConfig::new(ImageShape::new(3, 20, 20));
    behaves(square.n_features(8).decoder(DriftDecoder::Published));
}

#[test]
fn settings_out_of_range_are_named() {
    fn named<C: NetworkConfig>(config: C, name: &str) {
        let error = Autoencoder::untrained(config, 0, Device::Cpu).unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
    named(DenoisingAutoencoderConfig::new(ImageShape::new(1, 30, 28)), "image height");
    named(DenoisingAutoencoderConfig::new(ImageShape::new(1, 28, 28)).filters(0), "filters");
    named(MlpAutoencoderConfig::new(ImageShape::new(0, 8, 8)), "image channels");
    named(MlpAutoencoderConfig::new(ImageShape::new(1024, 65536, 65536)), "pixels");
    named(MlpAutoencoderConfig::new(FACE).hidden([1, 0]), "hidden");
    named(FaceAutoencoderConfig::new(FACE).filters([]), "number of filters");
    named(FaceAutoencoderConfig::new(FACE).filters([8; 7]), "image height");
    named(FaceAutoencoderConfig::new(ImageShape::new(1, 24, 25)), "image width");
    named(GrayAutoencoderConfig::new(ImageShape::new(1, 128, 100)), "image width");
    named(LeNetAutoencoderConfig::new(LeNet::Mnist).n_features(24), "n_features");
    let drift = DriftAutoencoderConfig::new(ImageShape::new(3, 152, 152));
    named(drift.decoder(DriftDecoder::Published), "image size");
    named(DriftAutoencoderConfig::new(ImageShape::new(3, 5000, 152)), "image height");
}

fn pair() -> (Layers, Layers) {
    let init = Initialization::PyTorch;
    let encoder = Layers::new([1, 4, 4]).flatten().relu().linear("code", 3, true, init);
    let decoder = Layers::new([3]).linear("output", 16, true, init).reshape([1, 4, 4]);
    (encoder, decoder)
}

/// A layer larger than any memory is an error before memory is asked for.
#[test]
fn layers_that_no_memory_holds_are_errors() {
    let huge = VaeGanConfig::new(ImageShape::new(1, 4096, 4096)).filters([8192]).n_features(65536);
    let error = Autoencoder::untrained(huge, 0, Device::Cpu).unwrap_err();
    assert!(error.to_string().starts_with("layer size"), "{error}");
}

#[test]
fn layers_that_do_not_fit_are_errors() {
    let (encoder, _) = pair();
    let wrong = Layers::new([4]).reshape([1, 2, 2]);
    let error = EncoderDecoder::check(&encoder, &wrong).unwrap_err();
    assert!(matches!(error, InputError::Shape { place: "network output", .. }), "{error}");
    let deep = Layers::new([1, 4, 4]).conv2d("conv0", Convolution::new(2, 5));
    let error = deep.output_shape().unwrap_err();
    assert!(error.to_string().starts_with("layer input is [1, 4, 4] for Conv2d"), "{error}");
    assert!(Layers::new([0, 4, 4]).output_shape().is_err());
    assert!(Layers::new([2, 4]).flatten().output_shape().is_err());
    assert!(Layers::new([usize::MAX, 4, 4]).flatten().output_shape().is_err());
    assert!(Layers::new([]).batch_norm("norm", BatchNorm::default()).output_shape().is_err());
    let conv = Convolution::new(1, 3).stride(2).padding(1);
    for side in [usize::MAX, usize::MAX - 1, usize::MAX / 2] {
        let wide = Layers::new([1, side, 4]);
        assert!(wide.clone().conv_transpose2d("conv", conv).output_shape().is_err());
        assert!(wide.clone().upsample(usize::MAX).output_shape().is_err());
        // The sides of a convolution shrink; it is an error only where they cannot be counted.
        let _ = wide.conv2d("conv", conv).output_shape();
    }
    for broken in [Convolution::new(0, 3), Convolution::new(2, 0), conv.stride(0)] {
        assert!(Layers::new([1, 4, 4]).conv2d("conv", broken).output_shape().is_err());
    }
    assert!(Layers::new([1, 4, 4]).max_pool2d(0).output_shape().is_err());
}
