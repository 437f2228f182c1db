use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A number with the total order of `f32`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ordered(f32);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The rows that may be among the `k` nearest of one query, judged by approximate distances of
/// which the error is bounded: a row is dropped only if `k` others are certainly nearer.
#[derive(Debug)]
pub(super) struct Candidates {
    k: usize,
    /// The `k` smallest upper bounds so far, the largest on top.
    upper: BinaryHeap<Ordered>,
    /// Row and lower bound.
    rows: Vec<(u32, f32)>,
}

impl Candidates {
    pub(super) fn new(k: usize) -> Self {
        Self { k, upper: BinaryHeap::with_capacity(k + 1), rows: Vec::with_capacity(2 * k) }
    }

    /// No row with a lower bound above it is needed.
    fn limit(&self) -> f32 {
        match self.upper.peek() {
            Some(worst) if self.upper.len() == self.k => worst.0,
            _ => f32::INFINITY,
        }
    }

    fn add(&mut self, row: u32, approximate: f32, error: f32) {
        self.rows.push((row, approximate - error));
        self.upper.push(Ordered(approximate + error));
        if self.upper.len() > self.k {
            self.upper.pop();
        }
        if self.rows.len() > 64 + 8 * self.k {
            self.prune();
        }
    }

    fn prune(&mut self) {
        let limit = self.limit();
        self.rows.retain(|&(_, lower)| lower <= limit);
    }

    /// Takes in `half_norms[i] - dots[i]`, half the squared distances up to a constant of the
    /// query, of the rows that start at `first`; each is wrong by `error` at most. An infinite
    /// error makes all of them candidates.
    pub(super) fn scan(
        &mut self,
        first: usize,
        half_norms: &[f32],
        dots: &[f32],
        error: f32,
        skip: Option<usize>,
    ) {
        const STEP: usize = 16;
        if error.is_infinite() {
            let rows = (first..first + half_norms.len()).filter(|&row| skip != Some(row));
            self.rows.extend(rows.map(|row| (row as u32, f32::NEG_INFINITY)));
            return;
        }
        let mut bound = self.limit() + error;
        for (block, (norms, dots)) in half_norms.chunks(STEP).zip(dots.chunks(STEP)).enumerate() {
            let mut values = [f32::INFINITY; STEP];
            for (value, (norm, dot)) in values.iter_mut().zip(norms.iter().zip(dots)) {
                *value = norm - dot;
            }
            if !values.iter().fold(false, |any, &value| any | (value <= bound)) {
                continue;
            }
            for (i, &value) in values.iter().take(norms.len()).enumerate() {
                let row = first + block * STEP + i;
                if value <= bound && skip != Some(row) {
                    self.add(row as u32, value, error);
                    bound = self.limit() + error;
                }
            }
        }
    }

    /// Takes in what was found elsewhere for the same query.
    pub(super) fn merge(&mut self, other: Self) {
        self.rows.extend(other.rows);
        for bound in other.upper {
            self.upper.push(bound);
            if self.upper.len() > self.k {
                self.upper.pop();
            }
        }
    }

    /// The rows that are left, in ascending order.
    pub(super) fn into_rows(mut self) -> Vec<u32> {
        self.prune();
        let mut rows: Vec<u32> = self.rows.into_iter().map(|(row, _)| row).collect();
        rows.sort_unstable();
        rows
    }
}
