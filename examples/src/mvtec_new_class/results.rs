use std::collections::BTreeMap;

use ndarray::{Array4, Axis, s};
use novelty_core::{Embed, Images};
use serde::Serialize;

use super::clusters::{Clusterings, RULES, cluster, count};
use super::kinds::{Labelled, PartKind};
use super::models::{Learned, Learner, Training};
use super::stream::{Happened, Stream};
use crate::{Comparison, Run};

/// Of the first kind's good images, one in so many is not learned from.
const HELD_ONE_IN: usize = 4;
/// Images of each kind that clusters are counted in, at most.
const COUNTED: usize = 60;

/// The first kind's good images: those learned from, and those held out.
#[derive(Debug)]
pub struct Known {
    /// Learned from.
    pub train: Array4<f32>,
    /// Held out: for the threshold and the monitor's reference.
    pub held: Array4<f32>,
}

impl Known {
    /// Splits them.
    #[must_use]
    pub fn split(part: &PartKind) -> Self {
        let n = part.train.len_of(Axis(0));
        let (held, train): (Vec<usize>, Vec<usize>) =
            (0..n).partition(|i| i % HELD_ONE_IN == HELD_ONE_IN - 1);
        let of = |positions: &[usize]| part.train.select(Axis(0), positions);
        Self { train: of(&train), held: of(&held) }
    }
}

/// What one model makes of all images.
#[derive(Debug)]
pub struct Judged {
    /// The model.
    pub model: Learned,
    /// The mean squared error of each image.
    pub errors: Vec<f32>,
    /// The code of each.
    pub codes: ndarray::Array2<f32>,
    /// Its clusterings.
    pub clusterings: Clusterings,
    /// Clusters found by each rule among 1, 2, ... kinds.
    pub counts: Vec<Vec<usize>>,
}

impl Judged {
    /// Lets a learner learn the first kind, and judge everything.
    ///
    /// # Errors
    /// If training or clustering fails.
    pub fn new(
        learner: Learner,
        known: &Known,
        parts: &[PartKind],
        labelled: &Labelled,
        training: Training,
        smoke: bool,
    ) -> anyhow::Result<Self> {
        let model = Learned::new(learner, known.train.view(), training)?;
        let errors = model.errors(labelled.images.view())?;
        let codes = model.embed(labelled.images.view())?;
        let clusterings = cluster(codes.view(), &labelled.kinds, training.seed)?;
        let mut some: Vec<Array4<f32>> = Vec::new();
        let mut counts = Vec::new();
        for (kind, part) in parts.iter().enumerate() {
            let good =
                if kind == 0 { joined(&[&part.good, &known.held])? } else { part.all_good()? };
            let n = good.len_of(Axis(0)).min(COUNTED);
            some.push(good.slice(s![..n, .., .., ..]).to_owned());
            let images = joined(&some.iter().collect::<Vec<_>>())?;
            let codes = model.embed(images.view())?;
            counts.push(count(codes.view(), training.seed, smoke)?);
        }
        Ok(Self { model, errors, codes, clusterings, counts })
    }

    /// The mean error of the images of a label.
    #[must_use]
    pub fn mean_error(&self, labelled: &Labelled, of: impl Fn(usize) -> bool) -> f64 {
        let chosen: Vec<f64> = (0..labelled.labels.len())
            .filter(|&i| of(i))
            .map(|i| f64::from(self.errors[i]))
            .collect();
        chosen.iter().sum::<f64>() / chosen.len().max(1) as f64
    }

    /// The mean error of good images of a kind over that of good images of the first.
    #[must_use]
    pub fn ratio(&self, labelled: &Labelled, kind: usize) -> f64 {
        let of = |kind: usize| {
            self.mean_error(labelled, |i| labelled.kinds[i] == kind && !labelled.is_defect[i])
        };
        of(kind) / of(0)
    }
}

fn joined(parts: &[&Array4<f32>]) -> anyhow::Result<Array4<f32>> {
    let views: Vec<Images<'_>> = parts.iter().map(|part| part.view()).collect();
    Ok(ndarray::concatenate(Axis(0), &views)?)
}

type ByModel<T> = BTreeMap<&'static str, T>;

/// What `metrics.json` holds.
#[derive(Debug, Serialize)]
pub struct Metrics {
    /// The kinds of parts; the first was learned.
    pub kinds: Vec<String>,
    /// By model: trainable numbers.
    pub n_parameters: ByModel<usize>,
    /// By model and label: the mean squared error.
    pub error: ByModel<BTreeMap<String, f64>>,
    /// By model and kind: the error of its good images over that of the first kind's.
    pub new_class_ratio: ByModel<BTreeMap<String, f64>>,
    /// By model, number of true kinds, and rule: the number of clusters found.
    pub n_clusters: ByModel<BTreeMap<usize, BTreeMap<&'static str, usize>>>,
    /// By model: silhouettes and agreement.
    pub clusterings: ByModel<Clusterings>,
    /// What happened in the dynamic run.
    pub events: Vec<Happened>,
    /// By later kind: images from its arrival to its proposal.
    pub delays: BTreeMap<String, Option<usize>>,
    /// Proposals that no new kind stands behind.
    pub n_false_proposals: usize,
    /// The share of good images of the first kind, in its own phase, that were not explained.
    pub false_alarm_rate: f64,
    /// Seed, threads, and whether it is a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// Epochs of the networks.
    pub epochs: usize,
    /// Rows and columns of the images.
    pub side: usize,
    /// By model: seconds to learn.
    pub seconds_fit: ByModel<f64>,
    /// Seconds of the whole run.
    pub seconds: f64,
    /// The notebook's errors, ours, and those of principal components.
    pub comparison: Comparison,
}

impl Metrics {
    /// The numbers of a run.
    #[must_use]
    pub fn new(
        parts: &[PartKind],
        labelled: &Labelled,
        judged: &[Judged],
        stream: &Stream,
        training: Training,
        run: Run,
    ) -> Self {
        let names: Vec<String> = parts.iter().map(|part| part.name.clone()).collect();
        let error = |of: &Judged| {
            let of_label = |(label, name): (usize, &String)| {
                (name.clone(), of.mean_error(labelled, |i| labelled.labels[i] == label))
            };
            labelled.names.iter().enumerate().map(of_label).collect()
        };
        let ratios = |of: &Judged| {
            (1..parts.len()).map(|kind| (names[kind].clone(), of.ratio(labelled, kind))).collect()
        };
        let counts = |of: &Judged| {
            let row = |found: &Vec<usize>| {
                RULES.iter().map(|rule| rule.0).zip(found.iter().copied()).collect()
            };
            of.counts.iter().enumerate().map(|(kind, found)| (kind + 1, row(found))).collect()
        };
        let quiet = |&i: &usize| {
            i < stream.arrivals.get(1).copied().unwrap_or(usize::MAX) && !stream.is_defect[i]
        };
        let good: Vec<usize> = (0..stream.kinds.len()).filter(quiet).collect();
        let alarms = good.iter().filter(|&&i| !stream.is_explained[i]).count();
        Self {
            n_parameters: by_model(judged, |of| of.model.n_parameters),
            error: by_model(judged, error),
            new_class_ratio: by_model(judged, ratios),
            n_clusters: by_model(judged, counts),
            clusterings: by_model(judged, |of| of.clusterings.clone()),
            events: stream.events.clone(),
            delays: names.iter().skip(1).cloned().zip(stream.delays.iter().copied()).collect(),
            n_false_proposals: stream.n_false,
            false_alarm_rate: alarms as f64 / good.len().max(1) as f64,
            run,
            epochs: training.epochs,
            side: labelled.images.len_of(Axis(2)),
            seconds_fit: by_model(judged, |of| of.model.seconds),
            seconds: run.seconds(),
            comparison: comparison(&names, labelled, judged),
            kinds: names,
        }
    }
}

fn by_model<T>(judged: &[Judged], of: impl Fn(&Judged) -> T) -> ByModel<T> {
    judged.iter().map(|judged| (judged.model.learner.key(), of(judged))).collect()
}

/// The notebook's mean errors, by model: bottles without and with a defect, and transistors; of
/// the latter two the lowest and highest of their labels.
const PUBLISHED: [(Learner, [&str; 3]); 3] = [
    (Learner::Small, ["0.00278", "0.00370 – 0.00486", "0.158 – 0.171"]),
    (Learner::Big, ["0.00138", "0.00253 – 0.00327", "0.162 – 0.167"]),
    (Learner::Vae, ["0.00167", "0.00278 – 0.00356", "0.164 – 0.177"]),
];

fn comparison(names: &[String], labelled: &Labelled, judged: &[Judged]) -> Comparison {
    let errors = |of: &Judged| {
        let mean = |kind: usize, is_defect: bool| {
            of.mean_error(labelled, |i| {
                labelled.kinds[i] == kind && labelled.is_defect[i] == is_defect
            })
        };
        [(0, false), (0, true), (1, false)].map(|(kind, is_defect)| mean(kind, is_defect))
    };
    let find = |learner| judged.iter().find(|of| of.model.learner == learner);
    let baseline = find(Learner::Components);
    let (known, new) = (&names[0], &names[1]);
    let what = [format!("good {known}"), format!("{known} with defects"), new.clone()];
    let mut rows = Comparison::new(["principal components"]);
    for (learner, published) in PUBLISHED {
        let Some(of) = find(learner) else { continue };
        let cheap = baseline.map_or([f64::NAN; 3], errors);
        for (((what, published), ours), cheap) in
            what.iter().zip(published).zip(errors(of)).zip(cheap)
        {
            let what = format!("{}: {what}", learner.key());
            rows = rows.row(what, published, format!("{ours:.5}"), [format!("{cheap:.5}")]);
        }
        let ratio = |of: &Judged| format!("{:.0}", of.ratio(labelled, 1));
        let cheap = baseline.map_or_else(String::new, ratio);
        let what = format!("{}: {new} over good {known}", learner.key());
        rows = rows.row(what, "", ratio(of), [cheap]);
    }
    rows
}
