use ndarray::Array2;
use novelty_core::Features;

use crate::distances::{Frame, LANES, Panels};

/// Blocks of samples at most: bounds the memory of the sums, whatever the number of threads.
const MAX_BLOCKS: usize = 64;
/// Samples a block at least.
const MIN_BLOCK: usize = 64 * LANES;

/// The data as k-means needs it: the rows as they came, and panels in a safe frame.
pub(crate) struct Points<'a> {
    pub(crate) rows: Features<'a>,
    pub(crate) frame: Frame,
    pub(crate) panels: Panels,
}

impl<'a> Points<'a> {
    pub(crate) fn new(rows: Features<'a>) -> Self {
        let frame = Frame::of(&rows);
        let panels = frame.panels(&rows);
        Self { rows, frame, panels }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.nrows()
    }

    pub(crate) fn width(&self) -> usize {
        self.rows.ncols()
    }

    /// Samples a block.
    pub(crate) fn block(&self) -> usize {
        self.len().div_ceil(MAX_BLOCKS).next_multiple_of(LANES).max(MIN_BLOCK)
    }

    /// The rows from `first` on, as one slice.
    pub(crate) fn values(&self, first: usize, n_rows: usize) -> &[f32] {
        let values = self.rows.to_slice().unwrap_or_default();
        &values[first * self.width()..(first + n_rows) * self.width()]
    }

    /// Centroids in the frame, row-major.
    pub(crate) fn placed(&self, centroids: &Array2<f32>) -> Vec<f64> {
        let place = |((_, feature), &value): ((usize, usize), &f32)| {
            self.frame.place(feature, f64::from(value))
        };
        centroids.indexed_iter().map(place).collect()
    }

    /// A sample in the frame.
    pub(crate) fn sample(&self, index: usize) -> Vec<f64> {
        let place = |(feature, &value): (usize, &f32)| self.frame.place(feature, f64::from(value));
        self.rows.row(index).iter().enumerate().map(place).collect()
    }

    /// The mean over the features of their variance (divided by n), in the frame.
    pub(crate) fn mean_variance(&self) -> f64 {
        let sum: f64 = (0..self.len())
            .map(|index| self.sample(index).iter().map(|x| x * x).sum::<f64>())
            .sum();
        sum / (self.len() * self.width()) as f64
    }
}

pub(crate) fn to_f32(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}
