use std::collections::BinaryHeap;

use ndarray::ArrayView1;
use novelty_core::{Features, InputError};
use rayon::prelude::*;

use super::tree::Tree;
use crate::ClusterError;
use crate::distances::{Frame, squared_distances};
use crate::input::{at_least_one, checked};

/// How far each sample must look to be a core sample, sorted: an aid for `eps`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KDistances {
    /// For every sample the distance within which it has `min_samples` samples, itself among
    /// them; ascending.
    pub distances: Vec<f64>,
    /// Where the curve bends: the entry farthest below the line from its first to its last.
    pub knee: usize,
}

impl KDistances {
    /// The distance at the knee: a good first `eps`.
    #[must_use]
    pub fn suggested_eps(&self) -> f64 {
        self.distances[self.knee]
    }

    /// The share of the samples that are core samples at a given `eps`.
    #[must_use]
    pub fn core_share(&self, eps: f64) -> f64 {
        self.distances.partition_point(|&distance| distance <= eps) as f64
            / self.distances.len() as f64
    }
}

/// The sorted distances of all samples to their `min_samples`-th nearest, themselves among
/// them, and the knee of that curve.
///
/// Samples in clusters come first, noise last; `eps` belongs where the curve turns upwards.
/// Ester et al. 1996; the knee as in Satopää et al., *Finding a "Kneedle" in a Haystack*, 2011.
/// Costs what [`DbscanConfig`](crate::DbscanConfig) costs.
///
/// # Errors
/// If `x` is empty or not finite, or `min_samples` is not in `1..=n_samples`.
///
/// ```
/// use ndarray::array;
/// use novelty_cluster::k_distances;
///
/// let x = array![[0.0], [1.0], [2.0], [3.0], [50.0]];
/// let curve = k_distances(x.view(), 2)?;
/// assert_eq!(curve.distances, [1.0, 1.0, 1.0, 1.0, 47.0]);
/// assert_eq!(curve.suggested_eps(), 1.0);
/// # Ok::<(), novelty_cluster::ClusterError>(())
/// ```
pub fn k_distances(x: Features<'_>, min_samples: usize) -> Result<KDistances, ClusterError> {
    at_least_one("min_samples", min_samples)?;
    let rows = checked(&x)?;
    let n = x.nrows();
    if min_samples > n {
        let range = "at most the number of samples";
        return Err(InputError::setting("min_samples", min_samples, range).into());
    }
    let scale = Frame::of(&rows.view()).scale;
    let tree = Tree::new(&rows.view(), scale);
    let nodes = tree.leaf_nodes();
    let leaves = (0..tree.n_leaves()).into_par_iter();
    let parts = leaves.map(|leaf| of_leaf(&rows.view(), &tree, &nodes, leaf, min_samples));
    let mut distances = parts.collect::<Vec<_>>().concat();
    distances.sort_by(f64::total_cmp);
    let knee = knee(&distances);
    Ok(KDistances { distances, knee })
}

/// The distances of the points of one leaf.
fn of_leaf(
    x: &Features<'_>,
    tree: &Tree,
    nodes: &[usize],
    leaf: usize,
    min_samples: usize,
) -> Vec<f64> {
    let mut others: Vec<(f64, usize)> =
        nodes.iter().map(|&node| tree.box_square(nodes[leaf], node)).zip(0..).collect();
    others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n_rows = tree.n_in(leaf);
    // Back to the units of the data, less the error of a sum of squares in `f32`.
    let error = (tree.width + 8) as f64 * f64::from(f32::EPSILON);
    let shrink = (1.0 - error) / tree.scale.powi(2);
    let tiny = tree.width as f64 * f64::from(f32::MIN_POSITIVE) / tree.scale.powi(2);
    let mut nearest: Vec<Nearest> = vec![Nearest::default(); n_rows];
    for (square, other) in others {
        if nearest.iter().all(|found| found.is_closed(min_samples, square)) {
            break;
        }
        let n_columns = tree.n_in(other);
        let mut squares = vec![0.0; n_rows * n_columns];
        squared_distances(tree.panel(other), tree.rows(leaf), tree.width, &mut squares);
        for (row, squares) in squares.chunks_exact(n_columns).enumerate() {
            let own = x.row(tree.samples(leaf)[row] as usize);
            for (&square, &sample) in squares.iter().zip(tree.samples(other)) {
                let lowest = f64::from(square) * shrink - tiny;
                nearest[row].offer(min_samples, lowest, [own, x.row(sample as usize)]);
            }
        }
    }
    nearest.iter().map(Nearest::farthest).collect()
}

/// The nearest samples of one: their squared distances in `f64`, as bits, which sort like the
/// values, for those are not negative.
#[derive(Clone, Default)]
struct Nearest(BinaryHeap<u64>);

impl Nearest {
    /// Whether nothing at this squared distance or more can be among them.
    fn is_closed(&self, k: usize, square: f64) -> bool {
        self.0.len() == k && self.0.peek().is_some_and(|&worst| square > f64::from_bits(worst))
    }

    /// Takes a sample in if it is near enough; `square` is the lowest its squared distance
    /// can be.
    fn offer(&mut self, k: usize, square: f64, pair: [ArrayView1<'_, f32>; 2]) {
        if self.is_closed(k, square) {
            return;
        }
        let differences = pair[0].iter().zip(pair[1]);
        let exact: f64 = differences.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
        if !self.is_closed(k, exact) {
            self.0.push(exact.to_bits());
            if self.0.len() > k {
                self.0.pop();
            }
        }
    }

    fn farthest(&self) -> f64 {
        self.0.peek().map_or(0.0, |&worst| f64::from_bits(worst).sqrt())
    }
}

fn knee(distances: &[f64]) -> usize {
    let last = distances.len() - 1;
    let (low, high) = (distances[0], distances[last]);
    let below = |at: usize| {
        let line = low + (high - low) * at as f64 / last.max(1) as f64;
        line - distances[at]
    };
    (1..=last).fold(0, |best, at| if below(at) > below(best) { at } else { best })
}
