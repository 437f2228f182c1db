use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::yield_now;

use ndarray::Array4;
use novelty_core::{EpochReport, Reconstruct};
use novelty_models::{
    AdamConfig, CheckpointProblem, Clip, ConvAutoencoderConfig, History, Keep, ModelError,
    PlateauConfig, RmsPropConfig, Schedule, TrainConfig, Trainer,
};

use crate::pictures::{Images, bars, config, network};

const NONE: Option<&Images> = None;
const FILE: &str = "training.safetensors";

/// Settings under which a run has something of every kind to remember.
fn settings() -> TrainConfig {
    config()
        .epochs(7)
        .learning_rate(0.05)
        .optimizer(AdamConfig::adam_w().amsgrad(true))
        .schedule(Schedule::Plateau(PlateauConfig::default().patience(0).factor(0.5)))
        .clip(Clip::Norm(1.0))
        .keep(Keep::Best)
}

fn trainer(config: TrainConfig, folder: &Path) -> Trainer<ConvAutoencoderConfig> {
    Trainer::new(network(), config).noise(0.1).checkpoints(folder)
}

/// Every weight, by way of the file, and the losses.
type Outcome = (Vec<u8>, Vec<(f64, Option<f64>, f64)>, usize);

fn outcome(trained: novelty_models::Trained<ConvAutoencoderConfig>) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    trained.model.save(folder.path()).unwrap();
    let weights = fs::read(folder.path().join("model.safetensors")).unwrap();
    let History { epochs, kept_epoch, .. } = trained.history;
    let losses = epochs.iter().map(|e| (e.train_loss, e.validation_loss, e.learning_rate));
    (weights, losses.collect(), kept_epoch)
}

fn uninterrupted(config: TrainConfig) -> Outcome {
    let (data, held_out) = (Images(bars(50)), Images(bars(20)));
    let trainer = Trainer::new(network(), config).noise(0.1);
    outcome(trainer.fit_dataset(&data, Some(&held_out), &mut ()).unwrap())
}

fn resumed(config: TrainConfig, folder: &Path) -> Outcome {
    let (data, held_out) = (Images(bars(50)), Images(bars(20)));
    outcome(trainer(config, folder).resume(&data, Some(&held_out), &mut ()).unwrap())
}

fn stop_after(config: TrainConfig, folder: &Path, epochs: usize) {
    let (data, held_out) = (Images(bars(50)), Images(bars(20)));
    let mut stop = |report: &EpochReport| {
        if report.epoch < epochs { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    trainer(config, folder).fit_dataset(&data, Some(&held_out), &mut stop).unwrap();
}

#[test]
fn a_resumed_run_ends_with_the_same_bits() {
    let whole = uninterrupted(settings());
    for epochs in 1..=7 {
        let folder = tempfile::tempdir().unwrap();
        stop_after(settings(), folder.path(), epochs);
        assert_eq!(resumed(settings(), folder.path()), whole, "stopped after {epochs}");
    }
}

#[test]
fn it_goes_on_from_the_last_checkpoint_of_every_optimiser() {
    let full = RmsPropConfig::default().momentum(0.5).centered(true);
    let config = settings().optimizer(full).learning_rate(1e-3).checkpoint_every(3);
    let whole = uninterrupted(config.clone());
    let folder = tempfile::tempdir().unwrap();
    stop_after(config.clone(), folder.path(), 5);
    assert_eq!(resumed(config.clone(), folder.path()), whole);
    // What is done is done.
    assert_eq!(resumed(config, folder.path()), whole);
}

#[test]
fn more_epochs_may_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    stop_after(settings().epochs(4), folder.path(), 4);
    assert_eq!(resumed(settings(), folder.path()), uninterrupted(settings()));
}

#[test]
fn without_a_checkpoint_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(resumed(settings(), folder.path()), uninterrupted(settings()));
}

/// The process that the next test kills; alone it does nothing.
#[test]
fn victim() {
    if let Some(folder) = std::env::var_os("NOVELTY_TEST_VICTIM") {
        resumed(settings(), Path::new(&folder));
    }
}

/// Whether a checkpoint is being written.
fn is_writing(folder: &Path) -> bool {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.into_iter().any(|name| name.to_string_lossy().starts_with('.'))
}

/// Killed after a checkpoint and while one is written, again and again, the run ends where it
/// would have ended.
#[test]
fn a_killed_run_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    for attempt in 0..6 {
        // What an earlier kill left half written.
        for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
            if entry.file_name().to_string_lossy().starts_with('.') {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        let before = fs::read(folder.path().join(FILE)).ok();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "resume::victim"])
            .env("NOVELTY_TEST_VICTIM", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let has_moved = || fs::read(folder.path().join(FILE)).ok() != before;
        let is_time = || has_moved() || attempt % 2 == 1 && is_writing(folder.path());
        while !is_time() && child.try_wait().unwrap().is_none() {
            yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(resumed(settings(), folder.path()), uninterrupted(settings()));
}

fn problem(trainer: &Trainer<ConvAutoencoderConfig>, images: Array4<f32>) -> CheckpointProblem {
    match trainer.resume(&Images(images), NONE, &mut ()) {
        Err(ModelError::Checkpoint { path, problem }) => {
            assert!(path.ends_with(FILE));
            problem
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, data) = (folder.path(), Images(bars(30)));
    let base = || config().epochs(2);
    trainer(base(), path).fit_dataset(&data, NONE, &mut ()).unwrap();
    let wider = Trainer::new(network().n_features(5), base()).noise(0.1).checkpoints(path);
    let cases = [
        (wider, 30, "network or objective"),
        (trainer(base(), path).noise(0.2), 30, "network or objective"),
        (trainer(base().seed(9), path), 30, "training settings"),
        (trainer(base().batch_size(4), path), 30, "training settings"),
        (trainer(base(), path), 31, "number of training samples"),
    ];
    for (trainer, n, expected) in cases {
        let found = problem(&trainer, bars(n));
        assert!(
            matches!(found, CheckpointProblem::OtherRun { what, .. } if what == expected),
            "{expected}: {found}"
        );
    }
}

#[test]
fn a_damaged_training_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, data) = (folder.path().join(FILE), Images(bars(30)));
    let trainer = trainer(config().epochs(1), folder.path());
    trainer.fit_dataset(&data, NONE, &mut ()).unwrap();
    let bytes = fs::read(&path).unwrap();
    for n in (0..bytes.len()).step_by(211) {
        fs::write(&path, &bytes[..n]).unwrap();
        assert!(matches!(problem(&trainer, bars(30)), CheckpointProblem::Malformed(_)), "{n}");
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("optimizers.0.decoder.output.bias.exp_avg_sq"));
    let renamed: Vec<u8> =
        replaced(&bytes, b"decoder.output.bias.exp_avg_sq", b"decoder.output.tilt.exp_avg_sq");
    fs::write(&path, renamed).unwrap();
    assert_eq!(
        problem(&trainer, bars(30)),
        CheckpointProblem::Missing("optimizers.0.decoder.output.bias.exp_avg_sq".to_owned())
    );
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

/// The model made of a resumed run computes as the other does.
#[test]
fn reconstructions_agree() {
    let folder = tempfile::tempdir().unwrap();
    let data = Images(bars(50));
    let fit = trainer(config(), folder.path());
    let once = fit.fit_dataset(&data, NONE, &mut ()).unwrap().model;
    let again = fit.resume(&data, NONE, &mut ()).unwrap().model;
    let probe = bars(9);
    assert_eq!(once.reconstruct(probe.view()).unwrap(), again.reconstruct(probe.view()).unwrap());
}
