//! Which points of two leaves are within the radius.

use novelty_core::Features;

use super::tree::Tree;
use crate::distances::{LANES, Limits, within};

/// For each point of one leaf, the points of another within the radius as bits.
pub(crate) type Hits = [u32; LANES];

/// Decides exactly, in `f64`, whether two samples are within a radius, and does so in `f32`
/// where that leaves no doubt.
pub(crate) struct Neighbours<'a> {
    pub(crate) x: Features<'a>,
    pub(crate) tree: Tree,
    radius: f64,
    limits: Limits,
    leaf_nodes: Vec<usize>,
}

impl<'a> Neighbours<'a> {
    pub(crate) fn new(x: Features<'a>, radius: f64) -> Self {
        let scale =
            if radius > 0.0 { (-radius.log2().round()).clamp(-126.0, 126.0).exp2() } else { 1.0 };
        let tree = Tree::new(&x, scale);
        // The error of a sum of squared differences, relative to it, and what may be lost
        // below the smallest normal number.
        let error = (x.ncols() + 8) as f64 * f64::from(f32::EPSILON);
        let square = (radius * scale).powi(2);
        let tiny = x.ncols() as f64 * f64::from(f32::MIN_POSITIVE);
        let limits = Limits {
            surely: (square * (1.0 - error) - tiny) as f32,
            surely_not: (square * (1.0 + error) + tiny) as f32,
        };
        let leaf_nodes = tree.leaf_nodes();
        Self { x, tree, radius, limits, leaf_nodes }
    }

    /// The leaves from `leaf` on that may hold neighbours of its points.
    pub(crate) fn partners(&self, leaf: usize) -> impl Iterator<Item = usize> {
        let found = self.tree.leaves_within(self.leaf_nodes[leaf], self.radius);
        found.into_iter().filter(move |&other| other >= leaf)
    }

    /// The neighbours among two leaves, if there are any.
    pub(crate) fn hits(&self, a: usize, b: usize) -> Option<Hits> {
        let tree = &self.tree;
        let (mut hits, mut unsure) = ([0; LANES], [0; LANES]);
        within(tree.panel(b), tree.rows(a), tree.width, self.limits, &mut hits, &mut unsure);
        let valid = u32::MAX >> (LANES - tree.n_in(b));
        let mut any = 0;
        for (row, (hits, &unsure)) in hits.iter_mut().zip(&unsure).enumerate() {
            for column in bits(unsure & valid) {
                let pair = (tree.samples(a)[row], tree.samples(b)[column]);
                *hits |= u32::from(self.is_within(pair)) << column;
            }
            *hits &= valid;
            any |= *hits;
        }
        (any != 0).then_some(hits)
    }

    fn is_within(&self, (a, b): (u32, u32)) -> bool {
        let (a, b) = (self.x.row(a as usize), self.x.row(b as usize));
        let difference = |(&a, &b): (&f32, &f32)| f64::from(a) - f64::from(b);
        let square: f64 = a.iter().zip(b).map(difference).map(|d| d * d).sum();
        square <= self.radius * self.radius
    }
}

/// The places of the bits that are set.
pub(crate) fn bits(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = mask.trailing_zeros();
        mask &= mask.wrapping_sub(1);
        (place < u32::BITS).then_some(place as usize)
    })
}
