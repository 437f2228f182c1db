//! Gradient magnitude similarity, of Xue, Zhang, Mou and Bovik, 2014.

/// Keeps the quotient finite where both images are flat: the paper's 170 of 255 squared.
const C: f64 = 0.0026;

/// `1 - (2 gx gy + c) / (gx^2 + gy^2 + c)`, written so that equal gradients give exactly 0.
pub(super) fn map(x: &[f32], y: &[f32], width: usize, out: &mut [f32]) {
    let height = out.len() / width.max(1);
    for row in 0..height {
        for column in 0..width {
            let (gx, gy) = (
                magnitude(x, (row, column), (height, width)),
                magnitude(y, (row, column), (height, width)),
            );
            let difference = gx - gy;
            let deficit = difference * difference / (gx * gx + gy * gy + C);
            out[row * width + column] = deficit as f32;
        }
    }
}

/// The length of the Prewitt gradient (divided by 3); outside, the nearest pixel counts.
fn magnitude(plane: &[f32], (row, column): (usize, usize), (height, width): (usize, usize)) -> f64 {
    let rows = [row.saturating_sub(1), row, (row + 1).min(height - 1)];
    let columns = [column.saturating_sub(1), column, (column + 1).min(width - 1)];
    let at = |r: usize, c: usize| f64::from(plane[rows[r] * width + columns[c]]);
    let across: f64 = (0..3).map(|r| at(r, 2) - at(r, 0)).sum();
    let down: f64 = (0..3).map(|c| at(2, c) - at(0, c)).sum();
    ((across * across + down * down) / 9.0).sqrt()
}
