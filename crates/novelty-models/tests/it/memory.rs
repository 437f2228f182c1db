//! Memory is bounded by the batch, whatever the size of the dataset.

use std::fs;
use std::ops::ControlFlow;
use std::process::Command;

use ndarray::Array3;
use novelty_core::{
    BatchReport, Dataset, EpochReport, ImageShape, InputError, Sample, TrainObserver,
};
use novelty_models::{Device, MlpAutoencoderConfig, TrainConfig, Trainer, set_threads};

const SHAPE: ImageShape = ImageShape { channels: 3, height: 64, width: 64 };
const BATCH: usize = 128;
/// Kilobytes of a batch on its way through the network.
const BATCH_KB: usize = BATCH * 3 * 64 * 64 * 4 / 1024;
/// Batches after which memory is looked at: when everything has its place, and much later.
const LOOKS: [usize; 2] = [20, 90];

/// Images made when they are asked for, 49 GB of them.
struct Endless;

impl Dataset for Endless {
    type Error = InputError;

    fn len(&self) -> usize {
        1_000_000
    }

    fn image_shape(&self) -> ImageShape {
        SHAPE
    }

    fn get(&self, index: usize) -> Result<Sample, InputError> {
        let value = (index % 97) as f32 / 97.0;
        Ok(Sample::new(Array3::from_elem((3, 64, 64), value)))
    }
}

/// Notes the memory of the process, in kilobytes.
struct Watch(Vec<usize>);

impl TrainObserver for Watch {
    fn on_epoch(&mut self, _: &EpochReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn on_batch(&mut self, report: &BatchReport) -> ControlFlow<()> {
        if LOOKS.contains(&report.batch) {
            self.0.extend(resident());
        }
        if report.batch < LOOKS[1] { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

fn resident() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// What the next test runs, in a process in which nothing else takes memory.
#[test]
fn trainee() {
    if std::env::var_os("NOVELTY_TEST_TRAINEE").is_none() {
        return;
    }
    set_threads(1).unwrap();
    let config = TrainConfig::new().epochs(1).batch_size(BATCH).device(Device::Cpu);
    let trainer = Trainer::new(MlpAutoencoderConfig::new(SHAPE).hidden([32, 8]), config);
    let mut watch = Watch(Vec::new());
    trainer.fit_dataset(&Endless, None::<&Endless>, &mut watch).unwrap();
    let [early, late] = watch.0[..] else { panic!("{:?}", watch.0) };
    let grown = late.saturating_sub(early);
    println!("{early} kB, then {late} kB; a batch has {BATCH_KB} kB");
    assert!(grown < 15 * BATCH_KB, "grew by {grown} kB in {} steps", LOOKS[1] - LOOKS[0]);
}

#[test]
fn training_does_not_grow() {
    if resident().is_none() {
        println!("skipped: this system does not say how much memory a process has");
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory::trainee", "--nocapture"])
        .env("NOVELTY_TEST_TRAINEE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("a batch has"), "{text}");
    println!("{text}");
}
