//! The dynamic run: parts arrive one by one, and a monitor says what it makes of them.

use ndarray::{Array4, Axis, concatenate};
use novelty_core::{Fit, Images, SelectThreshold};
use novelty_drift::{
    ClassModel, EventKind, ModelBank, Monitor, MonitorConfig, MonitorReference, train_class,
};
use novelty_scoring::QuantileThreshold;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::kinds::PartKind;
use super::models::{Explains, Learned, QuickLearner};

/// Images of a proposal from which a model of it is made.
const ENOUGH: usize = 24;
/// The share of good images that a class explains.
const EXPLAINED: f64 = 0.99;
/// Images of the first kind before another arrives, and of each phase.
const PHASE: usize = 80;

/// Something that happened, in words.
#[derive(Debug, Clone, Serialize)]
pub struct Happened {
    /// The image that made it known, counted from 0.
    pub image: usize,
    /// What it is.
    pub event: String,
}

/// The stream, and what became of it.
#[derive(Debug)]
pub struct Stream {
    /// The images in the order they came.
    pub images: Array4<f32>,
    /// The kind of each, as a position among the kinds.
    pub kinds: Vec<usize>,
    /// Whether each has a defect.
    pub is_defect: Vec<bool>,
    /// The first image of each kind.
    pub arrivals: Vec<usize>,
    /// For each image, the error of the class that explains it best, over its threshold.
    pub ratios: Vec<f64>,
    /// Whether each is explained.
    pub is_explained: Vec<bool>,
    /// Proposals, adoptions and drifts.
    pub events: Vec<Happened>,
    /// Images from the arrival of each later kind to its proposal; `null` if there was none.
    pub delays: Vec<Option<usize>>,
    /// Proposals that no new kind stands behind.
    pub n_false: usize,
}

/// What is fed, in order: the kind of each image, whether it has a defect, and the image.
type Fed<'a> = (usize, bool, ndarray::ArrayView3<'a, f32>);

impl Stream {
    /// Feeds good and defective parts of the first kind, then more and more of the others among
    /// them, to a monitor that knows the first kind only. `held` are good images of it that the
    /// model was not trained on.
    ///
    /// # Errors
    /// If a model fails.
    pub fn run(
        model: &Learned,
        held: Images<'_>,
        parts: &[PartKind],
        seed: u64,
    ) -> anyhow::Result<Self> {
        let fed = feed(parts, seed);
        let views: Vec<_> = fed.iter().map(|(.., image)| image.insert_axis(Axis(0))).collect();
        let images = concatenate(Axis(0), &views)?;
        let first = |kind: usize| fed.iter().position(|(of, ..)| *of == kind).unwrap_or(fed.len());
        let mut stream = Self {
            images,
            kinds: fed.iter().map(|(kind, ..)| *kind).collect(),
            is_defect: fed.iter().map(|(_, is_defect, _)| *is_defect).collect(),
            arrivals: (0..parts.len()).map(first).collect(),
            ratios: Vec::new(),
            is_explained: Vec::new(),
            events: Vec::new(),
            delays: vec![None; parts.len() - 1],
            n_false: 0,
        };
        let mut monitor = monitor(model, held, &parts[0].name, seed)?;
        for i in 0..stream.kinds.len() {
            stream.push(&mut monitor, i)?;
            stream.adopt(&mut monitor, parts, i)?;
        }
        Ok(stream)
    }

    fn push(&mut self, monitor: &mut Monitor<Explains, Learned>, i: usize) -> anyhow::Result<()> {
        let image = self.images.slice(ndarray::s![i..=i, .., .., ..]);
        for event in monitor.push(image)? {
            match event.kind {
                EventKind::Normal { ratio, .. } => self.judged(ratio),
                EventKind::Anomaly { ratio, .. } => self.judged(ratio),
                EventKind::Drift { .. } => {
                    self.events.push(Happened { image: i, event: "drift".to_owned() });
                }
                EventKind::NewClass { proposal, n_members, .. } => {
                    let members = monitor.proposal(proposal).map(|p| p.members());
                    let kind = self.commonest(&members.unwrap_or_default());
                    let delay = kind.checked_sub(1).and_then(|at| self.delays.get_mut(at));
                    match delay {
                        Some(delay @ None) => *delay = Some(i - self.arrivals[kind]),
                        _ => self.n_false += 1,
                    }
                    let event = format!("new class {proposal} proposed: {n_members} images");
                    self.events.push(Happened { image: i, event });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn judged(&mut self, ratio: f64) {
        self.ratios.push(ratio);
        self.is_explained.push(ratio <= 1.0);
    }

    /// The kind that most of some images are of; 0 unless a later one has more than half.
    fn commonest(&self, members: &[u64]) -> usize {
        let of = |kind: usize| members.iter().filter(|&&i| self.kinds[i as usize] == kind).count();
        (1..=self.delays.len()).find(|&kind| 2 * of(kind) > members.len()).unwrap_or(0)
    }

    /// Makes proposals classes that have enough images.
    fn adopt(
        &mut self,
        monitor: &mut Monitor<Explains, Learned>,
        parts: &[PartKind],
        i: usize,
    ) -> anyhow::Result<()> {
        let ready = monitor.proposals().iter().find(|p| p.members().len() >= ENOUGH);
        let Some((id, images, members)) = ready.map(|p| (p.id(), p.images(), p.members())) else {
            return Ok(());
        };
        let kind = &parts[self.commonest(&members)].name;
        let n_defects = members.iter().filter(|&&at| self.is_defect[at as usize]).count();
        let name = format!("class {id}");
        let select = QuantileThreshold::new(EXPLAINED);
        let model = train_class(&name, &QuickLearner, &select, images.view(), 4)?;
        monitor.adopt(id, model)?;
        let n = members.len();
        let event = format!("{name} learned: {n} images, mostly {kind}; {n_defects} with defects");
        self.events.push(Happened { image: i, event });
        Ok(())
    }
}

fn monitor(
    model: &Learned,
    held: Images<'_>,
    name: &str,
    seed: u64,
) -> anyhow::Result<Monitor<Explains, Learned>> {
    let threshold = QuantileThreshold::new(EXPLAINED).select(&model.errors(held)?, None)?;
    let bank =
        ModelBank::new(vec![ClassModel::new(name, Explains::by(model.clone()), threshold)?])?;
    let classes = vec![0; held.len_of(Axis(0))];
    let reference = MonitorReference {
        bank,
        embedder: model.clone(),
        camera: None,
        images: held.view(),
        classes: &classes,
    };
    Ok(MonitorConfig::new().seed(seed).fit(reference)?)
}

/// One phase a kind: of the images of a phase, those of the kind that arrives are every other
/// one, and the rest of those known before.
fn feed(parts: &[PartKind], seed: u64) -> Vec<Fed<'_>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut queues: Vec<Vec<Fed<'_>>> = Vec::new();
    for (kind, part) in parts.iter().enumerate() {
        let mut queue: Vec<Fed<'_>> =
            part.good.outer_iter().map(|image| (kind, false, image)).collect();
        for (_, images) in &part.defects {
            queue.extend(images.outer_iter().map(|image| (kind, true, image)));
        }
        // Later kinds were never learned from: all their good images are new.
        if kind > 0 {
            queue.extend(part.train.outer_iter().map(|image| (kind, false, image)));
        }
        queue.shuffle(&mut rng);
        queues.push(queue);
    }
    let mut fed = Vec::new();
    for phase in 0..parts.len() {
        for step in 0..PHASE {
            let kind = if step % 2 == 0 { phase } else { step / 2 % (phase + 1) };
            let next = queues[kind].pop();
            fed.extend(next.or_else(|| queues[phase].pop()));
        }
    }
    fed
}
