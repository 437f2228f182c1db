//! Sums of Euclidean distances between two blocks of points.
//!
//! Distances come from exact differences, not from `|a|^2 + |b|^2 - 2ab`, which cancels when
//! clusters are far from the origin. They are summed in `f32` over short runs only, then in
//! `f64`.

use pulp::{Arch, Simd, WithSimd};

/// Points a panel: one lane each, and two of the widest vectors.
pub(crate) const LANES: usize = 32;
/// Rows that share the loads of a panel.
const ROWS: usize = 6;
/// Panels that are met by all rows in turn while they are in the first-level cache.
const PANELS: usize = 8;
/// Rows after which the sums of the columns leave `f32`.
const RUN: usize = 8 * ROWS;

/// Points in row-major order: `len * width` values.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) width: usize,
}

/// Points in panels: for every [`LANES`] points, one row of lanes a feature. The lanes after
/// the last point hold finite values and are ignored.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) n_points: usize,
}

/// Adds to `row_sums` the distances of every row to all points of the panels, and to
/// `column_sums`, unless it is empty, those of every point to all rows.
pub(crate) fn add_distances(
    rows: Rows<'_>,
    panels: Panels<'_>,
    row_sums: &mut [f64],
    column_sums: &mut [f64],
) {
    Arch::new().dispatch(AddDistances { rows, panels, row_sums, column_sums });
}

struct AddDistances<'a> {
    rows: Rows<'a>,
    panels: Panels<'a>,
    row_sums: &'a mut [f64],
    column_sums: &'a mut [f64],
}

impl WithSimd for AddDistances<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.rows.width;
        for (block, values) in self.panels.values.chunks(PANELS * LANES * width).enumerate() {
            let first = block * PANELS * LANES;
            let n_points = (self.panels.n_points - first).min(PANELS * LANES);
            let panels = Panels { values, n_points };
            let runs = self.rows.values.chunks(RUN * width).zip(self.row_sums.chunks_mut(RUN));
            for (values, row_sums) in runs {
                let columns = add_run(simd, Rows { values, width }, panels, row_sums);
                let sums = self.column_sums.iter_mut().skip(first);
                for (sum, &part) in sums.zip(&columns[..n_points]) {
                    *sum += f64::from(part);
                }
            }
        }
    }
}

/// A run of rows against a block of panels: returns the sums of the columns.
#[inline(always)]
fn add_run<S: Simd>(
    simd: S,
    rows: Rows<'_>,
    panels: Panels<'_>,
    row_sums: &mut [f64],
) -> [f32; PANELS * LANES] {
    let width = rows.width;
    let mut columns = [0.0; PANELS * LANES];
    let mut tiles = rows.values.chunks_exact(ROWS * width);
    let mut tile_sums = row_sums.chunks_exact_mut(ROWS);
    for (tile, sums) in tiles.by_ref().zip(tile_sums.by_ref()) {
        add_tile::<S, ROWS>(simd, Rows { values: tile, width }, panels, sums, &mut columns);
    }
    let rest = tiles.remainder().chunks_exact(width);
    for (row, sum) in rest.zip(tile_sums.into_remainder().chunks_mut(1)) {
        add_tile::<S, 1>(simd, Rows { values: row, width }, panels, sum, &mut columns);
    }
    columns
}

/// `R` rows against a block of panels.
#[inline(always)]
fn add_tile<S: Simd, const R: usize>(
    simd: S,
    tile: Rows<'_>,
    panels: Panels<'_>,
    row_sums: &mut [f64],
    columns: &mut [f32; PANELS * LANES],
) {
    let mut sums = [[0.0; LANES]; R];
    let panel_len = LANES * tile.width;
    let (columns, _) = columns.as_chunks_mut::<LANES>();
    for (index, panel) in panels.values.chunks_exact(panel_len).enumerate() {
        let valid = panels.n_points - index * LANES;
        for pair in 0..LANES / (2 * S::F32_LANES) {
            let squares = squares::<S, R>(simd, tile, panel, pair);
            if valid >= LANES {
                add_pair(simd, squares, pair, &mut sums, &mut columns[index]);
            } else {
                let squares = only_valid(simd, squares, valid, pair);
                add_pair(simd, squares, pair, &mut sums, &mut columns[index]);
            }
        }
    }
    for (total, sum) in row_sums.iter_mut().zip(&sums) {
        *total += sum.iter().map(|&lane| f64::from(lane)).sum::<f64>();
    }
}

/// The squared distances of `R` rows to the points in one pair of vectors of a panel.
#[inline(always)]
fn squares<S: Simd, const R: usize>(
    simd: S,
    tile: Rows<'_>,
    panel: &[f32],
    pair: usize,
) -> [[S::f32s; 2]; R] {
    let mut sums = [[simd.splat_f32s(0.0); 2]; R];
    let rows: [&[f32]; R] =
        std::array::from_fn(|row| &tile.values[row * tile.width..][..tile.width]);
    let (panel, _) = panel.as_chunks::<LANES>();
    for (feature, lanes) in panel.iter().enumerate().take(tile.width) {
        let (vectors, _) = S::as_simd_f32s(lanes);
        for row in 0..R {
            let x = simd.splat_f32s(rows[row][feature]);
            for half in 0..2 {
                let difference = simd.sub_f32s(x, vectors[2 * pair + half]);
                sums[row][half] = simd.mul_add_e_f32s(difference, difference, sums[row][half]);
            }
        }
    }
    sums
}

/// Sets the squares of the lanes after the last point to zero.
#[inline(always)]
fn only_valid<S: Simd, const R: usize>(
    simd: S,
    mut squares: [[S::f32s; 2]; R],
    valid: usize,
    pair: usize,
) -> [[S::f32s; 2]; R] {
    let mask: [f32; LANES] = std::array::from_fn(|lane| if lane < valid { 1.0 } else { 0.0 });
    let (mask, _) = S::as_simd_f32s(&mask);
    for row in &mut squares {
        for (half, square) in row.iter_mut().enumerate() {
            *square = simd.mul_f32s(*square, mask[2 * pair + half]);
        }
    }
    squares
}

/// Adds the roots of the squares to the sums of the rows and of the columns.
#[inline(always)]
fn add_pair<S: Simd, const R: usize>(
    simd: S,
    squares: [[S::f32s; 2]; R],
    pair: usize,
    sums: &mut [[f32; LANES]; R],
    columns: &mut [f32; LANES],
) {
    let (columns, _) = S::as_mut_simd_f32s(columns);
    for half in 0..2 {
        let mut over_rows = columns[2 * pair + half];
        for (sum, row) in sums.iter_mut().zip(&squares) {
            let distance = simd.sqrt_f32s(row[half]);
            let (sum, _) = S::as_mut_simd_f32s(sum);
            sum[2 * pair + half] = simd.add_f32s(sum[2 * pair + half], distance);
            over_rows = simd.add_f32s(over_rows, distance);
        }
        columns[2 * pair + half] = over_rows;
    }
}
