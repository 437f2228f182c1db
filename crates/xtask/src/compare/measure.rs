use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;

use super::area::Task;
use super::side::{Answer, Side};

/// How long the machine rests before every run. Threads of a pool (OpenBLAS's, OpenMP's) go on
/// spinning when their work is done, and would take processors from the run of the other side.
const REST: Duration = Duration::from_millis(500);

/// One run of each side, close together in time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    pub(super) ours: Answer,
    pub(super) theirs: Answer,
}

/// A warm-up pair, which is not counted, and then `runs` pairs. Who goes first alternates, so
/// that neither side always meets the caches the other has left.
pub(super) fn pairs(
    ours: &mut Side,
    theirs: &mut Side,
    runs: u32,
    mut on_pair: impl FnMut(),
) -> Result<Vec<Pair>> {
    let rested = |side: &mut Side| {
        sleep(REST);
        side.run()
    };
    let mut pairs = Vec::new();
    for index in 0..=runs {
        let pair = if index % 2 == 0 {
            let ours = rested(ours)?;
            Pair { ours, theirs: rested(theirs)? }
        } else {
            let theirs = rested(theirs)?;
            Pair { ours: rested(ours)?, theirs }
        };
        if index > 0 {
            pairs.push(pair);
        }
        on_pair();
    }
    Ok(pairs)
}

impl Pair {
    /// How many times longer theirs took.
    pub(super) fn ratio(&self) -> f64 {
        self.theirs.ms / self.ours.ms
    }

    /// Whether the answers are the same within the task's tolerance.
    pub(super) fn agrees(&self, task: &Task) -> bool {
        let (ours, theirs) = (&self.ours.answer, &self.theirs.answer);
        let close = |(x, y): (&f64, &f64)| (x - y).abs() <= task.atol + task.rtol * y.abs();
        !ours.is_empty() && ours.len() == theirs.len() && ours.iter().zip(theirs).all(close)
    }
}

/// The middle value, or the mean of the two in the middle. NaN for no value.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, values.get(middle)) {
        (_, None) => f64::NAN,
        (1, Some(&value)) => value,
        (_, Some(&value)) => f64::midpoint(values[middle - 1], value),
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small binary fractions are exact")]
mod tests {
    use super::*;

    fn pair(ours: (f64, &[f64]), theirs: (f64, &[f64])) -> Pair {
        let answer = |(ms, answer): (f64, &[f64])| Answer { ms, answer: answer.to_vec() };
        Pair { ours: answer(ours), theirs: answer(theirs) }
    }

    fn task(rtol: f64, atol: f64) -> Task {
        let (name, description) = (String::new(), String::new());
        Task { name, description, rtol, atol, peers: Vec::new() }
    }

    #[test]
    fn the_median_of_even_and_odd() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
        assert!(median([].into_iter()).is_nan());
    }

    #[test]
    fn a_ratio_above_one_says_ours_is_faster() {
        assert_eq!(pair((2.0, &[]), (6.0, &[])).ratio(), 3.0);
    }

    #[test]
    fn answers_agree_within_the_tolerance() {
        let close = pair((1.0, &[1.0, 0.0]), (1.0, &[1.000_001, 1e-9]));
        assert!(close.agrees(&task(1e-5, 1e-8)));
        assert!(!close.agrees(&task(1e-5, 0.0)));
        assert!(!close.agrees(&task(1e-7, 1e-8)));
    }

    #[test]
    fn answers_of_other_length_or_none_or_nan_do_not_agree() {
        assert!(!pair((1.0, &[1.0]), (1.0, &[1.0, 1.0])).agrees(&task(1.0, 1.0)));
        assert!(!pair((1.0, &[]), (1.0, &[])).agrees(&task(1.0, 1.0)));
        assert!(!pair((1.0, &[f64::NAN]), (1.0, &[f64::NAN])).agrees(&task(1.0, 1.0)));
    }
}
