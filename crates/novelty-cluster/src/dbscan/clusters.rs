//! From neighbours to clusters.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::neighbours::{Hits, Neighbours, bits};
use super::union_find::UnionFind;
use crate::distances::LANES;

/// Bytes of hits that are kept, at least, so that they need not be found again.
const MIN_KEPT: usize = 64 << 20;

pub(crate) struct Clusters {
    pub(crate) labels: Vec<Option<usize>>,
    pub(crate) is_core: Vec<bool>,
    pub(crate) n_clusters: usize,
}

/// The hits of a leaf with the leaves from it on.
struct Kept {
    tiles: Vec<(u32, Hits)>,
    /// Whether all of them are there.
    is_whole: bool,
}

pub(crate) fn find<'a>(neighbours: &'a Neighbours<'a>, min_samples: usize) -> Clusters {
    let n = neighbours.tree.n_points;
    let counts: Vec<AtomicU32> = (0..n).map(|_| AtomicU32::new(0)).collect();
    let budget =
        AtomicUsize::new(MIN_KEPT.max(4 * size_of_val(&neighbours.x[[0, 0]]) * neighbours.x.len()));
    let leaves = 0..neighbours.tree.n_leaves();
    let kept: Vec<Kept> =
        leaves.into_par_iter().map(|leaf| count(neighbours, leaf, &counts, &budget)).collect();
    let is_core: Vec<bool> =
        counts.iter().map(|count| count.load(Ordering::Relaxed) as usize >= min_samples).collect();
    let tiles = Tiles { neighbours, kept, is_core };
    let sets = UnionFind::new(n);
    tiles.each(|pair, hits| tiles.unite(pair, hits, &sets));
    let owners = tiles.owners(&sets);
    let (labels, n_clusters) = number(&owners);
    Clusters { labels, is_core: tiles.is_core, n_clusters }
}

/// Counts the neighbours of a leaf's points, and theirs in turn.
fn count(
    neighbours: &Neighbours<'_>,
    leaf: usize,
    counts: &[AtomicU32],
    budget: &AtomicUsize,
) -> Kept {
    let mut kept = Kept { tiles: Vec::new(), is_whole: true };
    for other in neighbours.partners(leaf) {
        let Some(hits) = neighbours.hits(leaf, other) else { continue };
        for (row, &sample) in neighbours.tree.samples(leaf).iter().enumerate() {
            counts[sample as usize].fetch_add(hits[row].count_ones(), Ordering::Relaxed);
        }
        if other != leaf {
            let columns = by_column(&hits);
            for (column, &sample) in neighbours.tree.samples(other).iter().enumerate() {
                counts[sample as usize].fetch_add(columns[column], Ordering::Relaxed);
            }
        }
        let size = size_of::<(u32, Hits)>();
        let spend = |left: usize| left.checked_sub(size);
        kept.is_whole &= budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok();
        if kept.is_whole {
            kept.tiles.push((other as u32, hits));
        }
    }
    if !kept.is_whole {
        kept.tiles = Vec::new();
    }
    kept
}

/// How often each bit is set.
fn by_column(hits: &Hits) -> [u32; LANES] {
    let mut counts = [0; LANES];
    for hits in hits {
        for (column, count) in counts.iter_mut().enumerate() {
            *count += (hits >> column) & 1;
        }
    }
    counts
}

/// All pairs of leaves with hits.
struct Tiles<'a> {
    neighbours: &'a Neighbours<'a>,
    kept: Vec<Kept>,
    is_core: Vec<bool>,
}

impl Tiles<'_> {
    /// Calls `visit` for each of them, from any thread; those that were not kept are found
    /// again.
    fn each(&self, visit: impl Fn((usize, usize), &Hits) + Sync) {
        self.kept.par_iter().enumerate().for_each(|(leaf, kept)| {
            if kept.is_whole {
                for (other, hits) in &kept.tiles {
                    visit((leaf, *other as usize), hits);
                }
                return;
            }
            for other in self.neighbours.partners(leaf) {
                if let Some(hits) = self.neighbours.hits(leaf, other) {
                    visit((leaf, other), &hits);
                }
            }
        });
    }

    /// The core samples of a leaf as bits.
    fn cores(&self, leaf: usize) -> u32 {
        let samples = self.neighbours.tree.samples(leaf).iter().enumerate();
        samples
            .fold(0, |mask, (at, &sample)| mask | (u32::from(self.is_core[sample as usize]) << at))
    }

    /// Unites core samples that are neighbours.
    fn unite(&self, (a, b): (usize, usize), hits: &Hits, sets: &UnionFind) {
        let (a_cores, b_cores) = (self.cores(a), self.cores(b));
        if a_cores == 0 || b_cores == 0 || self.is_one_set((a, a_cores), (b, b_cores), sets) {
            return;
        }
        let (rows, columns) = (self.neighbours.tree.samples(a), self.neighbours.tree.samples(b));
        for row in bits(a_cores) {
            for column in bits(hits[row] & b_cores) {
                sets.unite(rows[row], columns[column]);
            }
        }
    }

    /// Whether all core samples of both leaves are in one set already: then no pair needs a
    /// look, which is the usual case in a dense cluster.
    fn is_one_set(&self, a: (usize, u32), b: (usize, u32), sets: &UnionFind) -> bool {
        let roots = [a, b].into_iter().flat_map(|(leaf, cores)| {
            let samples = self.neighbours.tree.samples(leaf);
            bits(cores).map(move |at| sets.root(samples[at]))
        });
        let mut roots = roots;
        let first = roots.next();
        roots.all(|root| Some(root) == first)
    }

    /// The lowest core sample of each sample's cluster; of several clusters the one of the
    /// lowest. `u32::MAX` for noise.
    fn owners(&self, sets: &UnionFind) -> Vec<u32> {
        let own = |(sample, &is_core): (usize, &bool)| {
            AtomicU32::new(if is_core { sets.root(sample as u32) } else { u32::MAX })
        };
        let owners: Vec<AtomicU32> = self.is_core.iter().enumerate().map(own).collect();
        let claim = |core: u32, border: u32| {
            owners[border as usize].fetch_min(sets.root(core), Ordering::Relaxed);
        };
        self.each(|(a, b), hits| {
            let (rows, columns) =
                (self.neighbours.tree.samples(a), self.neighbours.tree.samples(b));
            let (a_cores, b_cores) = (self.cores(a), self.cores(b));
            for (row, &sample) in rows.iter().enumerate() {
                if a_cores >> row & 1 == 1 {
                    bits(hits[row] & !b_cores).for_each(|column| claim(sample, columns[column]));
                } else {
                    bits(hits[row] & b_cores).for_each(|column| claim(columns[column], sample));
                }
            }
        });
        owners.into_iter().map(AtomicU32::into_inner).collect()
    }
}

/// Clusters are numbered by their lowest core sample.
fn number(owners: &[u32]) -> (Vec<Option<usize>>, usize) {
    let mut numbers = vec![None; owners.len()];
    let mut n_clusters = 0;
    for (sample, &owner) in owners.iter().enumerate() {
        if owner as usize == sample {
            numbers[sample] = Some(n_clusters);
            n_clusters += 1;
        }
    }
    let label = |&owner: &u32| numbers.get(owner as usize).copied().flatten();
    (owners.iter().map(label).collect(), n_clusters)
}
