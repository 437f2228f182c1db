use std::collections::VecDeque;

use ndarray::{Array2, Array3, Array4, Axis};
use serde::{Deserialize, Serialize};

use super::MonitorConfig;
use super::calibration::Calibration;
use super::usual::Usual;
use crate::{CameraDiagnosis, OnlineDrift};

/// All that a [`Monitor`](crate::Monitor) remembers, but for its models: saved by serde and
/// restored, a monitor goes on as if nothing had been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorState {
    pub(super) config: MonitorConfig,
    pub(super) calibration: Calibration,
    pub(super) camera: Option<CameraDiagnosis>,
    pub(super) image_shape: [usize; 3],
    pub(super) n_features: usize,
    pub(super) n_seen: u64,
    pub(super) n_unexplained: u64,
    pub(super) next_proposal: u64,
    pub(super) drift: OnlineDrift,
    /// What is usual for each class of the bank.
    pub(super) usual: Vec<Usual>,
    pub(super) buffer: VecDeque<Held>,
    pub(super) proposals: Vec<Proposal>,
    /// The centres of dismissed proposals, oldest first.
    pub(super) dismissed: VecDeque<Vec<f64>>,
    /// The clusters of the last look.
    pub(super) seen: Vec<Seen>,
    /// Images up to this one were there at the last look.
    pub(super) looked_at: Option<u64>,
}

/// An image that nothing explains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) number: u64,
    pub(super) embedding: Vec<f32>,
    pub(super) image: Array3<f32>,
}

/// A cluster at some look at the buffer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// The numbers of its images, ascending.
    pub(super) members: Vec<u64>,
    /// Consecutive looks over which it was stable.
    pub(super) stable_for: usize,
}

/// Images that may be a new class. More of them come until it is adopted or dismissed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub(super) id: u64,
    pub(super) members: VecDeque<Held>,
}

impl Proposal {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The numbers of its images in the stream, in the order they joined.
    #[must_use]
    pub fn members(&self) -> Vec<u64> {
        self.members.iter().map(|held| held.number).collect()
    }

    /// Its images, `(n, channels, height, width)`: what a model of the class is trained on.
    #[must_use]
    pub fn images(&self) -> Array4<f32> {
        stack(self.members.iter())
    }

    /// The embeddings of its images, `(n, n_features)`.
    #[must_use]
    pub fn embeddings(&self) -> Array2<f32> {
        embeddings(self.members.iter())
    }
}

pub(super) fn stack<'a>(held: impl ExactSizeIterator<Item = &'a Held> + Clone) -> Array4<f32> {
    let (c, h, w) = held.clone().next().map_or((0, 0, 0), |first| first.image.dim());
    let mut images = Array4::zeros((held.len(), c, h, w));
    for (mut image, held) in images.axis_iter_mut(Axis(0)).zip(held) {
        image.assign(&held.image);
    }
    images
}

pub(super) fn embeddings<'a>(held: impl Iterator<Item = &'a Held> + Clone) -> Array2<f32> {
    let n = held.clone().count();
    let width = held.clone().next().map_or(0, |first| first.embedding.len());
    let mut rows = Array2::zeros((n, width));
    for (mut row, held) in rows.outer_iter_mut().zip(held) {
        row.iter_mut().zip(&held.embedding).for_each(|(value, &x)| *value = x);
    }
    rows
}

impl MonitorState {
    /// Images seen.
    #[must_use]
    pub fn n_seen(&self) -> u64 {
        self.n_seen
    }

    /// Dismissed proposals that are remembered.
    #[must_use]
    pub fn n_dismissed(&self) -> usize {
        self.dismissed.len()
    }

    /// Unexplained images that are kept and belong to no proposal.
    #[must_use]
    pub fn n_buffered(&self) -> usize {
        self.buffer.len()
    }
}
