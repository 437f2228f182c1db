use std::ops::ControlFlow;

use ndarray::{Array4, s};
use novelty_core::{
    BatchReport, EpochReport, Fit, ImageShape, InputError, Reconstruct, TrainObserver,
};
use novelty_models::{ConvAutoencoderConfig, Keep, ModelError, Schedule, TrainConfig, Trainer};

use crate::pictures::{Images, bars, config, network};

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

#[test]
fn bad_settings_and_data_are_named() {
    let cases = [
        (config().epochs(0), "epochs"),
        (config().batch_size(0), "batch_size"),
        (config().learning_rate(0.0), "learning_rate"),
        (config().learning_rate(f64::NAN), "learning_rate"),
        (config().schedule(Schedule::TimeBased { decay: -1.0 }), "decay"),
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
