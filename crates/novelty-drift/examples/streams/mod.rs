//! Streams of digits for a monitor that knows two of them, and pictures with a camera problem.
#![allow(dead_code, reason = "no program needs all of it")]

use std::error::Error;

use ndarray::{Array1, Array2, Array4, ArrayView1, ArrayView2, Axis, concatenate};
use novelty_cluster::{ClusterError, Pca, PcaConfig};
use novelty_core::{Embed, Fit, ImageShape, Images, InputError, Sample, Score};
use novelty_data::{Corruption, CorruptionKind, IdxDataset, Split};
use novelty_drift::{
    BufferClustering, CameraDiagnosis, CameraDiagnosisConfig, CameraExemplars, ClassModel, Event,
    EventKind, ModelBank, Monitor, MonitorConfig, MonitorReference, ProblemExemplars,
    style_features, train_class,
};
use novelty_scoring::{OrientationHistograms, QuantileThreshold};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

pub(crate) type Any = Box<dyn Error + Send + Sync>;

pub(crate) const KINDS: [CorruptionKind; 8] = [
    CorruptionKind::Brightness,
    CorruptionKind::Shade,
    CorruptionKind::Defocus,
    CorruptionKind::MotionBlur,
    CorruptionKind::GaussianNoise,
    CorruptionKind::SaltAndPepper,
    CorruptionKind::Scratches,
    CorruptionKind::Dust,
];

/// Pictures of a stream, and of how many of them a drift is to be told.
pub(crate) const LENGTH: usize = 2000;
pub(crate) const SPELL: std::ops::Range<u64> = 300..700;
const BATCH: usize = 20;
/// Pictures of a known digit that its model is trained on.
const N_TRAIN: usize = 2000;
/// Members of a proposal when it is adopted: a model of 60 takes other digits for its own.
const ADOPT_AT: usize = 150;

/// MNIST, as it comes with the project.
pub(crate) fn mnist(split: Split) -> Result<IdxDataset, Any> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/mnist");
    Ok(IdxDataset::open_dir(folder, split)?)
}

/// The first `n` images of some classes from the `skip`th on.
pub(crate) fn digits(
    data: &IdxDataset,
    classes: &[usize],
    skip: usize,
    n: usize,
) -> Result<Array4<f32>, Any> {
    let all = data.classes().iter().enumerate().filter(|(_, class)| classes.contains(class));
    let indices: Vec<usize> = all.map(|(i, _)| i).skip(skip).take(n).collect();
    Ok(data.to_images(&indices)?)
}

/// With a camera problem; image `i` has the draws of number `first + i`.
pub(crate) fn corrupted(
    images: Images<'_>,
    kind: CorruptionKind,
    severity: u8,
    first: usize,
) -> Result<Array4<f32>, Any> {
    let corruption = Corruption::new(kind, severity)?;
    let mut out = images.to_owned();
    for (i, mut image) in out.axis_iter_mut(Axis(0)).enumerate() {
        let sample = Sample::new(image.to_owned());
        image.assign(&corruption.apply(sample, first + i)?.0.image);
    }
    Ok(out)
}

/// Knows every problem at every severity by what it makes of `images`.
pub(crate) fn diagnosis(
    images: Images<'_>,
    config: &CameraDiagnosisConfig,
) -> Result<CameraDiagnosis, Any> {
    let clean = style_features(images)?;
    let mut labelled = Vec::new();
    for kind in KINDS {
        for severity in 1..=5 {
            let pictures = corrupted(images, kind, severity, 0)?;
            labelled.push((kind.name(), severity, style_features(pictures.view())?));
        }
    }
    let problems: Vec<ProblemExemplars<'_>> = labelled
        .iter()
        .map(|(problem, severity, features)| ProblemExemplars {
            problem,
            severity: *severity,
            features: features.view(),
        })
        .collect();
    Ok(config.fit(CameraExemplars { clean: clean.view(), problems: &problems })?)
}

/// The edges of pictures made upright: strokes may lie a little elsewhere and stay alike.
fn features(images: Images<'_>) -> Result<Array2<f32>, InputError> {
    let mut straight = images.to_owned();
    straight.axis_iter_mut(Axis(0)).into_par_iter().for_each(|mut image| {
        let mut channel = image.index_axis_mut(Axis(0), 0);
        let upright = upright(&channel.view());
        channel.assign(&upright);
    });
    let (_, channels, height, width) = images.dim();
    let shape = ImageShape { channels, height, width };
    OrientationHistograms::new(shape).spread(1.4).stride(4).embed(straight.view())
}

/// Sheared until no column depends on the row, with the centre of mass in the middle.
fn upright(image: &ArrayView2<'_, f32>) -> Array2<f32> {
    let (mut mass, mut y_sum, mut x_sum, mut yy_sum, mut yx_sum) = (1e-6, 0.0, 0.0, 0.0, 0.0);
    for ((y, x), &value) in image.indexed_iter() {
        let (y, x) = (y as f32, x as f32);
        mass += value;
        y_sum += value * y;
        x_sum += value * x;
        yy_sum += value * y * y;
        yx_sum += value * y * x;
    }
    let (cy, cx) = (y_sum / mass, x_sum / mass);
    let shear = (yx_sum / mass - cy * cx) / (yy_sum / mass - cy * cy).max(1e-3);
    let (height, width) = image.dim();
    let at = |y: f32, x: f32| {
        let is_inside = y >= 0.0 && x >= 0.0 && y < height as f32 && x < width as f32;
        if is_inside { image[[y as usize, x as usize]] } else { 0.0 }
    };
    Array2::from_shape_fn((height, width), |(y, x)| {
        let dy = y as f32 - (height - 1) as f32 / 2.0;
        let (y, x) = (cy + dy, cx + x as f32 - (width - 1) as f32 / 2.0 + shear * dy);
        let (top, left) = (y.floor(), x.floor());
        let (b, r) = (y - top, x - left);
        (1.0 - b) * ((1.0 - r) * at(top, left) + r * at(top, left + 1.0))
            + b * ((1.0 - r) * at(top + 1.0, left) + r * at(top + 1.0, left + 1.0))
    })
}

/// The mean distance to the three nearest pictures of a class, over the root of what is usual where
/// those are: sparse places are foreign only farther out.
#[derive(Debug, Clone)]
pub(crate) struct Nearest {
    rows: Array2<f32>,
    usual: Vec<f32>,
}

pub(crate) struct NearestConfig;

/// How many of the nearest count.
const N_NEAREST: usize = 3;

impl Fit<Images<'_>> for NearestConfig {
    type Fitted = Nearest;
    type Error = InputError;

    fn fit(&self, images: Images<'_>) -> Result<Nearest, InputError> {
        let rows = features(images)?;
        let mut products = rows.dot(&rows.t());
        products.diag_mut().fill(-1.0);
        let usual = products.outer_iter().map(|row| nearest(row).1).collect();
        Ok(Nearest { rows, usual })
    }
}

/// Which pictures are nearest, and their mean distance.
fn nearest(products: ArrayView1<'_, f32>) -> (Vec<usize>, f32) {
    let mut order: Vec<usize> = (0..products.len()).collect();
    let n = N_NEAREST.min(order.len());
    order.select_nth_unstable_by(n - 1, |&a, &b| products[b].total_cmp(&products[a]));
    order.truncate(n);
    let distance = |&i: &usize| (2.0 - 2.0 * products[i]).max(0.0).sqrt();
    let mean = order.iter().map(distance).sum::<f32>() / n as f32;
    (order, mean)
}

impl Score<Images<'_>> for Nearest {
    type Error = InputError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, InputError> {
        let products = features(images)?.dot(&self.rows.t());
        let score = |row: ArrayView1<'_, f32>| {
            let (order, distance) = nearest(row);
            let usual = order.iter().map(|&i| self.usual[i]).sum::<f32>() / order.len() as f32;
            distance / usual.max(1e-6).sqrt()
        };
        Ok(products.outer_iter().map(score).collect())
    }
}

/// Principal components of the known digits.
#[derive(Debug, Clone)]
pub(crate) struct Embedder(Pca);

impl Embed for Embedder {
    type Error = ClusterError;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, ClusterError> {
        self.0.transform(features(images)?.view())
    }
}

pub(crate) type DigitMonitor = Monitor<Nearest, Embedder>;

/// Two known digits and two new ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) known: [usize; 2],
    pub(crate) new: [usize; 2],
}

fn train(name: &str, images: Images<'_>) -> Result<ClassModel<Nearest>, Any> {
    Ok(train_class(name, &NearestConfig, &QuantileThreshold::new(0.98), images, 5)?)
}

impl Pair {
    pub(crate) fn embedder(&self, data: &IdxDataset) -> Result<Embedder, Any> {
        let rows = features(digits(data, &self.known, 0, 2000)?.view())?;
        Ok(Embedder(PcaConfig::new(30).fit(rows.view())?))
    }

    /// Knows two digits, and the camera's problems by their pictures.
    pub(crate) fn monitor(
        &self,
        data: &IdxDataset,
        config: &MonitorConfig,
    ) -> Result<DigitMonitor, Any> {
        let model = |digit: usize| -> Result<_, Any> {
            train(&digit.to_string(), digits(data, &[digit], 0, N_TRAIN)?.view())
        };
        let [first, second] = self.known;
        let images = concatenate![
            Axis(0),
            digits(data, &[first], N_TRAIN, 200)?,
            digits(data, &[second], N_TRAIN, 200)?
        ];
        let exemplars = digits(data, &self.known, 2 * N_TRAIN + 600, 150)?;
        let reference = MonitorReference {
            bank: ModelBank::new(vec![model(first)?, model(second)?])?,
            embedder: self.embedder(data)?,
            camera: Some(diagnosis(exemplars.view(), &CameraDiagnosisConfig::new())?),
            images: images.view(),
            classes: &[[0; 200], [1; 200]].concat(),
        };
        Ok(config.fit(reference)?)
    }

    /// `LENGTH` pictures, none twice and none that anything was trained on; with `news`, every
    /// other one is of the first new digit from 900 to 1399 and of the second from 1400 on, and
    /// those of `SPELL` have a camera problem.
    pub(crate) fn stream(&self, data: &IdxDataset, seed: u64, news: bool) -> Result<Stream, Any> {
        let mut source = Source::new(data, seed);
        let (mut images, mut classes) = (Vec::new(), Vec::new());
        for i in 0..LENGTH {
            let is_new = news && i >= 900 && source.rng.gen_bool(0.5);
            let known = self.known[source.rng.gen_range(0..2)];
            let digit = if is_new { self.new[usize::from(i >= 1400)] } else { known };
            let image = source.next(digit)?;
            images.push(match i {
                300..=433 if news => corrupted(image.view(), CorruptionKind::GaussianNoise, 4, i)?,
                434..=566 if news => corrupted(image.view(), CorruptionKind::Defocus, 5, i)?,
                567..=699 if news => corrupted(image.view(), CorruptionKind::Brightness, 4, i)?,
                _ => image,
            });
            classes.push(digit);
        }
        let views: Vec<_> = images.iter().map(|image| image.view()).collect();
        Ok(Stream { images: concatenate(Axis(0), &views)?, classes })
    }

    /// Of pictures that were in no stream: the share of a new digit that adopted classes explain.
    pub(crate) fn explained(
        &self,
        monitor: &DigitMonitor,
        test: &IdxDataset,
        digit: usize,
    ) -> Result<f64, Any> {
        let explained = monitor.bank().explain(digits(test, &[digit], 0, 1200)?.view())?;
        let by_new = explained.iter().filter(|best| best.ratio <= 1.0 && best.class >= 2).count();
        Ok(by_new as f64 / explained.len() as f64)
    }
}

pub(crate) struct Stream {
    pub(crate) images: Array4<f32>,
    pub(crate) classes: Vec<usize>,
}

impl Stream {
    /// The number of the first picture of a digit.
    pub(crate) fn first(&self, digit: usize) -> Option<u64> {
        self.classes.iter().position(|&class| class == digit).map(|i| i as u64)
    }
}

/// Pictures in random order.
struct Source<'a> {
    data: &'a IdxDataset,
    left: Vec<Vec<usize>>,
    rng: ChaCha8Rng,
}

impl<'a> Source<'a> {
    fn new(data: &'a IdxDataset, seed: u64) -> Self {
        let of = |digit| {
            let all = data.classes().iter().enumerate().filter(move |(_, c)| **c == digit);
            all.map(|(i, _)| i).skip(N_TRAIN + 500).collect()
        };
        Self { data, left: (0..10).map(of).collect(), rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn next(&mut self, digit: usize) -> Result<Array4<f32>, Any> {
        let left = &mut self.left[digit];
        let index = left.swap_remove(self.rng.gen_range(0..left.len()));
        Ok(self.data.to_images(&[index])?)
    }
}

/// The settings chosen on ten sets of digits: a new class brings its images soon, and a wide one
/// holds together.
pub(crate) fn config() -> MonitorConfig {
    let clustering = BufferClustering::Density { min_samples: 4, core_share: 0.6 };
    MonitorConfig::new().buffer_age(200).clustering(clustering)
}

/// Pushes images, and adopts what is proposed once it has 150 of them.
pub(crate) fn run(monitor: &mut DigitMonitor, images: Images<'_>) -> Result<Vec<Event>, Any> {
    let mut events = Vec::new();
    for batch in images.axis_chunks_iter(Axis(0), BATCH) {
        events.extend(monitor.push(batch)?);
        let ready =
            monitor.proposals().iter().filter(|proposal| proposal.members().len() >= ADOPT_AT);
        let ready: Vec<(u64, Array4<f32>)> =
            ready.map(|proposal| (proposal.id(), proposal.images())).collect();
        for (id, images) in ready {
            monitor.adopt(id, train(&format!("new {id}"), images.view())?)?;
        }
    }
    Ok(events)
}

/// The images at which classes were proposed.
pub(crate) fn proposed(events: &[Event]) -> Vec<u64> {
    let is_new = |event: &&Event| matches!(event.kind, EventKind::NewClass { .. });
    events.iter().filter(is_new).map(|event| event.image).collect()
}
