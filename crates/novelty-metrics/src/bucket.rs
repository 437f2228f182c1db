use crate::order;
use crate::ranking::{Counts, Grid};

/// Below this a comparison sort is faster than counting digits.
const SMALL: usize = 128;

/// A run of samples in the ranking, between a higher and a lower score.
pub(crate) struct Bucket<'s> {
    /// What stands higher.
    pub(crate) above: Counts,
    /// What is in it.
    pub(crate) inside: Counts,
    source: Source<'s>,
}

enum Source<'s> {
    /// Samples that are not sorted yet. An item is what is left of a key inside the bucket,
    /// shifted left by one, with the label as its lowest bit.
    Items { grid: Grid, index: usize, scratch: &'s mut Scratch },
    /// Samples that are counted already, the highest score first.
    Groups(&'s [Group]),
}

/// Buffers of one thread.
#[derive(Default)]
pub(crate) struct Scratch {
    items: Vec<u32>,
    other: Vec<u32>,
}

/// The samples of one score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Group {
    pub(crate) score: f32,
    pub(crate) counts: Counts,
}

impl<'s> Bucket<'s> {
    /// Bucket `index` of a grid, its items gathered from `parts`.
    pub(crate) fn of_items<'a>(
        (grid, index): (Grid, usize),
        (above, inside): (Counts, Counts),
        parts: impl Iterator<Item = &'a [u32]>,
        scratch: &'s mut Scratch,
    ) -> Self {
        scratch.items.clear();
        parts.for_each(|part| scratch.items.extend_from_slice(part));
        Self { above, inside, source: Source::Items { grid, index, scratch } }
    }

    pub(crate) fn of_groups((above, inside): (Counts, Counts), groups: &'s [Group]) -> Self {
        Self { above, inside, source: Source::Groups(groups) }
    }

    /// Calls `visit` with the samples of each score, the highest score first.
    pub(crate) fn for_each_group(&mut self, visit: impl FnMut(Group)) {
        match &mut self.source {
            Source::Groups(groups) => groups.iter().copied().for_each(visit),
            Source::Items { grid, index, scratch } => {
                scratch.sort(grid.shift);
                for_each_run(&scratch.items, |item| grid.key(*index, item), visit);
            }
        }
    }
}

/// Calls `visit` with every run of ascending `items` of one key, from the last to the first.
fn for_each_run(items: &[u32], key: impl Fn(u32) -> u32, mut visit: impl FnMut(Group)) {
    let mut items = items.iter().rev();
    let Some(&first) = items.next() else { return };
    let (mut current, mut positives, mut n) = (first, u64::from(first & 1), 1);
    let group = |item: u32, positives: u64, n: u64| Group {
        score: order::score(key(item)),
        counts: Counts { positives, negatives: n - positives },
    };
    for &item in items {
        if item >> 1 != current >> 1 {
            visit(group(current, positives, n));
            (current, positives, n) = (item, 0, 0);
        }
        positives += u64::from(item & 1);
        n += 1;
    }
    visit(group(current, positives, n));
}

impl Scratch {
    /// Sorts the items by their key bits: `bits` of them, above the label.
    fn sort(&mut self, bits: u32) {
        if self.items.len() < SMALL {
            self.items.sort_unstable();
            return;
        }
        let widest = if self.items.len() < 1 << 12 { 8 } else { 11 };
        let passes = bits.div_ceil(widest);
        let width = if passes == 0 { 0 } else { bits.div_ceil(passes) };
        for pass in 0..passes {
            self.sort_digit(1 + pass * width, width);
        }
    }

    /// One stable counting pass over `width` bits from bit `low`.
    fn sort_digit(&mut self, low: u32, width: u32) {
        let digit = |item: u32| (item >> low) as usize & ((1 << width) - 1);
        let mut cursors = [0_usize; 1 << 11];
        for &item in &self.items {
            cursors[digit(item)] += 1;
        }
        let mut next = 0;
        for cursor in &mut cursors[..1 << width] {
            let count = *cursor;
            if count == self.items.len() {
                return;
            }
            *cursor = next;
            next += count;
        }
        self.other.resize(self.items.len(), 0);
        for &item in &self.items {
            let cursor = &mut cursors[digit(item)];
            self.other[*cursor] = item;
            *cursor += 1;
        }
        std::mem::swap(&mut self.items, &mut self.other);
    }
}
