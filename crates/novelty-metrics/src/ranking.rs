//! Scores in descending order, ties together: what every metric of scores against labels is
//! a walk over.
//!
//! The range of the scores' keys is cut into equal buckets. Chunks of the input are
//! scattered into buckets independently, then each bucket is gathered, sorted and walked
//! independently, so that both passes run in parallel and in cache. Chunks and buckets
//! depend on the data alone; what is computed from them is the same for every number of
//! threads.

use novelty_core::InputError;
use rayon::prelude::*;

use crate::MetricsError;
use crate::bucket::{Bucket, Group, Scratch};
use crate::order::key;

/// Samples a chunk: its scattered keys stay in the second-level cache.
const CHUNK: usize = 1 << 17;
/// Fewer samples are not worth a second thread.
const SERIAL: usize = 1 << 15;

/// Samples in descending order of score, in runs that can be walked at the same time.
pub(crate) trait Ranked {
    fn total(&self) -> Counts;

    /// The highest score.
    fn highest(&self) -> f32;

    /// Applies `fold` to every bucket that is not empty; the results are in descending order
    /// of score.
    fn fold<R: Send>(&self, fold: impl Fn(&mut Bucket<'_>) -> R + Sync) -> Vec<R>;

    /// The samples of every distinct score in descending order, in parts: what stands above
    /// each, and its groups.
    fn parts(&self) -> Vec<(Counts, Vec<Group>)> {
        self.fold(|bucket| {
            let mut groups = Vec::new();
            bucket.for_each_group(|group| groups.push(group));
            (bucket.above, groups)
        })
    }
}

/// The largest number of buckets.
const MAX_BUCKETS: usize = 1 << 11;

/// Numbers of positives (anomalous) and negatives (normal).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) positives: u64,
    pub(crate) negatives: u64,
}

impl Counts {
    pub(crate) fn total(self) -> u64 {
        self.positives + self.negatives
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            positives: self.positives + other.positives,
            negatives: self.negatives + other.negatives,
        }
    }

    /// Fails unless both classes occur.
    pub(crate) fn ensure_both(self) -> Result<Self, MetricsError> {
        if self.negatives == 0 && self.positives > 0 {
            return Err(MetricsError::OneClass { label: true, n: self.positives });
        }
        self.ensure_positives()
    }

    /// Fails unless a positive occurs.
    pub(crate) fn ensure_positives(self) -> Result<Self, MetricsError> {
        if self.total() == 0 {
            return Err(InputError::Empty { place: "scores" }.into());
        }
        if self.positives == 0 {
            return Err(MetricsError::OneClass { label: false, n: self.negatives });
        }
        Ok(self)
    }
}

/// How keys map to buckets, and to what is left of them there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    lowest: u32,
    /// Bits of a key inside its bucket, at most 31: with the label they fill a `u32`.
    pub(crate) shift: u32,
    n_buckets: usize,
}

impl Grid {
    fn new(lowest: u32, highest: u32, n_samples: usize) -> Self {
        let key_bits = (highest - lowest).max(1).ilog2() + 1;
        let bucket_bits = n_samples.max(1).ilog2().saturating_sub(2).clamp(1, MAX_BUCKETS.ilog2());
        let shift = key_bits.saturating_sub(bucket_bits);
        let n_buckets = ((highest - lowest) >> shift) as usize + 1;
        Self { lowest, shift, n_buckets }
    }

    fn bucket(self, key: u32) -> usize {
        ((key - self.lowest) >> self.shift) as usize
    }

    fn item(self, key: u32, label: bool) -> u32 {
        let mask = (1_u32 << self.shift) - 1;
        ((key - self.lowest) & mask) << 1 | u32::from(label)
    }

    pub(crate) fn key(self, bucket: usize, item: u32) -> u32 {
        // A bucket's number fits: it is a `u32` shifted right.
        self.lowest + ((bucket as u32) << self.shift) + (item >> 1)
    }
}

/// One chunk of the samples, ordered by bucket.
struct Chunk {
    items: Vec<u32>,
    /// Where each bucket begins in `items`, and the end of the last.
    starts: Vec<u32>,
    positives: Vec<u32>,
}

impl Chunk {
    fn scatter(grid: Grid, scores: &[f32], labels: &[bool]) -> Self {
        // Of a fixed size, so that no index needs a check.
        let mut counts = [[0_u32; 2]; MAX_BUCKETS];
        for (&score, &label) in scores.iter().zip(labels) {
            counts[grid.bucket(key(score)) % MAX_BUCKETS][usize::from(label)] += 1;
        }
        let mut starts = Vec::with_capacity(grid.n_buckets + 1);
        let mut positives = Vec::with_capacity(grid.n_buckets);
        let mut next = 0;
        for count in &mut counts[..grid.n_buckets] {
            let n = count[0] + count[1];
            starts.push(next);
            positives.push(count[1]);
            count[0] = next;
            next += n;
        }
        starts.push(next);
        let mut items = vec![0; scores.len()];
        for (&score, &label) in scores.iter().zip(labels) {
            let key = key(score);
            let cursor = &mut counts[grid.bucket(key) % MAX_BUCKETS][0];
            items[*cursor as usize] = grid.item(key, label);
            *cursor += 1;
        }
        Self { items, starts, positives }
    }

    /// Adds its samples to the second counts of each bucket.
    fn count(&self, buckets: &mut [(Counts, Counts)]) {
        let sizes = self.starts.windows(2).map(|pair| pair[1] - pair[0]);
        for ((bucket, size), &positives) in buckets.iter_mut().zip(sizes).zip(&self.positives) {
            bucket.1.positives += u64::from(positives);
            bucket.1.negatives += u64::from(size - positives);
        }
    }

    fn items(&self, bucket: usize) -> &[u32] {
        &self.items[self.starts[bucket] as usize..self.starts[bucket + 1] as usize]
    }
}

/// The samples scattered into buckets.
pub(crate) struct Ranking {
    grid: Grid,
    chunks: Vec<Chunk>,
    /// Per bucket: what stands above it, and what is in it.
    buckets: Vec<(Counts, Counts)>,
    total: Counts,
    highest: f32,
}

impl Ranking {
    /// Checks the input and scatters it; `O(n)`, 4 bytes a sample.
    pub(crate) fn new(scores: &[f32], labels: &[bool]) -> Result<Self, MetricsError> {
        let (lowest, highest) = ensure_scored(scores, labels)?;
        let grid = Grid::new(key(lowest), key(highest), scores.len());
        let chunks: Vec<Chunk> = if scores.len() <= SERIAL {
            vec![Chunk::scatter(grid, scores, labels)]
        } else {
            let len = CHUNK.min(scores.len().div_ceil(4));
            let parts = scores.par_chunks(len).zip(labels.par_chunks(len));
            parts.map(|(scores, labels)| Chunk::scatter(grid, scores, labels)).collect()
        };
        let mut buckets = vec![(Counts::default(), Counts::default()); grid.n_buckets];
        for chunk in &chunks {
            chunk.count(&mut buckets);
        }
        let mut above = Counts::default();
        for bucket in buckets.iter_mut().rev() {
            bucket.0 = above;
            above = above.plus(bucket.1);
        }
        Ok(Self { grid, chunks, buckets, total: above, highest })
    }
}

impl Ranked for Ranking {
    fn total(&self) -> Counts {
        self.total
    }

    fn highest(&self) -> f32 {
        self.highest
    }

    fn fold<R: Send>(&self, fold: impl Fn(&mut Bucket<'_>) -> R + Sync) -> Vec<R> {
        let run = |scratch: &mut Scratch, index: usize| {
            let counts = self.buckets[index];
            if counts.1.total() == 0 {
                return None;
            }
            let parts = self.chunks.iter().map(|chunk| chunk.items(index));
            Some(fold(&mut Bucket::of_items((self.grid, index), counts, parts, scratch)))
        };
        let n = self.buckets.len();
        if self.chunks.len() == 1 {
            let mut scratch = Scratch::default();
            return (0..n).rev().filter_map(|index| run(&mut scratch, index)).collect();
        }
        let results = (0..n).into_par_iter().rev().map_init(Scratch::default, run);
        results.collect::<Vec<_>>().into_iter().flatten().collect()
    }
}

/// The lowest and the highest score.
///
/// Fails unless there is one label a score, at least one, and every score is finite.
pub(crate) fn ensure_scored(scores: &[f32], labels: &[bool]) -> Result<(f32, f32), InputError> {
    ensure_paired(scores, labels)?;
    let range = if scores.len() <= SERIAL {
        finite_range(scores)
    } else {
        scores.par_chunks(SERIAL).map(finite_range).reduce(
            || Some((f32::INFINITY, f32::NEG_INFINITY)),
            |a, b| Some((a?.0.min(b?.0), a?.1.max(b?.1))),
        )
    };
    range.ok_or_else(|| first_not_finite(scores))
}

/// Fails unless there is one label a score, and at least one.
fn ensure_paired(scores: &[f32], labels: &[bool]) -> Result<(), InputError> {
    if scores.len() != labels.len() {
        return Err(InputError::Length {
            left: "scores",
            left_len: scores.len(),
            right: "labels",
            right_len: labels.len(),
        });
    }
    novelty_core::ensure_not_empty("scores", scores)
}

fn first_not_finite(scores: &[f32]) -> InputError {
    let found = scores.iter().enumerate().find(|(_, score)| !score.is_finite());
    let (index, &value) = found.unwrap_or((0, &f32::NAN));
    InputError::NotFinite { place: "scores", index, value }
}

/// The lowest and highest score, or `None` if one is not finite. Sixteen lanes, because the
/// compiler does not reorder comparisons of floats by itself.
fn finite_range(scores: &[f32]) -> Option<(f32, f32)> {
    let mut lowest = [f32::INFINITY; 16];
    let mut highest = [f32::NEG_INFINITY; 16];
    let mut zero = [0.0_f32; 16];
    let (blocks, rest) = scores.as_chunks::<16>();
    let mut padded = [scores[0]; 16];
    padded[..rest.len()].copy_from_slice(rest);
    for block in blocks.iter().chain([&padded]) {
        for lane in 0..16 {
            let x = block[lane];
            lowest[lane] = if x < lowest[lane] { x } else { lowest[lane] };
            highest[lane] = if x > highest[lane] { x } else { highest[lane] };
            zero[lane] += x * 0.0;
        }
    }
    if zero.iter().any(|x| x.is_nan()) {
        return None;
    }
    let lowest = lowest.into_iter().fold(f32::INFINITY, f32::min);
    Some((lowest, highest.into_iter().fold(f32::NEG_INFINITY, f32::max)))
}
