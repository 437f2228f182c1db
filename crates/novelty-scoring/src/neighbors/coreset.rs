use rayon::prelude::*;

use crate::features::{Rows, squared_distance};

/// Rows that one thread measures at a time.
const CHUNK: usize = 512;

/// `size` rows that cover all: each is the one furthest from those before it (of equally far
/// ones the first), and the first is the one furthest from the mean. At most `size * n`
/// distances. The positions come in ascending order.
///
/// Greedy k-centre: Gonzalez, *Clustering to Minimize the Maximum Intercluster Distance*, 1985;
/// as a coreset, Sener and Savarese, 2018.
pub(crate) fn greedy_coreset(x: &Rows<'_>, size: usize) -> Vec<usize> {
    if size >= x.n {
        return (0..x.n).collect();
    }
    let mean: Vec<f32> = x.mean().into_iter().map(|value| value as f32).collect();
    let mut nearest = vec![f64::INFINITY; x.n];
    let mut next = furthest(x, &mean, &mut nearest);
    nearest.fill(f64::INFINITY);
    let mut chosen = Vec::with_capacity(size);
    while chosen.len() < size {
        chosen.push(next);
        next = furthest(x, x.row(next), &mut nearest);
        if nearest[next] <= 0.0 {
            // Only copies of what was chosen are left.
            break;
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Takes a new centre into the distances, and returns the row with the largest of them.
fn furthest(x: &Rows<'_>, centre: &[f32], nearest: &mut [f64]) -> usize {
    let chunks = nearest.par_chunks_mut(CHUNK).zip(x.as_slice().par_chunks(CHUNK * x.d));
    let best = chunks.enumerate().map(|(chunk, (nearest, rows))| {
        let mut best = (f64::NEG_INFINITY, 0);
        for (i, (nearest, row)) in nearest.iter_mut().zip(rows.chunks_exact(x.d)).enumerate() {
            *nearest = nearest.min(squared_distance(row, centre));
            if *nearest > best.0 {
                best = (*nearest, chunk * CHUNK + i);
            }
        }
        best
    });
    let all: Vec<(f64, usize)> = best.collect();
    all.into_iter().fold((f64::NEG_INFINITY, 0), |a, b| if b.0 > a.0 { b } else { a }).1
}
