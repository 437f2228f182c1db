use novelty_core::{Embed, Fit, ImageShape, Reconstruct, Score, Threshold};
use novelty_models::{
    Autoencoder, CheckpointProblem, ConvAutoencoderConfig, CriticAutoencoderConfig, DeepSvddConfig,
    DenoisingAutoencoderConfig, Device, DriftAutoencoderConfig, FaceAutoencoderConfig,
    GrayAutoencoderConfig, LeNet, LeNetAutoencoder, LeNetAutoencoderConfig, MlpAutoencoderConfig,
    ModelError, ModelRegistry, NetworkConfig, StyleVaeGanConfig, VaeConfig, VaeGanConfig, load_any,
};

use crate::checkpoint::edit_header;
use crate::own_network::{Fault, OwnConfig, own};
use crate::pictures::{bars, config, trained};

#[test]
fn an_autoencoder_is_found_by_its_file() {
    let (mut model, folder) = (trained(), tempfile::tempdir().unwrap());
    model.preprocessing = Some(serde_json::json!("none"));
    model.save(folder.path()).unwrap();
    let any = load_any(folder.path(), Device::Cpu).unwrap();
    let images = bars(9);
    let back = any.as_reconstruct().unwrap().reconstruct(images.view()).unwrap();
    assert_eq!(back, model.reconstruct(images.view()).unwrap());
    assert_eq!(any.embed(images.view()).unwrap(), model.embed(images.view()).unwrap());
    assert_eq!((any.kind().as_str(), any.image_shape()), ("conv_autoencoder", model.image_shape()));
    assert!(any.as_score().is_none() && any.threshold().is_none());
    assert_eq!(any.preprocessing(), model.preprocessing.as_ref());
}

#[test]
fn networks_of_ones_own_can_be_registered() {
    let settings = DeepSvddConfig::new(own(Fault::None)).train(config()).pretraining(None);
    let (model, folder) = (settings.fit(bars(40).view()).unwrap(), tempfile::tempdir().unwrap());
    model.save(folder.path()).unwrap();
    match load_any(folder.path(), Device::Cpu).unwrap_err() {
        ModelError::Checkpoint {
            problem: CheckpointProblem::UnknownKind { got, known }, ..
        } => {
            assert_eq!(got, "deep_svdd/own");
            assert!(known.contains(&"deep_svdd/lenet_autoencoder".to_owned()));
        }
        other => panic!("{other}"),
    }
    let registry = ModelRegistry::new().autoencoder::<OwnConfig>().deep_svdd::<OwnConfig>();
    let any = registry.load(folder.path(), Device::Cpu).unwrap();
    let images = bars(9);
    let scores = any.as_score().unwrap().score(images.view()).unwrap();
    assert_eq!(scores, model.score(images.view()).unwrap());
}

fn round_trip<C: NetworkConfig + 'static>(config: C) {
    let folder = tempfile::tempdir().unwrap();
    Autoencoder::untrained(config, 1, Device::Cpu).unwrap().save(folder.path()).unwrap();
    assert_eq!(load_any(folder.path(), Device::Cpu).unwrap().kind(), C::KIND);
}

/// Every kind of this crate is found by its file.
#[test]
fn published_kinds_are_known() {
    let (small, digit) = (ImageShape::new(1, 8, 8), ImageShape::new(1, 28, 28));
    round_trip(ConvAutoencoderConfig::new(small).filters([4]));
    round_trip(CriticAutoencoderConfig::new(small).filters([4]));
    round_trip(DenoisingAutoencoderConfig::new(small));
    round_trip(DriftAutoencoderConfig::new(small));
    round_trip(FaceAutoencoderConfig::new(ImageShape::new(3, 64, 64)));
    round_trip(GrayAutoencoderConfig::new(ImageShape::new(1, 32, 32)));
    round_trip(LeNetAutoencoderConfig::new(LeNet::Mnist));
    round_trip(MlpAutoencoderConfig::new(small));
    round_trip(StyleVaeGanConfig::new(small, 2));
    round_trip(VaeConfig::new(digit));
    round_trip(VaeGanConfig::new(small));
}

/// With its centre, its radius and its threshold, from the file alone.
#[test]
fn a_hypersphere_is_found_by_its_file() {
    let stage = || config().epochs(1).batch_size(6);
    let settings = DeepSvddConfig::new(LeNetAutoencoderConfig::new(LeNet::Mnist));
    let settings = settings.train(stage()).pretraining(None).soft_boundary(0.3);
    let images = ndarray::Array4::from_shape_fn((12, 1, 28, 28), |(n, _, y, x)| {
        ((n * 31 + y * x) % 11) as f32 / 11.0
    });
    let (mut model, folder) = (settings.fit(images.view()).unwrap(), tempfile::tempdir().unwrap());
    model.threshold = Some(Threshold::new(0.2, "quantile(0.9)", 12));
    model.save(folder.path()).unwrap();
    std::fs::remove_file(folder.path().join("model.json")).unwrap();
    let any = load_any(folder.path(), Device::Cpu).unwrap();
    assert_eq!(any.kind(), "deep_svdd/lenet_autoencoder");
    assert!(any.as_reconstruct().is_none());
    assert_eq!(any.threshold(), model.threshold.as_ref());
    let scores = any.as_score().unwrap().score(images.view()).unwrap();
    assert_eq!(scores, model.score(images.view()).unwrap());
}

#[test]
fn an_unknown_kind_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let config = LeNetAutoencoderConfig::new(LeNet::Mnist);
    let model = LeNetAutoencoder::untrained(config, 1, Device::Cpu).unwrap();
    model.save(folder.path()).unwrap();
    edit_header(folder.path(), |text| text.replacen("lenet_autoencoder", "transformer", 1));
    let error = load_any(folder.path(), Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("unknown kind `transformer`"), "{error}");
}
