use rayon::prelude::*;

use crate::bucket::{Bucket, Group};
use crate::ranking::{Counts, Ranked, Ranking};

/// Groups that are walked together.
const RUN: usize = 1 << 12;

/// Counted samples: the distinct scores in descending order, each with its counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ladder {
    pub(crate) groups: Vec<Group>,
}

impl Ladder {
    pub(crate) fn new(ranking: &Ranking) -> Self {
        let parts = ranking.parts().into_iter();
        Self { groups: parts.flat_map(|(_, groups)| groups).collect() }
    }

    /// The samples of both. Integers are added, so neither order nor grouping matters.
    pub(crate) fn merge(&self, other: &Self) -> Self {
        let mut groups = Vec::with_capacity(self.groups.len() + other.groups.len());
        let (mut left, mut right) = (self.groups.as_slice(), other.groups.as_slice());
        while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
            if a.score > b.score {
                groups.push(*a);
                left = left_rest;
            } else if b.score > a.score {
                groups.push(*b);
                right = right_rest;
            } else {
                groups.push(Group { score: a.score, counts: a.counts.plus(b.counts) });
                (left, right) = (left_rest, right_rest);
            }
        }
        groups.extend_from_slice(left);
        groups.extend_from_slice(right);
        Self { groups }
    }
}

impl Ranked for Ladder {
    fn total(&self) -> Counts {
        self.groups.iter().fold(Counts::default(), |sum, group| sum.plus(group.counts))
    }

    fn highest(&self) -> f32 {
        self.groups.first().map_or(f32::MAX, |group| group.score)
    }

    fn fold<R: Send>(&self, fold: impl Fn(&mut Bucket<'_>) -> R + Sync) -> Vec<R> {
        let mut above = Counts::default();
        let mut runs = Vec::with_capacity(self.groups.len().div_ceil(RUN));
        for groups in self.groups.chunks(RUN) {
            let inside = groups.iter().fold(Counts::default(), |sum, g| sum.plus(g.counts));
            runs.push(((above, inside), groups));
            above = above.plus(inside);
        }
        let bucket = |(counts, groups)| fold(&mut Bucket::of_groups(counts, groups));
        runs.into_par_iter().map(bucket).collect()
    }
}
