//! The choice of a method on training images alone.

use std::collections::BTreeMap;

use ndarray::{Array3, Array4, Axis};
use novelty_core::{Fit, Images};
use novelty_metrics::roc_auc;
use novelty_scoring::{Normalisation, ScoreNormaliser};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::category::maps_at;
use super::defects::{DrawnDefect, draw_defect};
use super::methods::{Detector, Judged, Method, Training};
use crate::TaskBar;

/// Parts that the training images are cut into; each is judged by what learned from the others.
const FOLDS: usize = 4;

/// What every method made of training images it had not seen: good ones, and the same with
/// defects drawn on them.
#[derive(Debug)]
pub struct Rehearsal {
    /// Each method's area under the ROC curve for each kind of drawn defect, mean over the parts.
    pub by_kind: BTreeMap<Method, Vec<f64>>,
    /// The method with the highest mean area: the one that is named for the test.
    pub named: Method,
    /// An image with a drawn defect of each kind.
    pub examples: Vec<Array3<f32>>,
    scales: BTreeMap<Method, ScoreNormaliser>,
}

/// A method's scores of one part.
struct Scores {
    good: Vec<f32>,
    by_kind: Vec<Vec<f32>>,
}

impl Rehearsal {
    /// Steps that a rehearsal takes.
    pub const STEPS: usize = FOLDS * Method::BASE.len();

    /// Lets all methods judge the training images, each part by what learned from the others.
    ///
    /// # Errors
    /// If there are fewer than three images a part, or a method fails.
    pub fn run(train: Images<'_>, training: Training, bar: &TaskBar) -> anyhow::Result<Self> {
        let n = train.len_of(Axis(0));
        anyhow::ensure!(n >= 3 * FOLDS, "{n} training images, where {} are needed", 3 * FOLDS);
        let mut scores: BTreeMap<Method, Vec<Scores>> = BTreeMap::new();
        let mut examples = Vec::new();
        for fold in 0..FOLDS {
            let (held, rest): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| i % FOLDS == fold);
            let (held, rest) = (train.select(Axis(0), &held), train.select(Axis(0), &rest));
            let drawn = drawn_on(held.view(), training.seed, fold);
            for method in Method::BASE {
                bar.begin(&format!("rehearsing {}, part {}", method.name(), fold + 1));
                let detector = Detector::fit(method, rest.view(), training)?;
                let judged =
                    |images: &Array4<f32>| anyhow::Ok(detector.judge(images.view())?.scores);
                let by_kind = drawn.iter().map(judged).collect::<Result<_, _>>()?;
                scores.entry(method).or_default().push(Scores { good: judged(&held)?, by_kind });
                bar.advance();
            }
            if fold == 0 {
                examples = drawn.iter().map(|of| of.index_axis(Axis(0), 0).to_owned()).collect();
            }
        }
        Self::of_scores(&scores, examples)
    }

    fn of_scores(
        scores: &BTreeMap<Method, Vec<Scores>>,
        examples: Vec<Array3<f32>>,
    ) -> anyhow::Result<Self> {
        let mut scales = BTreeMap::new();
        for (&method, parts) in scores {
            let good: Vec<f32> = parts.iter().flat_map(|part| part.good.clone()).collect();
            scales.insert(method, Normalisation::RobustZ.fit(&good[..])?);
        }
        let mut chosen =
            Self { by_kind: BTreeMap::new(), named: Method::Components, examples, scales };
        for method in Method::ALL {
            let areas = chosen.areas(method, scores)?;
            chosen.by_kind.insert(method, areas);
            if chosen.roc_auc(method) > chosen.roc_auc(chosen.named) {
                chosen.named = method;
            }
        }
        Ok(chosen)
    }

    /// A method's area under the ROC curve, over all kinds of drawn defects.
    #[must_use]
    pub fn roc_auc(&self, method: Method) -> f64 {
        let areas = self.by_kind.get(&method).map_or(&[][..], |areas| areas);
        areas.iter().sum::<f64>() / areas.len().max(1) as f64
    }

    /// For each kind of defect, the mean over the parts.
    fn areas(
        &self,
        method: Method,
        scores: &BTreeMap<Method, Vec<Scores>>,
    ) -> anyhow::Result<Vec<f64>> {
        let of_parts =
            (0..FOLDS).map(|part| self.areas_of(method, |member| &scores[&member][part]));
        let of_parts = of_parts.collect::<anyhow::Result<Vec<_>>>()?;
        let mean = |kind: usize| of_parts.iter().map(|areas| areas[kind]).sum::<f64>();
        Ok((0..DrawnDefect::ALL.len()).map(|kind| mean(kind) / FOLDS as f64).collect())
    }

    /// The same in one part.
    fn areas_of<'a>(
        &self,
        method: Method,
        of: impl Fn(Method) -> &'a Scores,
    ) -> anyhow::Result<Vec<f64>> {
        let good = self.joined(method, |member| &of(member).good)?;
        let area = |kind: usize| {
            let drawn = self.joined(method, |member| &of(member).by_kind[kind])?;
            let labels = [vec![false; good.len()], vec![true; drawn.len()]].concat();
            Ok(roc_auc(&[&good[..], &drawn].concat(), &labels)?)
        };
        (0..DrawnDefect::ALL.len()).map(area).collect()
    }

    /// The scores of a method; of an ensemble, the mean of its members' in units of what good
    /// images score.
    fn joined<'a>(
        &self,
        method: Method,
        of: impl Fn(Method) -> &'a Vec<f32>,
    ) -> anyhow::Result<Vec<f32>> {
        let members = method.members();
        if members.is_empty() {
            return Ok(of(method).clone());
        }
        let mut mean = vec![0.0; of(members[0]).len()];
        for member in members {
            let scores = self.scales[member].normalise(of(*member))?;
            let share = 1.0 / members.len() as f32;
            mean.iter_mut().zip(scores).for_each(|(mean, score)| *mean += share * score);
        }
        Ok(mean)
    }

    /// What an ensemble says, from what its members say: the means of their scores and of their
    /// maps, in units of what good images score.
    ///
    /// # Errors
    /// If a value is not finite.
    pub fn together(
        &self,
        method: Method,
        judged: &BTreeMap<Method, Judged>,
    ) -> anyhow::Result<Judged> {
        let scores = self.joined(method, |member| &judged[&member].scores)?;
        let members = method.members();
        let side = |member: &Method| judged[member].maps.len_of(Axis(1));
        let largest = members.iter().map(side).max().unwrap_or(1);
        let mut maps = Array3::zeros((scores.len(), largest, largest));
        for member in members {
            let map = maps_at(&judged[member].maps, largest)?;
            let values: Vec<f32> = map.iter().copied().collect();
            let values = self.scales[member].normalise(&values)?;
            maps.iter_mut().zip(values).for_each(|(to, value)| *to += value / members.len() as f32);
        }
        Ok(Judged { scores, maps })
    }
}

/// One defect of each kind on each image, kind by kind.
fn drawn_on(images: Images<'_>, seed: u64, fold: usize) -> Vec<Array4<f32>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(fold as u64);
    let mut of_kind = |kind| {
        let mut drawn = images.to_owned();
        for (image, mut to) in images.outer_iter().zip(drawn.outer_iter_mut()) {
            to.assign(&draw_defect(image, kind, &mut rng));
        }
        drawn
    };
    DrawnDefect::ALL.map(&mut of_kind).into()
}
