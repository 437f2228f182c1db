use crate::order;
use crate::ranking::{Counts, Grid};

/// Below this a comparison sort is faster than counting digits.
const SMALL: usize = 128;
/// Up to so many samples of one class are compared with all of a bucket, instead of sorting.
const FEW: u64 = 32;
/// From here on, long digits pay for their tables.
const LARGE: usize = 1 << 11;
/// Bits of a long digit.
const LONG: u32 = 11;

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

    /// Twice the pairs inside the bucket that its positives win, ties counting one.
    pub(crate) fn pairs_won(&mut self) -> u128 {
        if let Source::Items { grid, scratch, .. } = &mut self.source {
            return u128::from(scratch.pairs_won(grid.shift, self.inside));
        }
        let (mut won, mut not_above) = (0, self.inside.negatives);
        self.for_each_group(|Group { counts, .. }| {
            let lower = not_above - counts.negatives;
            won += u128::from(counts.positives) * u128::from(lower + not_above);
            not_above = lower;
        });
        won
    }
}

/// [`Bucket::pairs_won`] of a few positives or a few negatives: each is compared with all items,
/// in any order.
fn pairs_of_few(items: &[u32], Counts { positives, negatives }: Counts) -> Option<u64> {
    if positives <= FEW {
        return Some(places(items, 1) - positives * positives);
    }
    let lost = || places(items, 0) - negatives * negatives;
    (negatives <= FEW).then(|| 2 * positives * negatives - lost())
}

/// [`Bucket::pairs_won`] of items in ascending order.
fn pairs_of_sorted(items: &[u32]) -> u64 {
    let (mut won, mut below) = (0, 0);
    for tied in items.chunk_by(|a, b| a >> 1 == b >> 1) {
        let positives = n_positives(tied);
        let negatives = tied.len() as u64 - positives;
        won += positives * (2 * below + negatives);
        below += negatives;
    }
    won
}

/// [`Bucket::pairs_won`] of a handful of items.
fn pairs_of_run(run: &mut [u32], counts: Counts) -> u64 {
    if counts.positives == 0 || counts.negatives == 0 {
        return 0;
    }
    if run.len() <= SMALL {
        return places(run, 1) - counts.positives * counts.positives;
    }
    pairs_of_few(run, counts).unwrap_or_else(|| {
        run.sort_unstable();
        pairs_of_sorted(run)
    })
}

fn n_positives(items: &[u32]) -> u64 {
    items.iter().map(|item| u64::from(item & 1)).sum()
}

/// For all items of `label` together: twice the items below each, and once those equal to it,
/// itself among them. No order is needed to count that.
fn places(items: &[u32], label: u32) -> u64 {
    let place = |item: u32| {
        let (low, high) = (item & !1, item | 1);
        // In `u32` within a run, for the sake of speed; a run is too short to overflow it.
        let count =
            |sum: u32, &other: &u32| sum + u32::from(other < low) + u32::from(other <= high);
        items.chunks(1 << 20).map(|run| u64::from(run.iter().fold(0, count))).sum::<u64>()
    };
    items.iter().filter(|&&item| item & 1 == label).map(|&item| place(item)).sum()
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
    /// See [`Bucket::pairs_won`]. Many items are only brought in the order of their highest
    /// digit; pairs of two digits need no more, and few have the same.
    fn pairs_won(&mut self, bits: u32, counts: Counts) -> u64 {
        if let Some(won) = pairs_of_few(&self.items, counts) {
            return won;
        }
        let highest = (bits + 1).saturating_sub(LONG).max(1);
        let is_small = self.items.len() < LARGE || u32::try_from(self.items.len()).is_err();
        self.other.resize(self.items.len(), 0);
        let ends =
            (!is_small).then(|| sort_digit::<{ 1 << LONG }>(&self.items, &mut self.other, highest));
        let Some(ends) = ends.flatten() else {
            self.sort(bits);
            return pairs_of_sorted(&self.items);
        };
        let (mut won, mut below, mut start) = (0, 0, 0);
        for end in ends {
            let run = &mut self.other[start..end as usize];
            let positives = n_positives(run);
            let negatives = run.len() as u64 - positives;
            won += 2 * positives * below + pairs_of_run(run, Counts { positives, negatives });
            (below, start) = (below + negatives, end as usize);
        }
        won
    }

    /// Sorts the items by their key bits: `bits` of them, above the label.
    fn sort(&mut self, bits: u32) {
        if self.items.len() < SMALL || u32::try_from(self.items.len()).is_err() {
            self.items.sort_unstable();
        } else if self.items.len() < LARGE {
            self.sort_digits::<{ 1 << 8 }>(bits);
        } else {
            self.sort_digits::<{ 1 << LONG }>(bits);
        }
    }

    /// Stable counting passes over digits of `RADIX` values, the lowest first.
    fn sort_digits<const RADIX: usize>(&mut self, bits: u32) {
        self.other.resize(self.items.len(), 0);
        for low in (1..=bits).step_by(RADIX.ilog2() as usize) {
            if sort_digit::<RADIX>(&self.items, &mut self.other, low).is_some() {
                std::mem::swap(&mut self.items, &mut self.other);
            }
        }
    }
}

/// Moves `items` to `sorted` in the order of the digit that begins at bit `low`, and says where
/// those of each digit end; `None` if they all have the same, and nothing was moved.
fn sort_digit<const RADIX: usize>(
    items: &[u32],
    sorted: &mut [u32],
    low: u32,
) -> Option<[u32; RADIX]> {
    let digit = |item: u32| (item >> low) as usize & (RADIX - 1);
    let mut cursors = [0_u32; RADIX];
    for &item in items {
        cursors[digit(item)] += 1;
    }
    if cursors[digit(items[0])] as usize == items.len() {
        return None;
    }
    let mut next = 0;
    for cursor in &mut cursors {
        next += std::mem::replace(cursor, next);
    }
    for &item in items {
        let cursor = &mut cursors[digit(item)];
        sorted[*cursor as usize] = item;
        *cursor += 1;
    }
    Some(cursors)
}
