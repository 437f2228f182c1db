use ndarray::{Array4, s};
use novelty_core::{Embed, ImageShape, InputError, Reconstruct, check_scorer};
use novelty_models::{ConvAutoencoder, ConvAutoencoderConfig, Device, ModelError};
use novelty_scoring::ReconstructionError;

use crate::pictures::{bars, network, trained};

fn untrained(config: ConvAutoencoderConfig) -> Result<ConvAutoencoder, ModelError> {
    ConvAutoencoder::untrained(config, 1, Device::Cpu)
}

#[test]
fn it_has_the_published_number_of_parameters() {
    let config = ConvAutoencoderConfig::new(ImageShape::new(1, 28, 28));
    assert_eq!(untrained(config).unwrap().n_parameters(), 178_385);
}

#[test]
fn shapes_follow_the_settings() {
    let config = ConvAutoencoderConfig::new(ImageShape::new(3, 16, 24));
    let config = config.filters([4, 8, 16]).n_features(5);
    let model = untrained(config).unwrap();
    let images = Array4::from_elem((3, 3, 16, 24), 0.5);
    assert_eq!(model.embed(images.view()).unwrap().dim(), (3, 5));
    let back = model.reconstruct(images.view()).unwrap();
    assert_eq!(back.dim(), images.dim());
    assert!(back.iter().all(|x| (0.0..=1.0).contains(x)));
    let none = images.slice(s![..0, .., .., ..]);
    assert_eq!(model.embed(none).unwrap().dim(), (0, 5));
    assert_eq!(model.reconstruct(none).unwrap().dim(), (0, 3, 16, 24));
}

#[test]
fn its_scorers_keep_the_contract() {
    let (model, images) = (trained(), bars(40));
    check_scorer(&ReconstructionError::mse(&model), images.view()).unwrap();
    check_scorer(&ReconstructionError::mae(&model), images.view()).unwrap();
}

/// More images than are computed at a time come out as they do alone, to the rounding of sums.
#[test]
fn parts_join_in_order() {
    let (model, images) = (trained(), bars(300));
    let all = model.embed(images.view()).unwrap();
    for i in [0, 255, 256, 299] {
        let one = model.embed(images.slice(s![i..=i, .., .., ..])).unwrap();
        let far = (&all.row(i) - &one.row(0)).iter().fold(0.0_f32, |m, d| m.max(d.abs()));
        assert!(far < 1e-4, "image {i} moved by {far}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let broken = [
        (network().filters([]), "number of filters"),
        (network().filters([4, 0]), "filters"),
        (network().filters([4; 4]), "image height"),
        (network().n_features(0), "n_features"),
        (network().negative_slope(1.0), "negative_slope"),
        (network().batch_norm_epsilon(f64::NAN), "batch_norm_epsilon"),
        (network().batch_norm_momentum(0.0), "batch_norm_momentum"),
    ];
    for (config, name) in broken {
        let error = untrained(config).unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
}

#[test]
fn bad_images_are_errors() {
    let model = untrained(network()).unwrap();
    let wide = Array4::zeros((2, 1, 8, 9));
    assert!(matches!(
        model.reconstruct(wide.view()),
        Err(ModelError::Input(InputError::Shape { place: "images", .. }))
    ));
    let mut bad = bars(2);
    bad[[1, 0, 0, 0]] = f32::NAN;
    assert!(matches!(
        model.embed(bad.view()),
        Err(ModelError::Input(InputError::NotFinite { index: 64, .. }))
    ));
    let mut huge = bars(2);
    huge[[1, 0, 0, 0]] = f32::MAX;
    assert!(!matches!(model.embed(huge.view()), Ok(codes) if codes.iter().any(|x| !x.is_finite())));
}
