//! Data less its mean, a block at a time: it is never copied as a whole.

use std::ops::Range;

use novelty_core::Features;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Rows whose sums are taken by one thread, at most this many chunks of them.
const MAX_CHUNKS: usize = 64;

/// Features less their mean.
pub(crate) struct Centred<'a> {
    pub(crate) x: Features<'a>,
    pub(crate) mean: Vec<f64>,
    /// The mean in `f32`, and what that lacks.
    high: Vec<f32>,
    low: Vec<f32>,
}

/// A number that blocks are made of.
pub(crate) trait Real: ndarray::LinalgScalar + Into<f64> + Default + Send + Sync {
    fn round(value: f64) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn round(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    #[inline(always)]
    fn round(value: f64) -> Self {
        value
    }
}

impl<'a> Centred<'a> {
    /// Of contiguous rows.
    pub(crate) fn new(x: Features<'a>) -> Self {
        let (n, d) = x.dim();
        let rows: Vec<usize> = (0..n).collect();
        let sums = rows.par_chunks(n.div_ceil(MAX_CHUNKS).max(32)).map(|rows| {
            let mut sums = vec![0.0_f64; d];
            for &row in rows {
                sums.iter_mut().zip(x.row(row)).for_each(|(sum, &value)| *sum += f64::from(value));
            }
            sums
        });
        let mut mean = vec![0.0_f64; d];
        for sums in sums.collect::<Vec<_>>() {
            mean.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum);
        }
        mean.iter_mut().for_each(|mean| *mean /= n as f64);
        let high: Vec<f32> = mean.iter().map(|&mean| mean as f32).collect();
        let low = mean.iter().zip(&high).map(|(mean, &high)| (mean - f64::from(high)) as f32);
        Self { x, low: low.collect(), high, mean }
    }

    /// Writes samples, row by row, and returns the sum of their squares.
    pub(crate) fn samples<T: Real>(&self, range: Range<usize>, out: &mut [T]) -> f64 {
        let d = self.x.ncols();
        let rows = out.par_chunks_exact_mut(d).zip(range);
        let sums = rows.map(|(out, row)| {
            let x = self.x.row(row);
            let values = x.to_slice().unwrap_or_default();
            Arch::new().dispatch(Centre { values, mean: &self.mean, out })
        });
        sums.collect::<Vec<_>>().iter().sum()
    }

    /// Writes samples in tiles of `width` features, each row by row, one after the other. The sum
    /// of their squares is returned if `squares` are wanted; without, it is quicker.
    pub(crate) fn tiles(
        &self,
        range: Range<usize>,
        width: usize,
        squares: bool,
        out: &mut [f32],
    ) -> f64 {
        let n_rows = range.len();
        let tiles = out.par_chunks_mut(n_rows * width).enumerate().map(|(tile, out)| {
            let features = tile * width..tile * width + out.len() / n_rows;
            let mut sum = 0.0;
            for (row, out) in range.clone().zip(out.chunks_exact_mut(features.len())) {
                let x = self.x.row(row);
                let values = &x.to_slice().unwrap_or_default()[features.clone()];
                if squares {
                    let mean = &self.mean[features.clone()];
                    sum += Arch::new().dispatch(Centre { values, mean, out });
                } else {
                    let (high, low) = (&self.high[features.clone()], &self.low[features.clone()]);
                    Arch::new().dispatch(CentreRounded { values, high, low, out });
                }
            }
            sum
        });
        tiles.collect::<Vec<_>>().iter().sum()
    }

    /// Writes features as rows, and returns the sum of their squares.
    pub(crate) fn features<T: Real>(&self, range: Range<usize>, out: &mut [T]) -> f64 {
        let n = self.x.nrows();
        let rows = out.par_chunks_exact_mut(n).zip(range);
        let sums = rows.map(|(out, feature)| {
            let mut sum = 0.0;
            for (out, &value) in out.iter_mut().zip(self.x.column(feature)) {
                let centred = f64::from(value) - self.mean[feature];
                sum += centred * centred;
                *out = T::round(centred);
            }
            sum
        });
        sums.collect::<Vec<_>>().iter().sum()
    }
}

struct Centre<'a, T> {
    values: &'a [f32],
    mean: &'a [f64],
    out: &'a mut [T],
}

impl<T: Real> WithSimd for Centre<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let (values, rest) = self.values.as_chunks::<8>();
        let (means, mean_rest) = self.mean.as_chunks::<8>();
        let (outs, out_rest) = self.out.as_chunks_mut::<8>();
        let mut sums = [0.0_f64; 8];
        for ((values, means), outs) in values.iter().zip(means).zip(outs) {
            for lane in 0..8 {
                let centred = f64::from(values[lane]) - means[lane];
                sums[lane] += centred * centred;
                outs[lane] = T::round(centred);
            }
        }
        for ((&value, mean), out) in rest.iter().zip(mean_rest).zip(out_rest) {
            let centred = f64::from(value) - mean;
            sums[0] += centred * centred;
            *out = T::round(centred);
        }
        sums.iter().sum()
    }
}

/// Takes the mean off in two steps of `f32`: the first is exact where a value is near its mean,
/// so that a large mean costs no digits.
struct CentreRounded<'a> {
    values: &'a [f32],
    high: &'a [f32],
    low: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for CentreRounded<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let means = self.high.iter().zip(self.low);
        for ((out, &value), (&high, &low)) in self.out.iter_mut().zip(self.values).zip(means) {
            *out = (value - high) - low;
        }
    }
}
