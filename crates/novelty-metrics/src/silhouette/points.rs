use novelty_core::Features;

use super::distances::{LANES, Panels, Rows};
use crate::partition::Partition;

/// The points of every cluster together, in rows and in panels.
pub(crate) struct Points {
    width: usize,
    rows: Vec<f32>,
    panels: Vec<f32>,
    /// Where each cluster's panels begin.
    panel_starts: Vec<usize>,
}

impl Points {
    pub(crate) fn new(x: &Features<'_>, partition: &Partition) -> Self {
        let (n, width) = x.dim();
        let scale = safe_scale(x);
        let mut rows = Vec::with_capacity(n * width);
        for &sample in &partition.order {
            rows.extend(x.row(sample).iter().map(|&value| scaled(value, scale)));
        }
        let mut points = Self { width, rows, panels: Vec::new(), panel_starts: Vec::new() };
        for cluster in 0..partition.n_clusters() {
            points.panel_starts.push(points.panels.len());
            let values = &points.rows[partition.starts[cluster] * width..]
                [..partition.size(cluster) * width];
            for group in values.chunks(LANES * width) {
                push_panel(&mut points.panels, group, width);
            }
        }
        points
    }

    /// The points from `first` to `last` in the partition's order.
    pub(crate) fn rows(&self, first: usize, last: usize) -> Rows<'_> {
        Rows { values: &self.rows[first * self.width..last * self.width], width: self.width }
    }

    /// The points of `cluster` after the first `skipped`, which fill whole panels.
    pub(crate) fn panels(&self, cluster: usize, size: usize, skipped: usize) -> Panels<'_> {
        let start = self.panel_starts[cluster];
        let len = size.div_ceil(LANES) * LANES * self.width;
        let values = &self.panels[start..start + len];
        Panels {
            values: &values[(skipped * self.width).min(len)..],
            n_points: size - skipped.min(size),
        }
    }
}

/// Appends up to [`LANES`] points, transposed; the last point fills the rest.
fn push_panel(panels: &mut Vec<f32>, group: &[f32], width: usize) {
    let last = group.len() / width - 1;
    for feature in 0..width {
        panels.extend((0..LANES).map(|lane| group[lane.min(last) * width + feature]));
    }
}

/// A power of two that brings the range of the data to about 2^40: no square overflows, and
/// none that matters underflows. The silhouette does not depend on the scale.
fn safe_scale(x: &Features<'_>) -> f64 {
    let (mut lowest, mut highest) = (f32::INFINITY, f32::NEG_INFINITY);
    for &value in x {
        lowest = lowest.min(value);
        highest = highest.max(value);
    }
    let range = f64::from(highest) - f64::from(lowest);
    let largest = f64::from(lowest.abs().max(highest.abs()));
    if range == 0.0 {
        return 1.0;
    }
    let exponent = 40.0 - range.log2().floor();
    // An offset far beyond the range must not overflow either.
    exponent.min(120.0 - largest.log2().floor()).exp2()
}

fn scaled(value: f32, scale: f64) -> f32 {
    (f64::from(value) * scale) as f32
}
