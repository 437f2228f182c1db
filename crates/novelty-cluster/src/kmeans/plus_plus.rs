//! How runs of k-means start.

use rand::Rng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::points::Points;
use crate::distances::squared_distances;

/// Distinct samples, all equally likely.
pub(crate) fn draw_any(points: &Points<'_>, k: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    sample(random, points.len(), k).iter().flat_map(|index| points.sample(index)).collect()
}

/// Greedy k-means++, with as many draws a step as scikit-learn makes.
pub(crate) fn draw(points: &Points<'_>, k: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    let n_trials = 2 + (k as f64).ln() as usize;
    let first = random.gen_range(0..points.len());
    let mut chosen = points.sample(first);
    let mut nearest = vec![f32::INFINITY; points.len()];
    let mut sums = lower(points, &[first], &nearest).swap_remove(0).keep(&mut nearest);
    for _ in 1..k {
        let draws: Vec<usize> = (0..n_trials).map(|_| weighted(&nearest, &sums, random)).collect();
        let trials = lower(points, &draws, &nearest);
        let totals: Vec<f64> = trials.iter().map(|trial| trial.sums.iter().sum()).collect();
        let best = (1..n_trials).fold(0, |best, t| if totals[t] < totals[best] { t } else { best });
        chosen.extend(points.sample(draws[best]));
        if let Some(trial) = trials.into_iter().nth(best) {
            sums = trial.keep(&mut nearest);
        }
    }
    chosen
}

/// What the squared distances to the nearest centre would be with one centre more.
struct Trial {
    nearest: Vec<Vec<f32>>,
    /// Their sum in each block.
    sums: Vec<f64>,
}

impl Trial {
    fn keep(self, nearest: &mut [f32]) -> Vec<f64> {
        let mut rest = nearest;
        for block in &self.nearest {
            let (now, later) = rest.split_at_mut(block.len());
            now.copy_from_slice(block);
            rest = later;
        }
        self.sums
    }
}

/// A trial for every candidate.
fn lower(points: &Points<'_>, candidates: &[usize], nearest: &[f32]) -> Vec<Trial> {
    let rows: Vec<f32> = candidates.iter().flat_map(|&at| points.panels.point(at)).collect();
    let block = points.block();
    let blocks = nearest.par_chunks(block).enumerate().map(|(index, nearest)| {
        let n = nearest.len();
        let mut squares = vec![0.0; candidates.len() * n];
        let panels = points.panels.range(index * block, n);
        squared_distances(panels, &rows, points.width(), &mut squares);
        let lowered = |squares: &[f32]| -> (Vec<f32>, f64) {
            let lowered: Vec<f32> =
                squares.iter().zip(nearest).map(|(&new, &old)| new.min(old)).collect();
            let sum = sum(&lowered);
            (lowered, sum)
        };
        squares.chunks(n).map(lowered).collect::<Vec<_>>()
    });
    let mut trials: Vec<Trial> =
        candidates.iter().map(|_| Trial { nearest: Vec::new(), sums: Vec::new() }).collect();
    for block in blocks.collect::<Vec<_>>() {
        for (trial, (nearest, sum)) in trials.iter_mut().zip(block) {
            trial.nearest.push(nearest);
            trial.sums.push(sum);
        }
    }
    trials
}

/// A sum in `f64` that does not wait for each addition to end before the next.
fn sum(values: &[f32]) -> f64 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0_f64; 8];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &value)| *lane += f64::from(value));
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&value| f64::from(value)).sum::<f64>()
}

/// A sample drawn with probability in proportion to `weights`, whose sums by block are given;
/// any sample if all weights are zero.
fn weighted(weights: &[f32], sums: &[f64], random: &mut ChaCha8Rng) -> usize {
    let total: f64 = sums.iter().sum();
    if total <= 0.0 {
        return random.gen_range(0..weights.len());
    }
    let mut left = random.gen_range(0.0..1.0) * total;
    let block = weights.len().div_ceil(sums.len());
    let mut first = 0;
    for (index, sum) in sums.iter().enumerate() {
        first = index * block;
        if left < *sum {
            break;
        }
        left -= sum;
    }
    let mut last_positive = None;
    for (index, &weight) in weights.iter().enumerate().skip(first) {
        if weight > 0.0 {
            last_positive = Some(index);
            left -= f64::from(weight);
            if left < 0.0 {
                break;
            }
        }
    }
    // Rounding may leave a remainder after the last weight.
    last_positive.or_else(|| weights.iter().rposition(|&weight| weight > 0.0)).unwrap_or(0)
}
