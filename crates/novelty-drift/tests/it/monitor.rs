//! The new-class monitor on streams of real digits, and on a stream that does not end.

use ndarray::{Array1, Array2, Array4, Axis};
use novelty_cluster::{Pca, PcaConfig};
use novelty_core::{Embed, Fit, Images, InputError, Score, Threshold};
use novelty_data::{CorruptionKind, IdxDataset, Split};
use novelty_drift::{
    BufferClustering, ClassModel, Event, EventKind, ModelBank, Monitor, MonitorConfig,
    MonitorError, MonitorReference, MonitorState, train_class,
};
use novelty_scoring::QuantileThreshold;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::camera::{corrupted, diagnosis, digits, mnist};

/// Blurred by a 3 x 3 binomial, of unit length.
fn smooth(images: Images<'_>) -> Array2<f32> {
    let (n, _, height, width) = images.dim();
    let mut rows = Array2::zeros((n, height * width));
    for (image, mut row) in images.axis_iter(Axis(0)).zip(rows.outer_iter_mut()) {
        for y in 1..height - 1 {
            for x in 1..width - 1 {
                let sum: f32 = (0..9)
                    .map(|i| {
                        let (dy, dx): (usize, usize) = (i / 3, i % 3);
                        let weight = (2 - dy.abs_diff(1)) * (2 - dx.abs_diff(1));
                        weight as f32 * image[[0, y + dy - 1, x + dx - 1]]
                    })
                    .sum();
                row[y * width + x] = sum;
            }
        }
        let length = row.dot(&row).sqrt().max(1e-6);
        row /= length;
    }
    rows
}

/// The distance to the nearest picture of a class.
#[derive(Debug, Clone)]
struct Nearest(Array2<f32>);

struct NearestConfig;

impl Fit<Images<'_>> for NearestConfig {
    type Fitted = Nearest;
    type Error = InputError;

    fn fit(&self, images: Images<'_>) -> Result<Nearest, InputError> {
        Ok(Nearest(smooth(images)))
    }
}

impl Score<Images<'_>> for Nearest {
    type Error = InputError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, InputError> {
        let products = smooth(images).dot(&self.0.t());
        let nearest = |row: ndarray::ArrayView1<'_, f32>| row.iter().copied().fold(-1.0, f32::max);
        Ok(products.outer_iter().map(|row| (2.0 - 2.0 * nearest(row)).max(0.0).sqrt()).collect())
    }
}

#[derive(Debug, Clone)]
struct Embedder(Pca);

impl Embed for Embedder {
    type Error = novelty_cluster::ClusterError;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, Self::Error> {
        self.0.transform(smooth(images).view())
    }
}

type DigitMonitor = Monitor<Nearest, Embedder>;

const KNOWN: [usize; 2] = [0, 1];
const NEW: [usize; 2] = [4, 3];
const BATCH: usize = 20;

fn train(name: &str, images: Images<'_>) -> ClassModel<Nearest> {
    train_class(name, &NearestConfig, &QuantileThreshold::new(0.99), images, 5).unwrap()
}

/// Knows two digits, and the camera's problems by their pictures.
fn monitor(data: &IdxDataset, config: &MonitorConfig) -> DigitMonitor {
    let models =
        KNOWN.map(|digit| train(&digit.to_string(), digits(data, &[digit], 0, 400).view()));
    let pictures = digits(data, &KNOWN, 0, 600);
    let rows = smooth(pictures.view());
    let (images, classes): (Vec<_>, Vec<_>) =
        (0..2).map(|i| (digits(data, &[KNOWN[i]], 400, 200), vec![i; 200])).unzip();
    let images = ndarray::concatenate![Axis(0), images[0], images[1]];
    let reference = MonitorReference {
        bank: ModelBank::new(models.to_vec()).unwrap(),
        embedder: Embedder(PcaConfig::new(30).fit(rows.view()).unwrap()),
        camera: Some(diagnosis(digits(data, &KNOWN, 1200, 150).view())),
        images: images.view(),
        classes: &classes.concat(),
    };
    config.fit(reference).unwrap()
}

/// Pictures of `classes` in random order, none twice, none that anything was trained on.
struct Source<'a> {
    data: &'a IdxDataset,
    left: Vec<Vec<usize>>,
    rng: ChaCha8Rng,
}

impl<'a> Source<'a> {
    fn new(data: &'a IdxDataset, seed: u64) -> Self {
        let of = |digit| {
            let all = data.classes().iter().enumerate().filter(move |(_, c)| **c == digit);
            all.map(|(i, _)| i).skip(1000).collect()
        };
        Self { data, left: (0..10).map(of).collect(), rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn next(&mut self, digit: usize) -> Array4<f32> {
        let left = &mut self.left[digit];
        let index = left.swap_remove(self.rng.gen_range(0..left.len()));
        self.data.to_images(&[index]).unwrap()
    }
}

/// 2,000 pictures of two digits; with `news`, every other one is of the first new digit from 900
/// to 1399 and of the second from 1400 on, and those from 300 to 699 have a camera problem.
fn stream(data: &IdxDataset, seed: u64, news: bool) -> (Array4<f32>, Vec<usize>) {
    let mut source = Source::new(data, seed);
    let (mut images, mut classes) = (Vec::new(), Vec::new());
    for i in 0..2000 {
        let is_new = news && i >= 900 && source.rng.gen_bool(0.5);
        let known = KNOWN[source.rng.gen_range(0..2)];
        let digit = if is_new { NEW[usize::from(i >= 1400)] } else { known };
        let image = source.next(digit);
        images.push(match i {
            300..=433 if news => corrupted(image.view(), CorruptionKind::GaussianNoise, 4, i),
            434..=566 if news => corrupted(image.view(), CorruptionKind::Defocus, 5, i),
            567..=699 if news => corrupted(image.view(), CorruptionKind::Brightness, 4, i),
            _ => image,
        });
        classes.push(digit);
    }
    let views: Vec<_> = images.iter().map(|image| image.view()).collect();
    (ndarray::concatenate(Axis(0), &views).unwrap(), classes)
}

/// Pushes images, and adopts what is proposed once it has 60 of them.
fn run(monitor: &mut DigitMonitor, images: Images<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    for batch in images.axis_chunks_iter(Axis(0), BATCH) {
        events.extend(monitor.push(batch).unwrap());
        let ready: Vec<u64> = monitor
            .proposals()
            .iter()
            .filter(|proposal| proposal.members().len() >= 60)
            .map(|proposal| proposal.id())
            .collect();
        for id in ready {
            let model = train(&format!("new {id}"), monitor.proposal(id).unwrap().images().view());
            monitor.adopt(id, model).unwrap();
        }
    }
    events
}

fn proposed(events: &[Event]) -> Vec<u64> {
    let is_new = |event: &&Event| matches!(event.kind, EventKind::NewClass { .. });
    events.iter().filter(is_new).map(|event| event.image).collect()
}

#[test]
fn two_new_digits_are_found_within_60_images_and_then_explained() {
    let data = mnist(Split::Train);
    let (images, classes) = stream(&data, 1, true);
    let mut monitor = monitor(&data, &MonitorConfig::new());
    let mut resumed = monitor.clone();
    let events = run(&mut monitor, images.view());
    let found = proposed(&events);
    let first = NEW.map(|digit| classes.iter().position(|&class| class == digit).unwrap() as u64);
    assert_eq!(found.len(), 2, "{found:?}, not {first:?}");
    for (found, first) in found.iter().zip(first) {
        assert!((first..first + 60).contains(found), "at {found}, first {first}");
    }
    // Of the pictures with a camera problem that no class explains, most are known for it.
    let spell = events.iter().filter(|event| (300..700).contains(&event.image));
    let (mut problems, mut anomalies) = (0, 0);
    for event in spell {
        problems += usize::from(matches!(event.kind, EventKind::CameraProblem { .. }));
        anomalies += usize::from(matches!(event.kind, EventKind::Anomaly { .. }));
    }
    assert!(problems > 20 && problems > 3 * anomalies, "{problems}, {anomalies} anomalies");
    let drifts = |event: &&Event| matches!(event.kind, EventKind::Drift { .. });
    assert!(events.iter().filter(drifts).any(|event| (300..350).contains(&event.image)));
    // Of pictures that were in no stream.
    let test = mnist(Split::Test);
    for digit in NEW {
        let explained = monitor.bank().explain(digits(&test, &[digit], 0, 900).view()).unwrap();
        let by_new = explained.iter().filter(|best| best.ratio <= 1.0 && best.class >= 2).count();
        assert!(by_new * 10 >= explained.len() * 9, "{digit}: {by_new} of {}", explained.len());
    }

    // Killed in the middle of a proposal, and started again.
    let cut = 940;
    let mut again = run(&mut resumed, images.slice(ndarray::s![..cut, .., .., ..]));
    let saved = serde_json::to_vec(resumed.state()).unwrap();
    let state: MonitorState = serde_json::from_slice(&saved).unwrap();
    let (bank, embedder) = (resumed.bank().clone(), self::embedder(&data));
    let mut restored = Monitor::restore(state, bank, embedder).unwrap();
    again.extend(run(&mut restored, images.slice(ndarray::s![cut.., .., .., ..])));
    assert!(again == events, "the restarted monitor says something else");
}

fn embedder(data: &IdxDataset) -> Embedder {
    let rows = smooth(digits(data, &KNOWN, 0, 600).view());
    Embedder(PcaConfig::new(30).fit(rows.view()).unwrap())
}

#[test]
fn no_class_is_found_where_none_is_new() {
    let data = mnist(Split::Train);
    let monitor = monitor(&data, &MonitorConfig::new());
    for seed in 10..15 {
        let (images, _) = stream(&data, seed, false);
        let mut monitor = monitor.clone();
        let events = run(&mut monitor, images.view());
        assert_eq!(proposed(&events), [0; 0], "stream {seed}");
        let is_normal = |event: &&Event| matches!(event.kind, EventKind::Normal { .. });
        assert!(events.iter().filter(is_normal).count() > 1900);
    }
}

/// The first two pixels; the score is the first.
#[derive(Debug, Clone)]
struct TwoPixels;

impl Score<Images<'_>> for TwoPixels {
    type Error = InputError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, InputError> {
        Ok(images.axis_iter(Axis(0)).map(|image| image[[0, 0, 0]]).collect())
    }
}

impl Embed for TwoPixels {
    type Error = InputError;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, InputError> {
        Ok(Array2::from_shape_fn((images.len_of(Axis(0)), 2), |(i, j)| images[[i, 0, 0, j]]))
    }
}

fn tiny(n: usize, rng: &mut ChaCha8Rng) -> Array4<f32> {
    Array4::from_shape_simple_fn((n, 1, 1, 2), || rng.gen_range(0.0..1.0))
}

fn tiny_monitor(config: &MonitorConfig) -> Result<Monitor<TwoPixels, TwoPixels>, MonitorError> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let images = tiny(300, &mut rng);
    let model = ClassModel::new("dark", TwoPixels, Threshold::manual(0.99))?;
    config.fit(MonitorReference {
        bank: ModelBank::new(vec![model])?,
        embedder: TwoPixels,
        camera: None,
        images: images.view(),
        classes: &[0; 300],
    })
}

#[test]
fn a_million_images_do_not_make_the_state_grow() {
    let config = MonitorConfig::new().buffer_size(50).max_members(50).check_every(20);
    let mut monitor = tiny_monitor(&config).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut sizes = Vec::new();
    for _ in 0..10 {
        for _ in 0..20 {
            monitor.push(tiny(5000, &mut rng).view()).unwrap();
        }
        sizes.push(serde_json::to_vec(monitor.state()).unwrap().len());
    }
    assert_eq!(monitor.state().n_seen(), 1_000_000);
    assert!(monitor.state().n_buffered() <= 50);
    // Numbers of images get longer, by a digit or two.
    assert!(sizes.iter().all(|size| size.abs_diff(sizes[0]) < sizes[0] / 4), "{sizes:?}");
}

#[test]
fn every_clustering_finds_a_class_that_is_there() {
    let clusterings = [
        BufferClustering::Density { min_samples: 4, core_share: 0.5 },
        BufferClustering::Centroids { n_components: 2, max_clusters: 4 },
        BufferClustering::Mixture { n_components: 2, max_clusters: 4 },
    ];
    for clustering in clusterings {
        let config = MonitorConfig::new().clustering(clustering);
        let mut monitor = tiny_monitor(&config).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        // Alternately from two clusters far from what is known.
        let images = Array4::from_shape_fn((120, 1, 1, 2), |(i, _, _, j)| {
            3.0 + if i % 2 == j { 6.0 } else { 0.0 } + rng.gen_range(0.0..0.5_f32)
        });
        let events = monitor.push(images.view()).unwrap();
        assert_eq!(proposed(&events).len(), 2, "{clustering:?}");
        for proposal in monitor.proposals() {
            let parity = proposal.members()[0] % 2;
            assert!(proposal.members().iter().all(|number| number % 2 == parity));
            assert_eq!(proposal.images().len_of(Axis(0)), proposal.embeddings().nrows());
        }
    }
}

#[test]
fn batches_do_not_matter() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let images = tiny(500, &mut rng) * 1.3;
    let run = |size: usize| {
        let mut monitor = tiny_monitor(&MonitorConfig::new()).unwrap();
        let batches = images.axis_chunks_iter(Axis(0), size);
        batches.flat_map(|batch| monitor.push(batch).unwrap()).collect::<Vec<_>>()
    };
    assert!(run(1) == run(500));
}

#[test]
fn unusable_input_is_an_error_and_changes_nothing() {
    let mut monitor = tiny_monitor(&MonitorConfig::new()).unwrap();
    let before = monitor.state().clone();
    assert!(monitor.push(Array4::zeros((1, 1, 2, 2)).view()).is_err());
    assert!(monitor.push(Array4::from_elem((1, 1, 1, 2), f32::NAN).view()).is_err());
    assert!(monitor.push(Array4::zeros((0, 1, 1, 2)).view()).unwrap().is_empty());
    assert!(matches!(monitor.dismiss(0), Err(MonitorError::UnknownProposal(0))));
    assert!(*monitor.state() == before);
    for threshold in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let model = ClassModel::new("x", TwoPixels, Threshold::manual(threshold));
        assert!(matches!(model, Err(MonitorError::BadThreshold { .. })));
    }
    assert!(ModelBank::<TwoPixels>::new(Vec::new()).is_err());
    let model = || ClassModel::new("x", TwoPixels, Threshold::manual(1.0)).unwrap();
    let twice = ModelBank::new(vec![model(), model()]);
    assert!(matches!(twice, Err(MonitorError::DuplicateClass(_))));
    assert!(tiny_monitor(&MonitorConfig::new().min_class_size(3)).is_err());
    assert!(tiny_monitor(&MonitorConfig::new().min_class_size(190).buffer_size(100)).is_err());
    assert!(tiny_monitor(&MonitorConfig::new().min_class_size(150).max_members(150)).is_ok());
    let images = Array4::zeros((3, 1, 28, 28));
    assert!(
        train_class("x", &NearestConfig, &QuantileThreshold::new(0.9), images.view(), 2).is_err()
    );
}
