use std::ops::ControlFlow;

use ndarray::{Array4, s};
use novelty_core::{
    BatchReport, EpochReport, Fit, ImageShape, InputError, Reconstruct, TrainObserver,
};
use novelty_models::{
    AdadeltaConfig, Autoencoder, Clip, ConvAutoencoder, ConvAutoencoderConfig, ConvergenceConfig,
    CsvObserver, Device, Keep, Loss, LossTarget, ModelError, Monitor, Observers, OptimizerConfig,
    PlateauConfig, ProgressObserver, RmsPropConfig, Schedule, SgdConfig, TrainConfig, Trainer,
};

use crate::own_network::{Fault, own};
use crate::pictures::{Images, bars, config, network, trained};

const NONE: Option<&Images> = None;

fn fit(config: TrainConfig, images: Array4<f32>) -> Result<Array4<f32>, ModelError> {
    let probe = bars(9);
    Trainer::new(network(), config).fit(images.view())?.reconstruct(probe.view())
}

#[test]
fn the_loss_falls() {
    let trainer = Trainer::new(network(), config().epochs(15));
    let data = Images(bars(64));
    let history = trainer.fit_dataset(&data, Some(&data), &mut ()).unwrap().history;
    let (first, last) = (history.epochs[0].train_loss, history.final_train_loss().unwrap());
    assert!(last < 0.5 * first, "{first} to {last}");
    assert_eq!((history.epochs.len(), history.kept_epoch), (15, 15));
    assert!(history.epochs.iter().all(|epoch| epoch.validation_loss.is_some()));
}

#[test]
fn one_seed_gives_the_same_bits() {
    let once = fit(config(), bars(50)).unwrap();
    assert_eq!(once, fit(config(), bars(50)).unwrap());
    assert_ne!(once, fit(config().seed(4), bars(50)).unwrap());
}

#[test]
fn a_last_batch_of_one_is_trained_on() {
    assert!(fit(config().batch_size(16), bars(33)).is_ok());
}

#[test]
fn the_best_epoch_is_kept() {
    let data = Images(bars(48));
    // A rate far too high, so that the loss does not fall steadily.
    let config = config().epochs(8).learning_rate(0.2).keep(Keep::Best);
    let trained = Trainer::new(network(), config).fit_dataset(&data, Some(&data), &mut ());
    let trained = trained.unwrap();
    let losses: Vec<f64> =
        trained.history.epochs.iter().filter_map(|epoch| epoch.validation_loss).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[trained.history.kept_epoch - 1].to_bits(), best.to_bits());
    let back = trained.model.reconstruct(data.0.view()).unwrap();
    let loss = (back - &data.0).mapv(|d| f64::from(d * d)).mean().unwrap();
    assert!((loss - best).abs() < 1e-6, "{loss} != {best}");
}

#[test]
fn the_schedule_sets_the_rate() {
    let config = config().epochs(2).schedule(Schedule::TimeBased { decay: 0.1 });
    let history =
        Trainer::new(network(), config).fit_dataset(&Images(bars(32)), NONE, &mut ()).unwrap();
    // Two steps an epoch: the last is step 3, counted from 0.
    let rate = history.history.epochs[1].learning_rate;
    assert!((rate - 5e-3 / 1.3).abs() < 1e-12, "{rate}");
}

/// Stops after a batch.
struct StopAt(usize, usize);

impl TrainObserver for StopAt {
    fn on_epoch(&mut self, _: &EpochReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn on_batch(&mut self, report: &BatchReport) -> ControlFlow<()> {
        assert_eq!((report.n_epochs, report.n_batches), (3, 4));
        let here = (report.epoch, report.batch) == (self.0, self.1);
        if here { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn an_observer_can_stop_at_a_batch_or_an_epoch() {
    let data = Images(bars(64));
    let trainer = Trainer::new(network(), config());
    let stopped = trainer.fit_dataset(&data, NONE, &mut StopAt(2, 3)).unwrap().history;
    assert!(stopped.is_cancelled);
    assert_eq!(stopped.epochs.len(), 2);
    let mut one = |_: &EpochReport| ControlFlow::Break(());
    let stopped = trainer.fit_dataset(&data, NONE, &mut one).unwrap().history;
    assert_eq!((stopped.is_cancelled, stopped.epochs.len()), (true, 1));
}

#[test]
fn a_diverging_loss_names_the_epoch_and_the_batch() {
    let wild = config().learning_rate(1e30).epochs(20);
    let error = fit(wild, bars(64)).unwrap_err();
    assert!(
        matches!(error, ModelError::Diverged { epoch: 1.., batch: 1.., loss } if !loss.is_finite()),
        "{error}"
    );
}

/// What the last step of an epoch breaks, no loss of that epoch shows.
#[test]
fn a_last_step_that_diverges_is_an_error() {
    let one_step = |rate| config().learning_rate(rate).epochs(1).batch_size(64);
    let error = fit(one_step(1e39), bars(64)).unwrap_err();
    assert!(matches!(error, ModelError::DivergedWeights { epoch: 1, .. }), "{error}");
    let data = Images(bars(64));
    let trainer = Trainer::new(network(), one_step(1e20));
    let error = trainer.fit_dataset(&data, Some(&data), &mut ()).unwrap_err();
    assert!(
        matches!(error, ModelError::DivergedInValidation { epoch: 1, batch: 1, loss } if !loss.is_finite()),
        "{error}"
    );
}

/// libtorch would have compared every image with every other.
#[test]
fn a_network_of_ones_own_that_draws_other_shapes_is_refused() {
    let trainer = Trainer::new(own(Fault::Flat), config());
    let is_named = |error: &ModelError| {
        matches!(error, ModelError::Input(InputError::Shape { place: "network output", expected, got })
            if expected == &[16, 1, 8, 8] && got == &[16, 8, 8])
    };
    let error = trainer.fit(bars(16).view()).unwrap_err();
    assert!(is_named(&error), "{error}");
    let model = Autoencoder::untrained(own(Fault::Flat), 0, Device::Cpu).unwrap();
    let error = model.reconstruct(bars(16).view()).unwrap_err();
    assert!(is_named(&error), "{error}");
}

#[test]
fn bad_settings_and_data_are_named() {
    let cases = [
        (config().epochs(0), "epochs"),
        (config().batch_size(0), "batch_size"),
        (config().learning_rate(0.0), "learning_rate"),
        (config().learning_rate(f64::NAN), "learning_rate"),
        (config().schedule(Schedule::TimeBased { decay: -1.0 }), "decay"),
        (config().schedule(Schedule::Step { every: 0, factor: 0.1 }), "every"),
        (config().schedule(Schedule::MultiStep { milestones: vec![1], factor: 0.0 }), "factor"),
        (config().schedule(Schedule::Cosine { min_rate: f64::NAN }), "min_rate"),
        (config().clip(Clip::Norm(0.0)), "clip norm"),
        (config().convergence(ConvergenceConfig::default().patience(0)), "convergence patience"),
        (config().convergence(watching()), "monitor"),
        (config().checkpoint_every(0), "checkpoint_every"),
        (config().drop_last(true), "batch_size"),
    ];
    for (config, name) in cases {
        let error = fit(config, bars(8)).unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
    assert!(matches!(
        fit(config(), bars(8).slice(s![..0, .., .., ..]).to_owned()),
        Err(ModelError::Input(InputError::Empty { place: "training set" }))
    ));
    let other = ConvAutoencoderConfig::new(ImageShape::new(1, 16, 8));
    assert!(matches!(
        Trainer::new(other, config()).fit(bars(8).view()),
        Err(ModelError::Input(InputError::Shape { place: "training set", .. }))
    ));
    let mut bad = bars(8);
    bad[[5, 0, 1, 1]] = f32::INFINITY;
    let trained = Trainer::new(network(), config()).fit_dataset(&Images(bad), NONE, &mut ());
    assert!(matches!(trained, Err(ModelError::Dataset { index: 5, .. })));
}

/// A batch larger than the data is the data.
#[test]
fn a_batch_may_be_larger_than_the_data() {
    assert!(fit(config().batch_size(usize::MAX), bars(8)).is_ok());
}

fn watching() -> ConvergenceConfig {
    ConvergenceConfig::default().monitor(Monitor::Validation)
}

#[test]
fn every_optimiser_learns() {
    let optimizers: [(OptimizerConfig, f64); 3] = [
        (SgdConfig::default().momentum(0.9).nesterov(true).into(), 0.3),
        (AdadeltaConfig::default().into(), 1.0),
        (RmsPropConfig::default().into(), 2e-3),
    ];
    for (optimizer, rate) in optimizers {
        let config = config().epochs(15).optimizer(optimizer).learning_rate(rate);
        let trained = Trainer::new(network(), config).fit_dataset(&Images(bars(64)), NONE, &mut ());
        let epochs = trained.unwrap().history.epochs;
        let (first, last) = (epochs[0].train_loss, epochs[14].train_loss);
        assert!(last < 0.8 * first, "{optimizer:?}: {first} to {last}");
    }
}

/// On 8x8 images of one channel the sums are 64 times the means.
#[test]
fn losses_are_means_or_sums_over_pixels() {
    let loss_of = |loss| {
        let trainer = Trainer::new(network(), config().epochs(1).learning_rate(1e-12)).loss(loss);
        let data = Images(bars(32));
        trainer.fit_dataset(&data, Some(&data), &mut ()).unwrap().history.epochs.remove(0)
    };
    let pairs = [
        (Loss::MeanSquaredError, Loss::SummedSquaredError),
        (Loss::BinaryCrossEntropy, Loss::SummedBinaryCrossEntropy),
    ];
    for (mean, sum) in pairs {
        let (mean, sum) = (loss_of(mean), loss_of(sum));
        assert!((sum.train_loss / mean.train_loss - 64.0).abs() < 1e-3);
        let ratio = sum.validation_loss.unwrap() / mean.validation_loss.unwrap();
        assert!((ratio - 64.0).abs() < 1e-3);
    }
}

/// The target is the clean image: who was trained on noise removes it better.
#[test]
fn noise_is_removed() {
    let clean = bars(64);
    let mut noisy = clean.clone();
    noisy.indexed_iter_mut().for_each(|((n, _, y, x), value)| {
        *value = (*value + 0.5 * ((n * 71 + y * 57 + x * 38) as f32).sin()).clamp(0.0, 1.0);
    });
    let error_of = |noise| {
        let network = network().batch_norm_momentum(0.1);
        let trainer = Trainer::new(network, config().epochs(120)).noise(noise);
        let model = trainer.fit(clean.view()).unwrap();
        (model.reconstruct(noisy.view()).unwrap() - &clean).mapv(|d| d * d).mean().unwrap()
    };
    let (trained_on_noise, not) = (error_of(0.4), error_of(0.0));
    assert!(trained_on_noise < 0.8 * not, "{trained_on_noise} {not}");
    let broken = Trainer::new(network(), config()).noise(f32::NAN);
    assert!(broken.fit(clean.view()).unwrap_err().to_string().starts_with("noise"));
}

#[test]
fn it_stops_when_the_loss_has_converged() {
    let rule = ConvergenceConfig::default().patience(3).tolerance(0.5);
    let config = config().epochs(50).learning_rate(1e-6).convergence(rule);
    let trained = Trainer::new(network(), config).fit_dataset(&Images(bars(32)), NONE, &mut ());
    let history = trained.unwrap().history;
    assert_eq!((history.is_converged, history.is_cancelled), (true, false));
    // The first epoch sets the mark, three more do not get below half of it.
    assert_eq!(history.epochs.len(), 4);
}

#[test]
fn a_plateau_lowers_the_rate() {
    let plateau = PlateauConfig::default().patience(1).tolerance(0.9);
    let plateau = plateau.monitor(Monitor::Validation);
    let config = config().epochs(6).learning_rate(1e-3).schedule(Schedule::Plateau(plateau));
    let data = Images(bars(32));
    let trained = Trainer::new(network(), config.clone()).fit_dataset(&data, Some(&data), &mut ());
    let rates: Vec<_> =
        trained.unwrap().history.epochs.iter().map(|epoch| epoch.learning_rate).collect();
    for (rate, wanted) in rates.iter().zip([1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-5]) {
        assert!((rate / wanted - 1.0).abs() < 1e-9, "{rates:?}");
    }
    let error = Trainer::new(network(), config).fit(bars(8).view()).unwrap_err();
    assert!(error.to_string().starts_with("monitor"), "{error}");
}

#[test]
fn what_does_not_fill_a_batch_can_be_left_out() {
    let mut n_batches = Vec::new();
    struct Count<'a>(&'a mut Vec<usize>);
    impl TrainObserver for Count<'_> {
        fn on_epoch(&mut self, _: &EpochReport) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
        fn on_batch(&mut self, report: &BatchReport) -> ControlFlow<()> {
            self.0.push(report.n_batches);
            ControlFlow::Continue(())
        }
    }
    let config = config().epochs(1).batch_size(10).drop_last(true);
    let data = Images(bars(29));
    Trainer::new(network(), config).fit_dataset(&data, NONE, &mut Count(&mut n_batches)).unwrap();
    assert_eq!(n_batches, [2, 2]);
}

#[test]
fn observers_write_what_happens() {
    let mut table = CsvObserver::new(Vec::new());
    let mut lines = ProgressObserver::new(Vec::new());
    let mut target = LossTarget(f64::MAX);
    let mut all = Observers::new().and(&mut table).and(&mut lines).and(&mut target);
    let data = Images(bars(32));
    let trained = Trainer::new(network(), config()).fit_dataset(&data, NONE, &mut all).unwrap();
    assert!(trained.history.is_cancelled);
    assert_eq!(String::from_utf8(table.into_inner()).unwrap(), trained.history.to_csv());
    let lines = String::from_utf8(lines.into_inner()).unwrap();
    assert!(lines.starts_with("epoch 1/3: loss 0.") && lines.lines().count() == 1, "{lines}");
}

/// A writer that fails does not end the run.
#[test]
fn a_full_disk_does_not_end_training() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut table = CsvObserver::new(Full);
    let data = Images(bars(32));
    let trained = Trainer::new(network(), config()).fit_dataset(&data, NONE, &mut table).unwrap();
    assert_eq!(trained.history.epochs.len(), 3);
    assert_eq!(table.error().unwrap().kind(), std::io::ErrorKind::StorageFull);
}

/// What was prepared for inference before a training is not what the training made.
#[test]
fn a_model_trained_further_answers_by_its_new_weights() {
    let (model, data, folder) = (trained(), Images(bars(32)), tempfile::tempdir().unwrap());
    let before = model.reconstruct(data.0.view()).unwrap();
    let trainer = Trainer::new(network(), config());
    let model = trainer.fit_model(model, &data, NONE, &mut ()).unwrap().model;
    let after = model.reconstruct(data.0.view()).unwrap();
    model.save(folder.path()).unwrap();
    let same = ConvAutoencoder::load(folder.path(), Device::Cpu).unwrap();
    assert_ne!(before, after);
    assert_eq!(same.reconstruct(data.0.view()).unwrap(), after);
}
