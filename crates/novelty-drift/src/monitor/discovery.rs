//! A look at the buffer: what belongs to an open proposal, and what may be a new class.

use std::collections::BTreeSet;

use ndarray::Axis;
use novelty_core::Features;

use super::calibration::{centre_of, spread_of};
use super::state::{Held, Seen, embeddings, stack};
use super::{CameraFeatures, EventKind, MonitorError, MonitorState, Proposal};
use crate::{CameraDiagnosis, Verdict, style_features};

/// Centres of one class's clusters are nearer than this, in mean distances from the centre of the
/// widest known class: those of 10 and of 50 images are 0.35 apart.
const SAME_PLACE: f64 = 0.6;

/// A cluster that belongs to no proposal.
struct Candidate {
    members: Vec<u64>,
    centre: Vec<f64>,
    relative_spread: f64,
    stability: f64,
    stable_for: usize,
}

impl MonitorState {
    /// Clusters open proposals and buffer together, so that proposals grow, and proposes what is
    /// large, tight and stable.
    pub(super) fn look(&mut self) -> Result<Vec<EventKind>, MonitorError> {
        let proposed: usize = self.proposals.iter().map(|proposal| proposal.members.len()).sum();
        let held = self.proposals.iter().flat_map(|p| &p.members).chain(&self.buffer);
        let rows = embeddings(held);
        let reach = self.calibration.reach;
        let labels = self.config.clustering.assign(rows.view(), reach, self.config.seed)?;
        let n_clusters = labels.iter().flatten().max().map_or(0, |&label| label + 1);
        let owners = self.owners(&labels[..proposed], n_clusters);
        let (mut candidates, mut joining) =
            (Vec::new(), vec![BTreeSet::new(); self.proposals.len()]);
        for (cluster, owner) in owners.into_iter().enumerate() {
            let inside = |i: &usize| labels[*i] == Some(cluster);
            let positions: Vec<usize> = (proposed..labels.len()).filter(inside).collect();
            let members = positions.iter().map(|&i| self.buffer[i - proposed].number);
            match owner {
                Some(owner) => joining[owner].extend(members),
                None if positions.is_empty() => {}
                None => {
                    let rows = rows.select(Axis(0), &positions);
                    candidates.push(self.candidate(members.collect(), rows.view()));
                }
            }
        }
        for (owner, numbers) in joining.iter().enumerate() {
            let taken = self.take(numbers);
            let members = &mut self.proposals[owner].members;
            members.extend(taken);
            members.drain(..members.len().saturating_sub(self.config.max_members));
        }
        self.settle(candidates)
    }

    /// A cluster is owned by the proposal that has the most images in it.
    fn owners(&self, labels: &[Option<usize>], n_clusters: usize) -> Vec<Option<usize>> {
        let mut owners = vec![None; n_clusters];
        let mut most = vec![0; n_clusters];
        let mut first = 0;
        for (owner, proposal) in self.proposals.iter().enumerate() {
            let own = &labels[first..first + proposal.members.len()];
            first += own.len();
            // Every part of a proposal is its own, even where it has come apart.
            for (cluster, (most, of)) in most.iter_mut().zip(&mut owners).enumerate() {
                let n = own.iter().filter(|&&label| label == Some(cluster)).count();
                if n > *most {
                    (*most, *of) = (n, Some(owner));
                }
            }
        }
        owners
    }

    fn candidate(&self, members: Vec<u64>, rows: Features<'_>) -> Candidate {
        let known = self.looked_at;
        let old: BTreeSet<u64> =
            members.iter().copied().filter(|&number| Some(number) <= known).collect();
        let present: BTreeSet<u64> = self.buffer.iter().map(|held| held.number).collect();
        let likeness = |seen: &Seen| {
            let before: BTreeSet<u64> =
                seen.members.iter().copied().filter(|number| present.contains(number)).collect();
            let both = before.intersection(&old).count();
            both as f64 / (before.len() + old.len() - both).max(1) as f64
        };
        let best = self.seen.iter().map(|seen| (likeness(seen), seen.stable_for));
        let (stability, looks) =
            best.fold((0.0, 0), |best, next| if next.0 > best.0 { next } else { best });
        let stable_for = if stability >= self.config.min_stability { looks + 1 } else { 0 };
        let relative_spread = spread_of(rows) / self.calibration.spread;
        Candidate { members, centre: centre_of(rows), relative_spread, stability, stable_for }
    }

    /// Whether a cluster is where a dismissed one was.
    fn is_dismissed(&self, centre: &[f64]) -> bool {
        let square = |other: &Vec<f64>| -> f64 {
            other.iter().zip(centre).map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let reach = SAME_PLACE * self.calibration.spread;
        self.dismissed.iter().any(|other| square(other) <= reach * reach)
    }

    fn settle(&mut self, candidates: Vec<Candidate>) -> Result<Vec<EventKind>, MonitorError> {
        let mut events = Vec::new();
        self.seen.clear();
        for candidate in candidates {
            let is_class = candidate.members.len() >= self.config.min_class_size
                && candidate.relative_spread <= self.config.max_relative_spread
                && candidate.stable_for >= self.config.stable_checks;
            if !is_class {
                let Candidate { members, stable_for, .. } = candidate;
                self.seen.push(Seen { members, stable_for });
                continue;
            }
            let numbers: BTreeSet<u64> = candidate.members.iter().copied().collect();
            if self.is_dismissed(&candidate.centre) {
                self.take(&numbers);
            } else if let Some(event) = self.camera_problem(&numbers)? {
                self.take(&numbers);
                events.push(event);
            } else if self.proposals.len() < self.config.max_proposals {
                events.push(self.propose(candidate, &numbers));
            } else {
                let Candidate { members, stable_for, .. } = candidate;
                self.seen.push(Seen { members, stable_for });
            }
        }
        self.looked_at = self.buffer.back().map(|held| held.number).max(self.looked_at);
        Ok(events)
    }

    fn propose(&mut self, candidate: Candidate, numbers: &BTreeSet<u64>) -> EventKind {
        let id = self.next_proposal;
        self.next_proposal += 1;
        let taken = self.take(numbers);
        let n_members = taken.len();
        self.proposals.push(Proposal { id, members: taken.into() });
        let Candidate { relative_spread, stability, .. } = candidate;
        EventKind::NewClass { proposal: id, n_members, relative_spread, stability }
    }

    /// Whether a camera problem explains a cluster as a whole, where it did not its images.
    fn camera_problem(&self, numbers: &BTreeSet<u64>) -> Result<Option<EventKind>, MonitorError> {
        let Some(camera) = &self.camera else { return Ok(None) };
        let held: Vec<&Held> =
            self.buffer.iter().filter(|held| numbers.contains(&held.number)).collect();
        let images = stack(held.iter().copied());
        let rows = embeddings(held.iter().copied());
        diagnose(camera, self.config.camera_features, images.view(), rows.view())
    }

    /// Takes images out of the buffer.
    fn take(&mut self, numbers: &BTreeSet<u64>) -> Vec<Held> {
        let all = std::mem::take(&mut self.buffer);
        let (taken, left): (Vec<Held>, Vec<Held>) =
            all.into_iter().partition(|held| numbers.contains(&held.number));
        self.buffer = left.into();
        taken
    }
}

/// The camera problem that explains some images together, if one does.
pub(super) fn diagnose(
    camera: &CameraDiagnosis,
    features: CameraFeatures,
    images: novelty_core::Images<'_>,
    embeddings: Features<'_>,
) -> Result<Option<EventKind>, MonitorError> {
    let diagnosis = match features {
        CameraFeatures::Embedding => camera.diagnose(embeddings)?,
        CameraFeatures::Style => camera.diagnose(style_features(images)?.view())?,
        CameraFeatures::Both => {
            let style = style_features(images)?;
            let mut rows =
                ndarray::Array2::zeros((style.nrows(), embeddings.ncols() + style.ncols()));
            let (mut left, mut right) = rows.view_mut().split_at(Axis(1), embeddings.ncols());
            left.assign(&embeddings);
            right.assign(&style);
            camera.diagnose(rows.view())?
        }
    };
    let Verdict::CameraProblem { problem, severity } = diagnosis.verdict else { return Ok(None) };
    let distance = diagnosis.ranking.first().map_or(0.0, |best| best.distance);
    let n_images = images.len_of(Axis(0));
    Ok(Some(EventKind::CameraProblem { problem, severity, distance, n_images }))
}
