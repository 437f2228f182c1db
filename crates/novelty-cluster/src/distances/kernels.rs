use pulp::{Arch, Simd, WithSimd};

use super::LANES;

/// Rows that share the loads of a panel.
const ROWS: usize = 4;

/// For every point of the panels the nearest of the `centres` (row-major) and its squared
/// distance; of equally near ones the first.
pub(crate) fn nearest(
    panels: &[f32],
    centres: &[f32],
    width: usize,
    labels: &mut [u32],
    squares: &mut [f32],
) {
    Arch::new().dispatch(Nearest { panels, centres, width, labels, squares });
}

/// The squared distances of every row (row-major) to every point of the panels: `out` holds
/// `n_points` of them for each row in turn.
pub(crate) fn squared_distances(panels: &[f32], rows: &[f32], width: usize, out: &mut [f32]) {
    Arch::new().dispatch(SquaredDistances { panels, rows, width, out });
}

struct Nearest<'a> {
    panels: &'a [f32],
    centres: &'a [f32],
    width: usize,
    labels: &'a mut [u32],
    squares: &'a mut [f32],
}

impl WithSimd for Nearest<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panels, centres, width, labels, squares } = self;
        let outputs = labels.chunks_mut(LANES).zip(squares.chunks_mut(LANES));
        for (panel, (labels, squares)) in panels.chunks_exact(LANES * width).zip(outputs) {
            let mut best = ([0_u32; LANES], [0.0_f32; LANES]);
            for pair in 0..LANES / (2 * S::F32_LANES) {
                nearest_of_pair(simd, panel, pair, Rows { values: centres, width }, &mut best);
            }
            labels.copy_from_slice(&best.0[..labels.len()]);
            squares.copy_from_slice(&best.1[..squares.len()]);
        }
    }
}

/// Points in row-major order.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    width: usize,
}

/// A running minimum: squared distances and the indices they belong to.
struct Minimum<S: Simd> {
    squares: [S::f32s; 2],
    labels: [S::u32s; 2],
}

#[inline(always)]
fn nearest_of_pair<S: Simd>(
    simd: S,
    panel: &[f32],
    pair: usize,
    centres: Rows<'_>,
    best: &mut ([u32; LANES], [f32; LANES]),
) {
    let mut minimum = Minimum::<S> {
        squares: [simd.splat_f32s(f32::INFINITY); 2],
        labels: [simd.splat_u32s(0); 2],
    };
    let mut tiles = centres.values.chunks_exact(ROWS * centres.width);
    let mut first = 0;
    for tile in tiles.by_ref() {
        let tile = Rows { values: tile, ..centres };
        lower(simd, &mut minimum, pair_squares::<S, ROWS>(simd, tile, panel, pair), first);
        first += ROWS as u32;
    }
    for row in tiles.remainder().chunks_exact(centres.width) {
        let row = Rows { values: row, ..centres };
        lower(simd, &mut minimum, pair_squares::<S, 1>(simd, row, panel, pair), first);
        first += 1;
    }
    let (labels, _) = S::as_mut_simd_u32s(&mut best.0);
    let (squares, _) = S::as_mut_simd_f32s(&mut best.1);
    labels[2 * pair..2 * pair + 2].copy_from_slice(&minimum.labels);
    squares[2 * pair..2 * pair + 2].copy_from_slice(&minimum.squares);
}

#[inline(always)]
fn lower<S: Simd, const R: usize>(
    simd: S,
    minimum: &mut Minimum<S>,
    squares: [[S::f32s; 2]; R],
    first: u32,
) {
    for (row, squares) in squares.iter().enumerate() {
        let label = simd.splat_u32s(first + row as u32);
        for (half, &square) in squares.iter().enumerate() {
            let nearer = simd.less_than_f32s(square, minimum.squares[half]);
            minimum.squares[half] = simd.select_f32s(nearer, square, minimum.squares[half]);
            minimum.labels[half] = simd.select_u32s(nearer, label, minimum.labels[half]);
        }
    }
}

struct SquaredDistances<'a> {
    panels: &'a [f32],
    rows: &'a [f32],
    width: usize,
    out: &'a mut [f32],
}

impl WithSimd for SquaredDistances<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panels, rows, width, out } = self;
        let n_points = out.len() / (rows.len() / width).max(1);
        let mut tiles = rows.chunks_exact(ROWS * width);
        let mut outs = out.chunks_exact_mut(ROWS * n_points);
        for (values, out) in tiles.by_ref().zip(outs.by_ref()) {
            fill::<S, ROWS>(simd, Rows { values, width }, panels, out);
        }
        let rest = tiles.remainder().chunks_exact(width);
        for (values, out) in rest.zip(outs.into_remainder().chunks_exact_mut(n_points)) {
            fill::<S, 1>(simd, Rows { values, width }, panels, out);
        }
    }
}

#[inline(always)]
fn fill<S: Simd, const R: usize>(simd: S, rows: Rows<'_>, panels: &[f32], out: &mut [f32]) {
    let n_points = out.len() / R;
    for (index, panel) in panels.chunks_exact(LANES * rows.width).enumerate() {
        let mut tile = [[0.0_f32; LANES]; R];
        for pair in 0..LANES / (2 * S::F32_LANES) {
            let squares = pair_squares::<S, R>(simd, rows, panel, pair);
            for (lanes, squares) in tile.iter_mut().zip(&squares) {
                let (lanes, _) = S::as_mut_simd_f32s(lanes);
                lanes[2 * pair..2 * pair + 2].copy_from_slice(squares);
            }
        }
        let first = index * LANES;
        let valid = LANES.min(n_points - first);
        for (row, lanes) in tile.iter().enumerate() {
            out[row * n_points + first..][..valid].copy_from_slice(&lanes[..valid]);
        }
    }
}

/// Squared distances below and above which no rounding error matters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// At most this: within the radius.
    pub(crate) surely: f32,
    /// More than this: not within.
    pub(crate) surely_not: f32,
}

/// For every row, the points of a panel that are surely within a radius, and those that may be,
/// as bits.
pub(crate) fn within(
    panel: &[f32],
    rows: &[f32],
    width: usize,
    limits: Limits,
    hits: &mut [u32; LANES],
    unsure: &mut [u32; LANES],
) {
    let rows = Rows { values: rows, width };
    Arch::new().dispatch(Within { panel, rows, limits, hits, unsure });
}

struct Within<'a> {
    panel: &'a [f32],
    rows: Rows<'a>,
    limits: Limits,
    hits: &'a mut [u32; LANES],
    unsure: &'a mut [u32; LANES],
}

impl WithSimd for Within<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, rows: Rows { values, width }, limits, hits, unsure } = self;
        let mut tiles = values.chunks_exact(ROWS * width);
        let mut row = 0;
        for values in tiles.by_ref() {
            let tile = Rows { values, width };
            mark::<S, ROWS>(simd, tile, panel, limits, &mut hits[row..], &mut unsure[row..]);
            row += ROWS;
        }
        for values in tiles.remainder().chunks_exact(width) {
            let tile = Rows { values, width };
            mark::<S, 1>(simd, tile, panel, limits, &mut hits[row..], &mut unsure[row..]);
            row += 1;
        }
    }
}

#[inline(always)]
fn mark<S: Simd, const R: usize>(
    simd: S,
    tile: Rows<'_>,
    panel: &[f32],
    limits: Limits,
    hits: &mut [u32],
    unsure: &mut [u32],
) {
    let places: [u32; LANES] = std::array::from_fn(|lane| 1 << lane);
    let (places, _) = S::as_simd_u32s(&places);
    let (none, surely) = (simd.splat_u32s(0), simd.splat_f32s(limits.surely));
    let surely_not = simd.splat_f32s(limits.surely_not);
    let mut yes = [none; R];
    let mut no = [none; R];
    for pair in 0..LANES / (2 * S::F32_LANES) {
        let squares = pair_squares::<S, R>(simd, tile, panel, pair);
        for (row, squares) in squares.iter().enumerate() {
            for half in 0..2 {
                let place = places[2 * pair + half];
                let near = simd.less_than_or_equal_f32s(squares[half], surely);
                let far = simd.greater_than_f32s(squares[half], surely_not);
                yes[row] = simd.or_u32s(yes[row], simd.select_u32s(near, place, none));
                no[row] = simd.or_u32s(no[row], simd.select_u32s(far, place, none));
            }
        }
    }
    for row in 0..R {
        let all = |lanes: S::u32s| {
            let mut bits = [0_u32; LANES];
            S::as_mut_simd_u32s(&mut bits).0[0] = lanes;
            bits[..S::U32_LANES].iter().fold(0, |all, bits| all | bits)
        };
        hits[row] = all(yes[row]);
        unsure[row] = !(hits[row] | all(no[row]));
    }
}

/// The squared distances of `R` rows to the points in one pair of vectors of a panel.
#[inline(always)]
fn pair_squares<S: Simd, const R: usize>(
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

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values must be exact")]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::distances::Frame;

    fn data(n: usize, width: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, width), |(i, j)| ((i * 37 + j * 11) % 23) as f32)
    }

    fn exact(x: &Array2<f32>, i: usize, j: usize) -> f64 {
        (&x.row(i) - &x.row(j)).iter().map(|&d| f64::from(d).powi(2)).sum()
    }

    #[test]
    fn distances_are_those_of_the_definition() {
        for (n, width, n_rows) in [(1, 1, 1), (33, 3, 5), (70, 9, 7)] {
            let x = data(n, width);
            let frame = Frame::of(&x.view());
            let panels = frame.panels(&x.view());
            let rows: Vec<f32> = (0..n_rows).flat_map(|i| panels.point(i % n)).collect();
            let mut out = vec![0.0; n_rows * n];
            squared_distances(panels.range(0, n), &rows, width, &mut out);
            for (at, &square) in out.iter().enumerate() {
                let expected = exact(&x, at / n % n, at % n);
                let got = f64::from(square) / frame.scale.powi(2);
                assert!((got - expected).abs() <= 1e-5 * expected + 1e-9, "{got} {expected}");
            }
        }
    }

    #[test]
    fn the_first_of_equally_near_centres_wins() {
        let x = data(40, 2);
        let panels = Frame::of(&x.view()).panels(&x.view());
        let centres: Vec<f32> = [7, 3, 7, 9, 3, 20].iter().flat_map(|&i| panels.point(i)).collect();
        let (mut labels, mut squares) = (vec![9; 40], vec![0.0; 40]);
        nearest(panels.range(0, 40), &centres, 2, &mut labels, &mut squares);
        assert_eq!([labels[7], labels[3], labels[9], labels[20]], [0, 1, 3, 5]);
        assert!(labels.iter().all(|&label| label != 2 && label != 4));
        for (i, &label) in labels.iter().enumerate() {
            let centre = [7, 3, 7, 9, 3, 20][label as usize];
            let best = [7, 3, 9, 20].iter().map(|&j| exact(&x, i, j)).fold(f64::MAX, f64::min);
            assert_eq!(exact(&x, i, centre), best);
        }
    }
}
