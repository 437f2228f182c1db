//! Data less its mean, a block at a time: it is never copied as a whole.

use std::ops::Range;

use novelty_core::Features;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::products::Real;

/// Rows whose sums are taken by one thread, at most this many chunks of them.
const MAX_CHUNKS: usize = 64;
/// Rows that are added together.
const ROWS: usize = 4;

/// Features less their mean, times a power of two that brings them to at most about 1: so no
/// product overflows or vanishes, whatever unit the data has.
pub(crate) struct Centred<'a> {
    pub(crate) x: Features<'a>,
    pub(crate) mean: Vec<f64>,
    /// Of the same unit as what is written.
    pub(crate) scale: f64,
    scaled: Mean,
}

/// A scaled mean; in `f32`, and what that lacks.
struct Mean {
    exact: Vec<f64>,
    high: Vec<f32>,
    low: Vec<f32>,
}

/// A number that blocks are made of.
pub(crate) trait Centre: Real {
    /// A value times the scale, less a mean: in `f32` in two steps, of which the first is exact
    /// where a value is near its mean, so that a large mean costs no digits.
    fn centre(value: f32, scale: f32, mean: f64, high: f32, low: f32) -> Self;
}

impl Centre for f32 {
    #[inline(always)]
    fn centre(value: f32, scale: f32, _: f64, high: f32, low: f32) -> Self {
        (value * scale - high) - low
    }
}

impl Centre for f64 {
    #[inline(always)]
    fn centre(value: f32, scale: f32, mean: f64, _: f32, _: f32) -> Self {
        Self::from(value) * Self::from(scale) - mean
    }
}

impl<'a> Centred<'a> {
    /// Of contiguous rows.
    pub(crate) fn new(x: Features<'a>) -> Self {
        let (n, d) = x.dim();
        let values = x.to_slice().unwrap_or_default();
        let chunk = n.div_ceil(MAX_CHUNKS).max(32);
        let sums = values.par_chunks((chunk * d).max(1)).map(|rows| {
            let mut sums = vec![0.0_f64; d];
            let largest = Arch::new().dispatch(Sums { rows, sums: &mut sums });
            (sums, largest)
        });
        let (mut mean, mut largest) = (vec![0.0_f64; d], 0.0_f32);
        for (sums, reach) in sums.collect::<Vec<_>>() {
            mean.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum);
            largest = largest.max(reach);
        }
        mean.iter_mut().for_each(|mean| *mean /= n as f64);
        let scale = power_of_two_over(largest);
        let exact: Vec<f64> = mean.iter().map(|mean| mean * scale).collect();
        let high: Vec<f32> = exact.iter().map(|&mean| mean as f32).collect();
        let low = exact.iter().zip(&high).map(|(mean, &high)| (mean - f64::from(high)) as f32);
        let scaled = Mean { low: low.collect(), high, exact };
        Self { x, mean, scale, scaled }
    }

    /// Whether all data is finite: a sum of `f32` in `f64` that is not has met a value that is
    /// not, and the other way round.
    pub(crate) fn is_finite(&self) -> bool {
        self.mean.iter().all(|mean| mean.is_finite())
    }

    /// Writes a sample.
    pub(crate) fn sample<T: Centre>(&self, row: usize, out: &mut [T]) {
        let tiles = Tiles { n_rows: 1, width: out.len() };
        self.write(row, 0, tiles, out);
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
        let tiles = Tiles { n_rows: range.len(), width };
        for (at, row) in range.enumerate() {
            self.write(row, at, tiles, out);
        }
        if !squares {
            return 0.0;
        }
        out.chunks(width).map(|values| Arch::new().dispatch(Squares(values))).sum()
    }

    fn write<T: Centre>(&self, row: usize, at: usize, tiles: Tiles, out: &mut [T]) {
        let x = self.x.row(row);
        let values = x.to_slice().unwrap_or_default();
        let Mean { exact, high, low } = &self.scaled;
        let scale = self.scale as f32;
        Arch::new().dispatch(Write { values, scale, exact, high, low, at, tiles, out });
    }

    /// Writes a feature of all samples.
    pub(crate) fn feature<T: Centre>(&self, feature: usize, out: &mut [T]) {
        let Mean { exact, high, low } = &self.scaled;
        let (mean, high, low) = (exact[feature], high[feature], low[feature]);
        for (out, &value) in out.iter_mut().zip(self.x.column(feature)) {
            *out = T::centre(value, self.scale as f32, mean, high, low);
        }
    }
}

/// What brings values of at most this size to at most 1; within the range of `f32`.
fn power_of_two_over(largest: f32) -> f64 {
    let exponent = if largest > 0.0 { f64::from(largest).log2().ceil() } else { 0.0 };
    (-exponent.clamp(-126.0, 126.0)).exp2()
}

/// Adds rows up; the largest absolute value among them.
struct Sums<'a> {
    rows: &'a [f32],
    sums: &'a mut [f64],
}

impl WithSimd for Sums<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let d = self.sums.len();
        let mut largest = [0.0_f32; 16];
        let mut fours = self.rows.chunks_exact(ROWS * d);
        for rows in fours.by_ref() {
            let [a, b, c, e] = std::array::from_fn(|row| &rows[row * d..][..d]);
            for (at, sum) in self.sums.iter_mut().enumerate() {
                let pairs =
                    (f64::from(a[at]) + f64::from(b[at]), f64::from(c[at]) + f64::from(e[at]));
                *sum += pairs.0 + pairs.1;
            }
            largest = reach(rows, largest);
        }
        for row in fours.remainder().chunks_exact(d) {
            self.sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
            largest = reach(row, largest);
        }
        largest.into_iter().fold(0.0, f32::max)
    }
}

/// The largest absolute values, in lanes, because the compiler does not reorder comparisons of
/// floats by itself.
#[inline(always)]
fn reach(values: &[f32], mut largest: [f32; 16]) -> [f32; 16] {
    let (blocks, rest) = values.as_chunks::<16>();
    for block in blocks {
        for (largest, value) in largest.iter_mut().zip(block) {
            *largest = if value.abs() > *largest { value.abs() } else { *largest };
        }
    }
    rest.iter().for_each(|value| largest[0] = largest[0].max(value.abs()));
    largest
}

/// Tiles of `width` features of so many samples.
#[derive(Clone, Copy)]
struct Tiles {
    n_rows: usize,
    width: usize,
}

/// Writes one sample, the one `at` its place in every tile.
struct Write<'a, T> {
    values: &'a [f32],
    scale: f32,
    exact: &'a [f64],
    high: &'a [f32],
    low: &'a [f32],
    at: usize,
    tiles: Tiles,
    out: &'a mut [T],
}

impl<T: Centre> WithSimd for Write<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { scale, at, tiles: Tiles { n_rows, width }, .. } = self;
        let inputs = self.values.chunks(width).zip(self.exact.chunks(width));
        let parts = self.high.chunks(width).zip(self.low.chunks(width));
        let tiles = self.out.chunks_mut(n_rows * width);
        for ((tile, (values, exact)), (high, low)) in tiles.zip(inputs).zip(parts) {
            let n = values.len();
            let out = &mut tile[at * n..][..n];
            let (exact, high, low) = (&exact[..n], &high[..n], &low[..n]);
            for (i, out) in out.iter_mut().enumerate() {
                *out = T::centre(values[i], scale, exact[i], high[i], low[i]);
            }
        }
    }
}

struct Squares<'a>(&'a [f32]);

impl WithSimd for Squares<'_> {
    type Output = f64;

    /// In `f32` over a sixteenth of the values: there must be few.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let (blocks, rest) = self.0.as_chunks::<16>();
        let mut sums = [0.0_f32; 16];
        for block in blocks {
            sums.iter_mut().zip(block).for_each(|(sum, value)| *sum += value * value);
        }
        let squares = rest.iter().map(|&value| f64::from(value).powi(2));
        squares.sum::<f64>() + sums.iter().map(|&sum| f64::from(sum)).sum::<f64>()
    }
}
