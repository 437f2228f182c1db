use super::patches::Grid;

/// The two places that a pixel lies between, and the share of the second.
type Between = (usize, usize, f32);

/// Spreads the values of patches over the pixels of the image, linearly between the middles of
/// the patches; outside of them the nearest counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resample {
    rows: Vec<Between>,
    columns: Vec<Between>,
    n_columns: usize,
}

impl Resample {
    pub(super) fn new(grid: &Grid) -> Self {
        let middles =
            |starts: &[usize]| starts.iter().map(|&at| grid.middle(at)).collect::<Vec<_>>();
        Self {
            rows: between(&middles(&grid.rows), grid.image.0),
            columns: between(&middles(&grid.columns), grid.image.1),
            n_columns: grid.columns.len(),
        }
    }

    /// Adds `share` of the values, spread over the image.
    pub(super) fn add(&self, values: &[f32], share: f32, map: &mut [f32]) {
        let width = self.columns.len();
        for (out, &(upper, lower, down)) in map.chunks_exact_mut(width).zip(&self.rows) {
            let upper = &values[upper * self.n_columns..][..self.n_columns];
            let lower = &values[lower * self.n_columns..][..self.n_columns];
            for (out, &(left, right, across)) in out.iter_mut().zip(&self.columns) {
                let above = upper[left] + across * (upper[right] - upper[left]);
                let below = lower[left] + across * (lower[right] - lower[left]);
                *out += share * (above + down * (below - above));
            }
        }
    }
}

fn between(middles: &[f32], len: usize) -> Vec<Between> {
    let last = middles.len() - 1;
    (0..len)
        .map(|pixel| {
            let at = pixel as f32;
            let after = middles.partition_point(|&middle| middle <= at);
            match (after.checked_sub(1), after > last) {
                (None, _) => (0, 0, 0.0),
                (Some(_), true) => (last, last, 0.0),
                (Some(before), false) => {
                    let share = (at - middles[before]) / (middles[after] - middles[before]);
                    (before, after, share)
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_lie_between_the_middles_of_patches() {
        assert_eq!(
            between(&[1.5, 3.5], 6),
            [(0, 0, 0.0), (0, 0, 0.0), (0, 1, 0.25), (0, 1, 0.75), (1, 1, 0.0), (1, 1, 0.0)]
        );
        assert_eq!(between(&[0.5], 2), [(0, 0, 0.0), (0, 0, 0.0)]);
    }
}
