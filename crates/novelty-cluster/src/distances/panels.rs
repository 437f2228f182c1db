use novelty_core::Features;
use rayon::prelude::*;

/// Points a panel: one lane each.
pub(crate) const LANES: usize = 32;

/// The coordinates distances are computed in: `(x - offset) * scale`, in `f32`.
///
/// The offset is the mean, and the scale a power of two that brings the values to about 1, so
/// that neither a large offset nor a tiny or huge scale costs digits, and no square overflows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) offset: Vec<f64>,
    pub(crate) scale: f64,
}

impl Frame {
    /// The frame of finite data.
    pub(crate) fn of(x: &Features<'_>) -> Self {
        let offset = mean_of_rows(x);
        let reach = |row: ndarray::ArrayView1<'_, f32>| {
            let distances = row.iter().zip(&offset).map(|(&x, mean)| (f64::from(x) - mean).abs());
            distances.fold(0.0, f64::max)
        };
        let largest = x.outer_iter().map(reach).fold(0.0, f64::max);
        let scale = if largest > 0.0 { (-largest.log2().ceil()).exp2() } else { 1.0 };
        Self { offset, scale }
    }

    pub(crate) fn place(&self, feature: usize, value: f64) -> f64 {
        (value - self.offset[feature]) * self.scale
    }

    /// The data in this frame.
    pub(crate) fn panels(&self, x: &Features<'_>) -> Panels {
        let (n_points, width) = x.dim();
        let mut values = vec![0.0_f32; n_points.div_ceil(LANES) * LANES * width];
        values.par_chunks_mut((LANES * width).max(1)).enumerate().for_each(|(index, panel)| {
            for lane in 0..LANES {
                let row = x.row((index * LANES + lane).min(n_points - 1));
                for (feature, &value) in row.iter().enumerate() {
                    panel[feature * LANES + lane] = self.place(feature, f64::from(value)) as f32;
                }
            }
        });
        Panels { values, width }
    }
}

/// Points in panels: for every [`LANES`] points, one row of lanes a feature. The lanes after
/// the last point repeat it.
#[derive(Debug)]
pub(crate) struct Panels {
    values: Vec<f32>,
    pub(crate) width: usize,
}

impl Panels {
    /// The panels that hold `n_points` points from `first` on, a multiple of [`LANES`].
    pub(crate) fn range(&self, first: usize, n_points: usize) -> &[f32] {
        let last = first + n_points.div_ceil(LANES) * LANES;
        &self.values[first * self.width..last * self.width]
    }

    /// The coordinates of a point.
    pub(crate) fn point(&self, index: usize) -> Vec<f32> {
        let panel = &self.values[index / LANES * LANES * self.width..];
        (0..self.width).map(|feature| panel[feature * LANES + index % LANES]).collect()
    }
}

pub(crate) fn mean_of_rows(x: &Features<'_>) -> Vec<f64> {
    let mut sum = vec![0.0_f64; x.ncols()];
    for row in x.outer_iter() {
        sum.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sum.iter_mut().for_each(|sum| *sum /= x.nrows() as f64);
    sum
}
