//! Lloyd's iteration.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::points::{Points, to_f32};
use crate::distances::nearest;

/// A finished run; centroids in the frame, inertia in the units of the data.
pub(crate) struct Run {
    pub(crate) centroids: Vec<f64>,
    pub(crate) labels: Vec<u32>,
    pub(crate) counts: Vec<usize>,
    pub(crate) inertia: f64,
    pub(crate) n_iter: usize,
    pub(crate) has_converged: bool,
}

/// Iterates until no label changes, or the centroids move no more than `tolerance` in all.
pub(crate) fn run(
    points: &Points<'_>,
    mut centroids: Vec<f64>,
    max_iter: usize,
    tolerance: f64,
) -> Run {
    let k = centroids.len() / points.width();
    let mut state =
        State { labels: vec![u32::MAX; points.len()], squares: vec![0.0; points.len()] };
    let (mut n_iter, mut has_converged) = (0, false);
    while n_iter < max_iter && !has_converged {
        n_iter += 1;
        let mut sums = state.assign_and_sum(points, &centroids);
        let is_stable = sums.n_changed == 0;
        if is_stable && n_iter > 1 {
            has_converged = true;
            break;
        }
        sums.repair_empty(points, &mut state);
        let next = sums.centroids(points);
        let moved: f64 = next.iter().zip(&centroids).map(|(a, b)| (a - b) * (a - b)).sum();
        centroids = next;
        has_converged = moved <= tolerance;
    }
    state.assign_and_sum(points, &centroids);
    finish(points, centroids, state.labels, k, n_iter, has_converged)
}

fn finish(
    points: &Points<'_>,
    centroids: Vec<f64>,
    labels: Vec<u32>,
    k: usize,
    n_iter: usize,
    has_converged: bool,
) -> Run {
    let mut counts = vec![0; k];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    let inertia = inertia(points, &centroids, &labels);
    Run { centroids, labels, counts, inertia, n_iter, has_converged }
}

/// The squared distances to the centroids in `f64`, in the units of the data.
fn inertia(points: &Points<'_>, centroids: &[f64], labels: &[u32]) -> f64 {
    let (block, width) = (points.block(), points.width());
    let scale = points.frame.scale;
    let centres: Vec<f64> = centroids
        .iter()
        .enumerate()
        .map(|(at, &value)| value / scale + points.frame.offset[at % width])
        .collect();
    let of_block = |(index, labels): (usize, &[u32])| {
        let rows = points.values(index * block, labels.len());
        Arch::new().dispatch(Inertia { rows, centres: &centres, width, labels })
    };
    let parts: Vec<f64> = labels.par_chunks(block).enumerate().map(of_block).collect();
    parts.iter().sum()
}

struct Inertia<'a> {
    rows: &'a [f32],
    centres: &'a [f64],
    width: usize,
    labels: &'a [u32],
}

impl WithSimd for Inertia<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let mut lanes = [0.0_f64; 8];
        for (row, &label) in self.rows.chunks_exact(self.width).zip(self.labels) {
            let centre = &self.centres[label as usize * self.width..][..self.width];
            let (chunks, rest) = row.as_chunks::<8>();
            let (centres, centre_rest) = centre.as_chunks::<8>();
            for (chunk, centre) in chunks.iter().zip(centres) {
                for lane in 0..8 {
                    let difference = f64::from(chunk[lane]) - centre[lane];
                    lanes[lane] += difference * difference;
                }
            }
            for (lane, (&x, c)) in lanes.iter_mut().zip(rest.iter().zip(centre_rest)) {
                let difference = f64::from(x) - c;
                *lane += difference * difference;
            }
        }
        lanes.iter().sum()
    }
}

/// What an iteration keeps for every sample.
struct State {
    labels: Vec<u32>,
    /// To the nearest centroid, in the frame.
    squares: Vec<f32>,
}

impl State {
    /// Assigns every sample to its nearest centroid and adds the samples up by cluster.
    fn assign_and_sum(&mut self, points: &Points<'_>, centroids: &[f64]) -> Sums {
        let (block, width) = (points.block(), points.width());
        let centres = to_f32(centroids);
        let blocks = self.labels.par_chunks_mut(block).zip(self.squares.par_chunks_mut(block));
        let parts = blocks.enumerate().map(|(index, (labels, squares))| {
            let n = labels.len();
            let before = labels.to_vec();
            nearest(points.panels.range(index * block, n), &centres, width, labels, squares);
            let mut sums = Sums::new(centroids.len(), width);
            sums.n_changed = before.iter().zip(&*labels).filter(|(a, b)| a != b).count();
            let rows = points.values(index * block, n);
            Arch::new().dispatch(Accumulate { rows, width, labels, sums: &mut sums });
            sums
        });
        let parts: Vec<Sums> = parts.collect();
        parts.iter().fold(Sums::new(centroids.len(), width), Sums::plus)
    }
}

/// The samples added up by cluster, in the units of the data.
struct Sums {
    values: Vec<f64>,
    counts: Vec<usize>,
    n_changed: usize,
}

impl Sums {
    fn new(len: usize, width: usize) -> Self {
        Self { values: vec![0.0; len], counts: vec![0; len / width], n_changed: 0 }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| *a += b);
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.n_changed += other.n_changed;
        self
    }

    /// Gives every empty cluster the sample farthest from its centroid, of those that are not
    /// alone in their cluster.
    fn repair_empty(&mut self, points: &Points<'_>, state: &mut State) {
        let empty: Vec<usize> = (0..self.counts.len()).filter(|&c| self.counts[c] == 0).collect();
        if empty.is_empty() {
            return;
        }
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|&a, &b| state.squares[b].total_cmp(&state.squares[a]));
        let mut candidates = order.into_iter();
        for cluster in empty {
            let Some(index) =
                candidates.find(|&index| self.counts[state.labels[index] as usize] > 1)
            else {
                return;
            };
            self.relocate(points, index, state.labels[index] as usize, cluster);
            state.labels[index] = cluster as u32;
        }
    }

    fn relocate(&mut self, points: &Points<'_>, index: usize, from: usize, to: usize) {
        let width = points.width();
        for (feature, &value) in points.rows.row(index).iter().enumerate() {
            self.values[from * width + feature] -= f64::from(value);
            self.values[to * width + feature] = f64::from(value);
        }
        self.counts[from] -= 1;
        self.counts[to] = 1;
    }

    /// The means, in the frame.
    fn centroids(&self, points: &Points<'_>) -> Vec<f64> {
        let width = points.width();
        let mean = |(at, sum): (usize, &f64)| {
            let count = self.counts[at / width].max(1) as f64;
            points.frame.place(at % width, sum / count)
        };
        self.values.iter().enumerate().map(mean).collect()
    }
}

struct Accumulate<'a> {
    rows: &'a [f32],
    width: usize,
    labels: &'a [u32],
    sums: &'a mut Sums,
}

impl WithSimd for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (row, &label) in self.rows.chunks_exact(self.width).zip(self.labels) {
            let label = label as usize;
            self.sums.counts[label] += 1;
            let sums = &mut self.sums.values[label * self.width..][..self.width];
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
        }
    }
}
