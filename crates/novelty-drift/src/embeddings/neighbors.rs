use ndarray::ArrayView2;
use rayon::prelude::*;

use super::pool::Pool;

/// Rows whose distances are held at a time.
const BLOCK: usize = 64;

/// The share of window samples among the `k` nearest of `train`, for each row of `test`.
pub(super) fn window_share(
    train: ArrayView2<'_, f32>,
    is_window: &[bool],
    test: ArrayView2<'_, f32>,
    k: usize,
) -> Vec<f32> {
    let pool = Pool::new(train, test);
    let (n, k) = (train.nrows(), k.min(train.nrows()));
    let starts: Vec<usize> = (n..pool.len()).step_by(BLOCK).collect();
    let parts: Vec<Vec<f32>> = starts
        .par_iter()
        .map(|&first| {
            let rows = first..pool.len().min(first + BLOCK);
            let distances = pool.squared_distances(rows, 0..n);
            let share = |row: ndarray::ArrayView1<'_, f32>| {
                // The position breaks ties, so that the neighbours are the same every time.
                let mut order: Vec<(f32, usize)> = row.iter().copied().zip(0..n).collect();
                if k < n {
                    order.select_nth_unstable_by(k - 1, |a, b| {
                        a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
                    });
                }
                let n_window = order[..k].iter().filter(|(_, i)| is_window[*i]).count();
                n_window as f32 / k as f32
            };
            distances.rows().into_iter().map(share).collect()
        })
        .collect();
    parts.concat()
}
