use std::ops::ControlFlow;

use ndarray::{Array4, Axis, s};
use novelty_core::{
    Dataset, Embed, EpochReport, Fit, ImageShape, InputError, Sample, Score, check_scorer,
};
use novelty_models::{
    CheckpointProblem, DeepSvdd, DeepSvddConfig, Device, GrayAutoencoderConfig, LeNet,
    LeNetAutoencoderConfig, ModelError, RadiusRule, SvddObjective, TrainConfig, TrainedDeepSvdd,
};

use crate::checkpoint::edit_header;
use crate::own_network::{Fault, OwnConfig, own};
use crate::pictures::{Images, bars, config};

fn settings() -> DeepSvddConfig<OwnConfig> {
    let stage = || config().epochs(4).learning_rate(1e-3);
    DeepSvddConfig::new(own(Fault::None)).train(stage()).pretraining(stage())
}

fn soft(warm_up: usize, radius: RadiusRule) -> DeepSvddConfig<OwnConfig> {
    settings().objective(SvddObjective::SoftBoundary { nu: 0.2, warm_up, radius })
}

fn trained(config: &DeepSvddConfig<OwnConfig>) -> TrainedDeepSvdd<OwnConfig> {
    config.fit_dataset(&Images(bars(90)), &mut ()).unwrap()
}

/// Horizontal bars, of which the training images have none.
fn odd(n: usize) -> Array4<f32> {
    let mut images = bars(n);
    images.swap_axes(2, 3);
    images.as_standard_layout().into_owned()
}

#[test]
fn normal_images_come_near_the_centre() {
    let settings = settings().train(config().epochs(30).learning_rate(1e-3));
    let TrainedDeepSvdd { model, history, pretraining } = trained(&settings);
    let (first, last) = (history.epochs[0].train_loss, history.final_train_loss().unwrap());
    assert!(last < 0.5 * first, "{first} to {last}");
    assert_eq!(pretraining.unwrap().epochs.len(), 4);
    assert!(model.center().iter().all(|x| x.abs() >= 0.1 - 1e-6));
    let norms = history.measure("center_norm").unwrap();
    assert!(norms.len() == 30 && norms.iter().all(|norm| norm.to_bits() == norms[0].to_bits()));
    let mean = |images: Array4<f32>| model.score(images.view()).unwrap().mean().unwrap();
    assert!(mean(odd(40)) > 2.0 * mean(bars(40)), "{} {}", mean(odd(40)), mean(bars(40)));
    assert_eq!(model.n_parameters(), 36 + 64 * 6);
}

#[test]
fn its_scores_keep_the_contract() {
    for config in [settings(), soft(1, RadiusRule::AllData)] {
        let model = trained(&config).model;
        check_scorer(&model, bars(40).view()).unwrap();
        assert_eq!(model.embed(bars(3).view()).unwrap().dim(), (3, 6));
        assert!(model.score(bars(4).slice(s![.., .., ..7, ..])).is_err());
    }
}

#[test]
fn the_score_is_the_squared_distance() {
    let model = trained(&settings()).model;
    let (images, center) = (bars(9), model.center().to_vec());
    let (codes, scores) =
        (model.embed(images.view()).unwrap(), model.score(images.view()).unwrap());
    for (code, score) in codes.outer_iter().zip(scores) {
        let distance: f32 = code.iter().zip(&center).map(|(x, c)| (x - c) * (x - c)).sum();
        assert!((distance / score - 1.0).abs() < 1e-4);
    }
}

/// The radius is that of the final weights, whatever the warm-up.
#[test]
fn a_share_nu_of_the_training_data_is_outside() {
    for warm_up in [0, 2, 10] {
        let TrainedDeepSvdd { model, history, .. } = trained(&soft(warm_up, RadiusRule::AllData));
        let outside = model.score(bars(90).view()).unwrap().iter().filter(|&&x| x > 0.0).count();
        assert!((17..=19).contains(&outside), "{outside} of 90 outside");
        let radii = history.measure("radius").unwrap();
        for (i, &radius) in radii.iter().enumerate() {
            assert_eq!(radius > 0.0, i + 1 >= warm_up, "{warm_up}: {radii:?}");
        }
    }
}

/// As the authors' code: the radius stays 0 in the warm-up and is then that of each batch.
#[test]
fn the_radius_of_the_last_batch_is_offered() {
    let TrainedDeepSvdd { model, history, .. } = trained(&soft(2, RadiusRule::LastBatch));
    let radii = history.measure("radius").unwrap();
    assert!(radii[..2].iter().all(|&r| r <= 0.0) && radii[2..].iter().all(|&r| r > 0.0));
    assert_eq!(model.radius().unwrap().to_bits(), radii[3].to_bits());
}

#[test]
fn pretraining_gives_the_encoder_its_weights_and_statistics() {
    // A second stage that stands still shows what it began with.
    let still = config().epochs(1).learning_rate(1e-30);
    let with = trained(&settings().train(still.clone())).model;
    let without = trained(&settings().train(still).pretraining(None)).model;
    let codes = |model: &DeepSvdd<OwnConfig>| model.embed(bars(8).view()).unwrap();
    assert_ne!(codes(&with), codes(&without));
    let loss = |m: &DeepSvdd<OwnConfig>| m.score(bars(90).view()).unwrap().mean().unwrap();
    assert!(loss(&with).is_finite() && loss(&without).is_finite());
}

/// Images with labels: every third is a known anomaly, every second of the rest is known normal.
struct Labelled(Array4<f32>);

impl Dataset for Labelled {
    type Error = InputError;

    fn len(&self) -> usize {
        self.0.len_of(Axis(0))
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape::new(1, 8, 8)
    }

    fn get(&self, index: usize) -> Result<Sample, InputError> {
        let sample = Sample::new(self.0.index_axis(Axis(0), index).to_owned());
        Ok(match index % 6 {
            0 | 3 => sample.is_anomalous(true),
            1 | 5 => sample.is_anomalous(false),
            _ => sample,
        })
    }
}

#[test]
fn known_anomalies_are_pushed_away() {
    let mut images = bars(90);
    let anomalies = odd(90);
    for i in (0..90).step_by(3) {
        images.index_axis_mut(Axis(0), i).assign(&anomalies.index_axis(Axis(0), i));
    }
    let stage = || config().epochs(20).learning_rate(1e-3);
    let deep_sad = DeepSvddConfig::semi_supervised(own(Fault::None));
    let deep_sad = deep_sad.train(stage()).pretraining(stage());
    let supervised = deep_sad.fit_dataset(&Labelled(images.clone()), &mut ()).unwrap().model;
    let blind = settings().train(stage()).pretraining(stage());
    let blind = blind.fit_dataset(&Images(images), &mut ()).unwrap().model;
    let ratio = |model: &DeepSvdd<OwnConfig>| {
        let mean = |images: Array4<f32>| model.score(images.view()).unwrap().mean().unwrap();
        mean(odd(60)) / mean(bars(60))
    };
    assert!(ratio(&supervised) > 2.0 * ratio(&blind), "{} {}", ratio(&supervised), ratio(&blind));
    check_scorer(&supervised, bars(40).view()).unwrap();
}

#[test]
fn networks_that_can_collapse_are_refused() {
    for (fault, part) in [(Fault::Bias, "encoder.code.tilt"), (Fault::Bounded, "the code")] {
        let config = DeepSvddConfig::new(own(fault));
        match config.fit_dataset(&Images(bars(20)), &mut ()).unwrap_err() {
            ModelError::CanCollapse { part: found, .. } => assert_eq!(found, part),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_collapsed_model_is_an_error() {
    let config = DeepSvddConfig::new(own(Fault::Dead));
    let stage = TrainConfig::new().epochs(1).device(Device::Cpu);
    let config = config.train(stage).pretraining(None);
    let error = config.fit_dataset(&Images(bars(20)), &mut ()).unwrap_err();
    assert!(matches!(error, ModelError::Collapsed { n_samples: 20, .. }), "{error}");
}

#[test]
fn a_reloaded_model_scores_the_same_bits() {
    for config in [settings(), soft(1, RadiusRule::AllData)] {
        let mut model = trained(&config).model;
        model.preprocessing = Some(serde_json::json!({"min": -0.7, "max": 12.0}));
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        let same = DeepSvdd::<OwnConfig>::load(folder.path(), Device::Cpu).unwrap();
        let probe = bars(20);
        assert_eq!(same.score(probe.view()).unwrap(), model.score(probe.view()).unwrap());
        assert_eq!((same.center(), same.radius()), (model.center(), model.radius()));
        assert_eq!(same.preprocessing, model.preprocessing);
    }
}

#[test]
fn a_sphere_that_does_not_fit_is_refused() {
    let model = trained(&soft(1, RadiusRule::AllData)).model;
    let edits = [("center", "[", "[0.5, "), ("radius", ": ", ": -")];
    for (name, old, new) in edits {
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        edit_header(folder.path(), |text| {
            let at = text.find(&format!("\\\"{name}\\\"")).unwrap();
            format!("{}{}", &text[..at], text[at..].replacen(old, new, 1))
        });
        let error = DeepSvdd::<OwnConfig>::load(folder.path(), Device::Cpu).unwrap_err();
        let ModelError::Checkpoint { problem, .. } = error else { panic!("{error}") };
        assert!(matches!(problem, CheckpointProblem::Description(_)), "{name}: {problem}");
    }
}

#[test]
fn a_resumed_run_ends_with_the_same_bits() {
    let base = soft(1, RadiusRule::AllData);
    let scores = |trained: TrainedDeepSvdd<OwnConfig>| {
        let model = trained.model;
        (model.score(bars(30).view()).unwrap(), model.radius(), model.center().to_vec())
    };
    let whole = scores(trained(&base));
    let data = Images(bars(90));
    for n_epochs in [2, 5, 7] {
        let folder = tempfile::tempdir().unwrap();
        let config = base.clone().checkpoints(folder.path());
        // The observer fails in the middle of a stage, as a kill would: by a panic.
        let mut seen = 0;
        let mut stop = |_: &EpochReport| {
            seen += 1;
            assert!(seen < n_epochs, "stopped");
            ControlFlow::Continue(())
        };
        let stopped = std::panic::AssertUnwindSafe(|| config.fit_dataset(&data, &mut stop));
        assert!(std::panic::catch_unwind(stopped).is_err());
        assert_eq!(scores(config.resume(&data, &mut ()).unwrap()), whole, "{n_epochs}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let cases = [
        (settings().soft_boundary(0.0), "nu"),
        (settings().soft_boundary(f64::NAN), "nu"),
        (settings().objective(SvddObjective::SemiSupervised { eta: 0.0 }), "eta"),
        (settings().center_epsilon(-1.0), "center_epsilon"),
        (settings().train(config().epochs(0)), "epochs"),
        (settings().pretraining(config().batch_size(0)), "batch_size"),
    ];
    for (config, name) in cases {
        let error = config.fit(bars(8).view()).unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
    let empty = bars(1).slice(s![..0, .., .., ..]).to_owned();
    assert!(matches!(
        settings().fit(empty.view()),
        Err(ModelError::Input(InputError::Empty { place: "training set" }))
    ));
}

/// The published encoders pass the check, and count as published.
#[test]
fn published_encoders_stand_alone() {
    let counts = [
        (LeNet::Mnist, 7_272, (1, 28)),
        (LeNet::FashionMnist, 222_096, (1, 28)),
        (LeNet::Cifar10, 520_544, (3, 32)),
    ];
    for (network, count, (channels, side)) in counts {
        let images = Array4::from_shape_fn((6, channels, side, side), |(n, c, y, x)| {
            ((n * 31 + c * 7 + y * x) % 11) as f32 / 11.0
        });
        let stage = config().epochs(1).batch_size(6);
        let settings = DeepSvddConfig::new(LeNetAutoencoderConfig::new(network));
        let model = settings.train(stage).pretraining(None).fit(images.view()).unwrap();
        assert_eq!(model.n_parameters(), count);
    }
    let shape = ImageShape::new(1, 64, 64);
    let affine = DeepSvddConfig::new(GrayAutoencoderConfig::new(shape).affine(true));
    let images = Array4::from_elem((2, 1, 64, 64), 0.5);
    assert!(matches!(affine.fit(images.view()), Err(ModelError::CanCollapse { .. })));
}
