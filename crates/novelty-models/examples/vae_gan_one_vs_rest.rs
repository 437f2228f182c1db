//! An adversarial autoencoder on MNIST, one class against the rest, beside a plain variational
//! one: the ROC-AUC of each at the last epoch, and samples as a picture.
//!
//! ```text
//! cargo run --release -p novelty-models --example vae_gan_one_vs_rest -- [CLASSES] [EPOCHS] [PRIOR] [THREADS] [FOLDER] [FEATURES] [SEED]
//! ```
//!
//! CLASSES are digits such as `2,5,7` (the default); EPOCHS those of the adversarial one, by
//! default 15, and the plain one, whose steps are cheaper, gets four times as many; PRIOR is
//! `divergence` (the default) or `adversarial`; THREADS by default 2. In FOLDER, by default
//! `target/vae-gan`, a picture of each class: images, their reconstructions, samples. FEATURES is
//! the length of both codes, by default 32; SEED by default 1.
//!
//! Trained on the training images of one digit, tested on all 10,000 test images. No figure is
//! chosen by test data.

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ndarray::{Array4, ArrayView4, Axis, concatenate, s};
use novelty_core::{Dataset, Images, Reconstruct, Score, score_dataset};
use novelty_data::{Cached, IdxDataset, OneVsRestConfig, Split};
use novelty_metrics::roc_auc;
use novelty_models::{
    Prior, TrainConfig, VaeConfig, VaeGan, VaeGanConfig, VaeGanScore, VaeGanTrainer, VaeScore,
    VaeTrainer, set_threads,
};
use novelty_scoring::ReconstructionError;

/// Enough for all images of one digit.
const CACHE_BYTES: usize = 64 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |i: usize| arguments.get(i).map(String::as_str);
    set_threads(argument(3).unwrap_or("2").parse()?)?;
    let classes = argument(0).unwrap_or("2,5,7").split(',').map(str::parse);
    let classes: Vec<usize> = classes.collect::<Result<_, _>>()?;
    let epochs: usize = argument(1).unwrap_or("15").parse()?;
    let prior = match argument(2).unwrap_or("divergence") {
        "divergence" => Prior::Divergence,
        "adversarial" => Prior::Adversarial,
        other => return Err(format!("unknown prior `{other}`").into()),
    };
    let n_features: usize = argument(5).unwrap_or("32").parse()?;
    let seed: u64 = argument(6).unwrap_or("1").parse()?;
    let pictures = PathBuf::from(argument(4).unwrap_or("target/vae-gan"));
    fs::create_dir_all(&pictures)?;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/mnist");
    let train = IdxDataset::open_dir(folder, Split::Train)?;
    let test = IdxDataset::open_dir(folder, Split::Test)?;
    for class in classes {
        let protocol = OneVsRestConfig::new(class).max_shared(1.0).apply(&train, &test)?;
        let normal = Cached::new(protocol.train, CACHE_BYTES);
        let settings = |epochs| TrainConfig::new().epochs(epochs).batch_size(64).seed(seed);

        let started = Instant::now();
        let trainer = VaeTrainer::new(
            VaeConfig::new(test.image_shape()).n_features(n_features),
            settings(4 * epochs),
        );
        let vae = trainer.fit_dataset(&normal, None::<&IdxDataset>, &mut ())?.model;
        let plain = area(&VaeScore::elbo(&vae), &protocol.test)?;
        let seconds = started.elapsed().as_secs_f64();
        println!("class {class}: plain VAE, bound {:.2} % ({seconds:.0} s)", 100.0 * plain);
        let plain = area(&ReconstructionError::mse(&vae), &protocol.test)?;
        println!("class {class}: plain VAE, squared error {:.2} %", 100.0 * plain);

        let started = Instant::now();
        let network = VaeGanConfig::new(test.image_shape()).prior(prior).n_features(n_features);
        let trainer = VaeGanTrainer::new(network, settings(epochs));
        let trained = trainer.fit_dataset(&normal, None::<&IdxDataset>, &mut ())?;
        let seconds = started.elapsed().as_secs_f64();
        println!("{}", trained.history.to_csv());
        let model = &trained.model;
        for measure in &trained.history.measures {
            println!("  {} {:.3?}", measure.name, measure.values);
        }
        println!("class {class}: VAEGAN ({seconds:.0} s), collapse: {:?}", trained.collapse);
        let scores = [
            ("combined", VaeGanScore::combined(model)),
            ("bound", VaeGanScore::bound(model)),
            ("pixels", VaeGanScore::pixels(model)),
            ("features", VaeGanScore::features(model)),
            ("latent", VaeGanScore::latent(model)),
        ];
        for (name, score) in scores {
            println!(
                "class {class}: VAEGAN, {name} {:.2} %",
                100.0 * area(&score, &protocol.test)?
            );
        }
        let squared = area(&ReconstructionError::mse(model), &protocol.test)?;
        println!("class {class}: VAEGAN, squared error {:.2} %", 100.0 * squared);
        draw(model, &normal, seed, &pictures.join(format!("digit-{class}.png")))?;
    }
    Ok(())
}

fn area<S, D, E>(scorer: &S, test: &D) -> Result<f64, Box<dyn Error>>
where
    S: for<'a> Score<Images<'a>, Error = E>,
    E: Error + Send + Sync + 'static,
    D: Dataset,
    D::Error: 'static,
{
    let scored = score_dataset(scorer, test, 500, &mut ())?;
    let labels: Vec<bool> = scored.labels.iter().map(|label| *label == Some(true)).collect();
    Ok(roc_auc(&scored.scores.to_vec(), &labels)?)
}

/// Two rows of images, of their reconstructions, and of samples.
fn draw<D: Dataset>(model: &VaeGan, data: &D, seed: u64, path: &Path) -> Result<(), Box<dyn Error>>
where
    D::Error: 'static,
{
    const COLUMNS: usize = 16;
    let images: Vec<_> = (0..2 * COLUMNS).map(|i| data.get(i)).collect::<Result<_, _>>()?;
    let views: Vec<_> = images.iter().map(|sample| sample.image.view()).collect();
    let images: Array4<f32> = ndarray::stack(Axis(0), &views)?;
    let drawn = model.reconstruct(images.view())?;
    let samples = model.sample(4 * COLUMNS, seed)?;
    let all = concatenate(Axis(0), &[images.view(), drawn.view(), samples.view()])?;
    write_png(all.view(), COLUMNS, path)
}

fn write_png(
    images: ArrayView4<'_, f32>,
    columns: usize,
    path: &Path,
) -> Result<(), Box<dyn Error>> {
    let (n, _, height, width) = images.dim();
    let rows = n.div_ceil(columns);
    let mut pixels = ndarray::Array2::<u8>::zeros((rows * height, columns * width));
    for (i, image) in images.axis_iter(Axis(0)).enumerate() {
        let (top, left) = (i / columns * height, i % columns * width);
        let gray = image.index_axis(Axis(0), 0).mapv(|x| (255.0 * x.clamp(0.0, 1.0)) as u8);
        pixels.slice_mut(s![top..top + height, left..left + width]).assign(&gray);
    }
    let file = std::io::BufWriter::new(fs::File::create(path)?);
    let mut encoder = png::Encoder::new(file, (columns * width) as u32, (rows * height) as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels.into_raw_vec_and_offset().0)?;
    println!("{}", path.display());
    Ok(())
}
