use rayon::prelude::*;

use crate::ranking::{Counts, Ranked};

/// The columns of a curve: two rates and the threshold of every point.
pub(crate) struct Columns {
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) thresholds: Vec<f32>,
}

/// A part of the columns, to be written by itself.
struct Part<'a> {
    x: &'a mut [f64],
    y: &'a mut [f64],
    thresholds: &'a mut [f32],
}

impl Columns {
    /// One point a distinct score, by what is flagged there, the highest score first; before
    /// them the point where nothing is.
    pub(crate) fn new(
        ranking: &impl Ranked,
        nothing: (f64, f64),
        rates: impl Fn(Counts) -> (f64, f64) + Sync,
    ) -> Self {
        let parts = ranking.parts();
        let n = 1 + parts.iter().map(|(_, groups)| groups.len()).sum::<usize>();
        let mut columns = Self { x: vec![0.0; n], y: vec![0.0; n], thresholds: vec![0.0; n] };
        (columns.x[0], columns.y[0], columns.thresholds[0]) = (nothing.0, nothing.1, f32::INFINITY);
        let Self { x, y, thresholds } = &mut columns;
        let mut rest = Part { x: &mut x[1..], y: &mut y[1..], thresholds: &mut thresholds[1..] };
        let mut tasks = Vec::with_capacity(parts.len());
        for (above, groups) in &parts {
            let (part, after) = rest.split_at(groups.len());
            tasks.push((*above, groups, part));
            rest = after;
        }
        tasks.into_par_iter().for_each(|(mut flagged, groups, part)| {
            for (at, group) in groups.iter().enumerate() {
                flagged = flagged.plus(group.counts);
                (part.x[at], part.y[at]) = rates(flagged);
                part.thresholds[at] = group.score;
            }
        });
        columns
    }

    /// The same points from the lowest score on.
    pub(crate) fn reversed(mut self) -> Self {
        rayon::join(
            || self.x.reverse(),
            || {
                self.y.reverse();
                self.thresholds.reverse();
            },
        );
        self
    }
}

impl<'a> Part<'a> {
    fn split_at(self, len: usize) -> (Self, Self) {
        let (x, x_rest) = self.x.split_at_mut(len);
        let (y, y_rest) = self.y.split_at_mut(len);
        let (thresholds, thresholds_rest) = self.thresholds.split_at_mut(len);
        (Self { x, y, thresholds }, Self { x: x_rest, y: y_rest, thresholds: thresholds_rest })
    }
}
