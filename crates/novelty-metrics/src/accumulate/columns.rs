//! What the accumulators serialise to.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ladder::Ladder;
use super::{ScoreAccumulator, ScoreHistogram};
use crate::MetricsError;
use crate::bucket::Group;
use crate::ranking::Counts;

/// Distinct scores in descending order, and how many samples of each class have them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Columns {
    scores: Vec<f32>,
    positives: Vec<u64>,
    negatives: Vec<u64>,
}

/// Bins in ascending order, and how many samples of each class they hold.
#[derive(Serialize, Deserialize)]
pub(crate) struct BinColumns {
    bits: u32,
    bins: Vec<u32>,
    positives: Vec<u64>,
    negatives: Vec<u64>,
}

/// Why serialised counts are none.
#[derive(Debug, Error)]
pub(crate) enum ColumnsError {
    #[error("the columns have {keys}, {positives} and {negatives} entries; they must be equal")]
    Length { keys: usize, positives: usize, negatives: usize },
    #[error("entry {index} is out of order, out of range or not finite")]
    Order { index: usize },
    #[error("entry {index} has no samples")]
    Empty { index: usize },
    #[error("there are more than 2^62 samples at entry {index}")]
    TooMany { index: usize },
    #[error(transparent)]
    Metrics(#[from] MetricsError),
}

/// Pairs the two columns of counts, after checking them.
fn counts(n: usize, positives: &[u64], negatives: &[u64]) -> Result<Vec<Counts>, ColumnsError> {
    let lengths = (n, positives.len(), negatives.len());
    if lengths.0 != lengths.1 || lengths.0 != lengths.2 {
        let (keys, positives, negatives) = lengths;
        return Err(ColumnsError::Length { keys, positives, negatives });
    }
    let mut sum = 0_u64;
    let pairs = positives.iter().zip(negatives).enumerate();
    pairs
        .map(|(index, (&positives, &negatives))| {
            let here = positives.checked_add(negatives);
            let total = here.and_then(|here| sum.checked_add(here)).filter(|&n| n <= 1 << 62);
            sum = total.ok_or(ColumnsError::TooMany { index })?;
            if here == Some(0) {
                return Err(ColumnsError::Empty { index });
            }
            Ok(Counts { positives, negatives })
        })
        .collect()
}

impl From<ScoreAccumulator> for Columns {
    fn from(accumulator: ScoreAccumulator) -> Self {
        let groups = accumulator.ladder().groups;
        Self {
            scores: groups.iter().map(|group| group.score).collect(),
            positives: groups.iter().map(|group| group.counts.positives).collect(),
            negatives: groups.iter().map(|group| group.counts.negatives).collect(),
        }
    }
}

impl TryFrom<Columns> for ScoreAccumulator {
    type Error = ColumnsError;

    fn try_from(columns: Columns) -> Result<Self, ColumnsError> {
        let scores = columns.scores;
        let counts = counts(scores.len(), &columns.positives, &columns.negatives)?;
        let disordered = |&index: &usize| {
            !scores[index].is_finite() || (index > 0 && scores[index - 1] <= scores[index])
        };
        if let Some(index) = (0..scores.len()).find(disordered) {
            return Err(ColumnsError::Order { index });
        }
        let group = |(score, counts)| Group { score, counts };
        Ok(Self::from_ladder(Ladder {
            groups: scores.into_iter().zip(counts).map(group).collect(),
        }))
    }
}

impl From<ScoreHistogram> for BinColumns {
    fn from(histogram: ScoreHistogram) -> Self {
        Self {
            bits: histogram.bits(),
            bins: histogram.bins().map(|(bin, _)| bin).collect(),
            positives: histogram.bins().map(|(_, counts)| counts.positives).collect(),
            negatives: histogram.bins().map(|(_, counts)| counts.negatives).collect(),
        }
    }
}

impl TryFrom<BinColumns> for ScoreHistogram {
    type Error = ColumnsError;

    fn try_from(columns: BinColumns) -> Result<Self, ColumnsError> {
        let bins = columns.bins;
        let counts = counts(bins.len(), &columns.positives, &columns.negatives)?;
        let mut histogram = Self::with_bits(columns.bits)?;
        let disordered = |&index: &usize| {
            !histogram.is_bin(bins[index]) || (index > 0 && bins[index - 1] >= bins[index])
        };
        if let Some(index) = (0..bins.len()).find(disordered) {
            return Err(ColumnsError::Order { index });
        }
        bins.into_iter().zip(counts).for_each(|(bin, counts)| histogram.add_bin(bin, counts));
        Ok(histogram)
    }
}
