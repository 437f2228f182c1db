use novelty_core::{Embed, Fit, ImageShape, Reconstruct, Score};
use novelty_models::{
    Autoencoder, CheckpointProblem, DeepSvddConfig, Device, FaceAutoencoderConfig, LeNet,
    LeNetAutoencoder, LeNetAutoencoderConfig, ModelError, ModelRegistry, NetworkConfig, load_any,
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

#[test]
fn published_kinds_are_known() {
    round_trip(LeNetAutoencoderConfig::new(LeNet::Mnist));
    round_trip(FaceAutoencoderConfig::new(ImageShape::new(3, 64, 64)));
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
