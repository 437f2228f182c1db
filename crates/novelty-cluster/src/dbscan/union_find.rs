use std::sync::atomic::{AtomicU32, Ordering};

/// Sets that several threads unite. The root of a set is its lowest member, whatever order
/// the unions come in.
pub(crate) struct UnionFind {
    parents: Vec<AtomicU32>,
}

impl UnionFind {
    pub(crate) fn new(len: usize) -> Self {
        Self { parents: (0..len as u32).map(AtomicU32::new).collect() }
    }

    pub(crate) fn root(&self, mut at: u32) -> u32 {
        loop {
            let parent = self.parent(at);
            if parent == at {
                return at;
            }
            let above = self.parent(parent);
            // Parents only ever fall, so that a shortcut is right even if it comes late.
            self.parents[at as usize].fetch_min(above, Ordering::Relaxed);
            at = above;
        }
    }

    fn parent(&self, at: u32) -> u32 {
        self.parents[at as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn unite(&self, a: u32, b: u32) {
        let (mut a, mut b) = (a, b);
        loop {
            (a, b) = (self.root(a), self.root(b));
            if a == b {
                return;
            }
            let (low, high) = (a.min(b), a.max(b));
            let parent = &self.parents[high as usize];
            if parent.compare_exchange(high, low, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn roots_are_the_lowest_members_whatever_the_order() {
        let sets = UnionFind::new(1000);
        (0..990_u32).into_par_iter().rev().for_each(|i| sets.unite(i, i + 10));
        assert!((0..1000).all(|i| sets.root(i) == i % 10));
    }
}
