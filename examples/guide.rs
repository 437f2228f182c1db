//! From a folder of good parts to a running monitor: the ten steps of `docs/GUIDE.md`, one
//! function a step.
//!
//! Source: ours. Data: the synthetic inspection set, drawn for the run, or a tree in the layout of
//! MVTec AD. Time: about a minute on two cores.
//!
//!     cargo run --release -p novelty-examples --example guide
//!     cargo run --release -p novelty-examples --example guide -- --data ROOT --category bottle

#![expect(clippy::print_stdout, reason = "a guide shows what each step gives")]

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use ndarray::{Array4, Axis, concatenate};
use novelty::cluster::{ImagePca, PcaConfig};
use novelty::core::Threshold;
use novelty::data::{
    ImageFileDataset, ImageReadConfig, InMemoryDataset, InspectionCategory, InspectionConfig,
    MvtecDataset, Split,
};
use novelty::drift::{
    ClassModel, EventKind, ModelBank, Monitor, MonitorConfig, MonitorReference, MonitorState,
    ScoreDriftConfig, ScoreTest, train_class,
};
use novelty::metrics::{f1_max, roc_auc};
use novelty::models::{ConvAutoencoder, ConvAutoencoderConfig, Device, TrainConfig, Trainer};
use novelty::prelude::*;
use novelty::report::{Figure, HeatMap, HeatSample, write_atomic};
use novelty::scoring::{
    ConformalPValues, ConformalThreshold, PatchMemory, PatchMemoryConfig, QuantileThreshold,
    ReconstructionError,
};
use novelty_examples::{CommonArguments, EpochBar, Output};

/// Goes through the ten steps of the guide, on parts drawn for it or on yours.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    /// The kind of part, a folder below the data
    #[arg(long, default_value = "washer")]
    category: String,
}

type PartMonitor = Monitor<PatchMemory, ImagePca>;

fn main() -> anyhow::Result<()> {
    let Arguments { common, category } = Arguments::parse();
    common.start()?;
    let output = Output::create(common.out_or("guide"))?;
    let root = match &common.data {
        Some(root) => root.clone(),
        None => drawn(&output, common.smoke)?,
    };

    let parts = read(&root.join(&category).join("train/good"))?;
    let (learned, held_out) = hold_back(&parts);
    let inspector = learn(learned)?;
    let (reference, threshold) = choose_threshold(&inspector, held_out)?;
    let test = read_new(&root, &category)?;
    let scores = judge(&inspector, &threshold, &reference, test.images())?;
    show(&inspector, &test, &scores, &output)?;
    measure(&scores, &test, learned)?;
    train_network(learned, &test, &output, common.epochs_or(40), common.seed)?;
    detect_drift(&reference, &scores)?;
    let monitor = start_monitor(learned, held_out)?;
    let monitor = watch(monitor, &stream(&test, common.seed)?)?;
    save_and_restore(&monitor, &output)
}

/// The synthetic set, for those who have no parts at hand.
fn drawn(output: &Output, smoke: bool) -> anyhow::Result<PathBuf> {
    let root = output.path("inspection");
    if !root.exists() {
        let config = InspectionConfig::new().side(64).n_train(if smoke { 60 } else { 160 });
        config.n_test_good(20).n_per_defect(if smoke { 2 } else { 6 }).write(&root)?;
    }
    Ok(root)
}

/// Step 2.
fn read(folder: &Path) -> anyhow::Result<InMemoryDataset> {
    let config = ImageReadConfig::new().size(32, 32);
    let parts = InMemoryDataset::read(&ImageFileDataset::open_flat(folder, &config)?)?;
    println!("{} good parts of {}", parts.len(), parts.image_shape());
    Ok(parts)
}

/// Step 3.
fn hold_back(parts: &InMemoryDataset) -> (Images<'_>, Images<'_>) {
    let n_learned = parts.len() * 2 / 3;
    let (learned, held_out) = parts.images().split_at(Axis(0), n_learned);
    (learned, held_out)
}

/// Step 4.
fn learn(learned: Images<'_>) -> anyhow::Result<PatchMemory> {
    let inspector = PatchMemoryConfig::new().fit(learned)?;
    Ok(inspector)
}

/// Step 5.
fn choose_threshold(
    inspector: &PatchMemory,
    held_out: Images<'_>,
) -> anyhow::Result<(Vec<f32>, Threshold)> {
    let reference = inspector.score(held_out)?.to_vec();
    let threshold = ConformalThreshold::new(0.05).select(&reference, None)?;
    println!("anomalous above {:.3}", threshold.value);
    Ok((reference, threshold))
}

fn read_new(root: &Path, category: &str) -> anyhow::Result<InMemoryDataset> {
    let config = ImageReadConfig::new().size(32, 32);
    let test = MvtecDataset::open_with(root, category, Split::Test, &config)?;
    Ok(InMemoryDataset::read(&test)?)
}

/// Step 6.
fn judge(
    inspector: &PatchMemory,
    threshold: &Threshold,
    reference: &[f32],
    new: Images<'_>,
) -> anyhow::Result<Vec<f32>> {
    let scores = inspector.score(new)?.to_vec();
    let flagged = threshold.judge(&scores)?;
    let p_values = ConformalPValues::new(reference)?;
    for &i in flagged.iter().take(3) {
        println!("image {i}: score {:.2}, p = {:.3}", scores[i], p_values.p_value(scores[i])?);
    }
    println!("{} of {} flagged", flagged.len(), scores.len());
    Ok(scores)
}

/// Step 6, as pictures.
fn show(
    inspector: &PatchMemory,
    test: &InMemoryDataset,
    scores: &[f32],
    output: &Output,
) -> anyhow::Result<()> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order.truncate(6);
    let images = test.images().select(Axis(0), &order);
    let maps = inspector.score_map(images.view())?;
    let mut figure = HeatMap::new("Where the worst parts are odd");
    for (i, (image, map)) in images.outer_iter().zip(maps.outer_iter()).enumerate() {
        figure = figure.sample(HeatSample::new(format!("no. {}", order[i]), image, map)?);
    }
    figure.save_png(output.path("heat_maps.png"))?;
    Ok(())
}

/// Step 7.
fn measure(scores: &[f32], test: &InMemoryDataset, learned: Images<'_>) -> anyhow::Result<()> {
    let labels = test.labels().context("no labels: nothing to measure with")?;
    let best = f1_max(scores, labels)?;
    println!("ROC-AUC {:.3}, best F1 {:.3}", roc_auc(scores, labels)?, best.f1);
    let pca: ImagePca = PcaConfig::new(16).fit(learned)?;
    let baseline = ReconstructionError::mse(&pca).score(test.images())?.to_vec();
    println!("ROC-AUC of principal components {:.3}", roc_auc(&baseline, labels)?);
    Ok(())
}

/// Step 8.
fn train_network(
    learned: Images<'_>,
    test: &InMemoryDataset,
    output: &Output,
    epochs: usize,
    seed: u64,
) -> anyhow::Result<()> {
    let labels = test.labels().context("no labels: nothing to measure with")?;
    let network = ConvAutoencoderConfig::new(test.image_shape()).n_features(32);
    let config = TrainConfig::new().epochs(epochs).batch_size(16).seed(seed);
    let train = InMemoryDataset::new(learned.to_owned())?;
    let nothing = None::<&InMemoryDataset>;
    let trained =
        Trainer::new(network, config).fit_dataset(&train, nothing, &mut EpochBar::new())?;
    trained.model.save(output.path("network"))?;
    let model = ConvAutoencoder::load(output.path("network"), Device::Cpu)?;
    let scores = ReconstructionError::mse(&model).score(test.images())?.to_vec();
    println!("ROC-AUC of the network {:.3}", roc_auc(&scores, labels)?);
    Ok(())
}

/// Step 9.
fn detect_drift(reference: &[f32], scores: &[f32]) -> anyhow::Result<()> {
    let test = ScoreDriftConfig::new(ScoreTest::Wasserstein).fit(reference)?;
    let report = test.detect(scores)?;
    println!("drift: {}, p = {:.3}", report.is_drift, report.p_value.unwrap_or(f64::NAN));
    Ok(())
}

fn class(name: &str, images: Images<'_>) -> anyhow::Result<ClassModel<PatchMemory>> {
    Ok(train_class(name, &PatchMemoryConfig::new(), &QuantileThreshold::new(0.98), images, 3)?)
}

/// Step 10.
fn start_monitor(learned: Images<'_>, held_out: Images<'_>) -> anyhow::Result<PartMonitor> {
    let embedder: ImagePca = PcaConfig::new(16).fit(learned)?;
    let classes = vec![0; held_out.len_of(Axis(0))];
    let reference = MonitorReference {
        bank: ModelBank::new(vec![class("part", learned)?])?,
        embedder,
        camera: None,
        images: held_out.view(),
        classes: &classes,
    };
    Ok(MonitorConfig::new().fit(reference)?)
}

/// Known parts, and after a while parts of another kind among them.
fn stream(test: &InMemoryDataset, seed: u64) -> anyhow::Result<Array4<f32>> {
    let labels = test.labels().context("no labels: which of these are good?")?;
    let good: Vec<usize> = (0..labels.len()).filter(|&i| !labels[i]).collect();
    let mut images: Vec<Array4<f32>> = Vec::new();
    let other = InspectionConfig::new().side(32).seed(seed);
    for i in 0..80 {
        images.push(if i < 20 || i % 3 == 0 {
            test.images().select(Axis(0), &[good[i % good.len()]])
        } else {
            let chip = other.draw(InspectionCategory::Chip, Split::Test, None, i)?;
            chip.image.insert_axis(Axis(0))
        });
    }
    let views: Vec<_> = images.iter().map(Array4::view).collect();
    Ok(concatenate(Axis(0), &views)?)
}

/// Step 10, image by image.
fn watch(mut monitor: PartMonitor, stream: &Array4<f32>) -> anyhow::Result<PartMonitor> {
    for image in stream.axis_chunks_iter(Axis(0), 1) {
        for event in monitor.push(image)? {
            if let EventKind::NewClass { proposal, .. } = &event.kind {
                println!("image {}: a new class, proposal {proposal}", event.image);
            }
        }
        let ready = monitor.proposals().iter().find(|proposal| proposal.members().len() >= 20);
        if let Some((id, images)) = ready.map(|proposal| (proposal.id(), proposal.images())) {
            monitor.adopt(id, class(&format!("new {id}"), images.view())?)?;
        }
    }
    let names: Vec<&str> = monitor.bank().models().iter().map(ClassModel::name).collect();
    println!("known now: {}", names.join(", "));
    Ok(monitor)
}

/// Step 10, over a restart.
fn save_and_restore(monitor: &PartMonitor, output: &Output) -> anyhow::Result<()> {
    let models = monitor.bank().models().iter();
    let classes: Vec<_> =
        models.map(|class| (class.name(), class.scorer(), class.threshold())).collect();
    let saved = serde_json::to_vec(&(monitor.state(), &classes, monitor.embedder()))?;
    write_atomic(output.path("monitor.json"), saved)?;

    type Class = (String, PatchMemory, Threshold);
    let saved = fs::read(output.path("monitor.json"))?;
    let (state, classes, embedder): (MonitorState, Vec<Class>, ImagePca) =
        serde_json::from_slice(&saved)?;
    let models = classes
        .into_iter()
        .map(|(name, scorer, threshold)| ClassModel::new(name, scorer, threshold));
    let bank = ModelBank::new(models.collect::<Result<_, _>>()?)?;
    let monitor = PartMonitor::restore(state, bank, embedder)?;
    println!("{} images seen, before and after the restart", monitor.state().n_seen());
    Ok(())
}
