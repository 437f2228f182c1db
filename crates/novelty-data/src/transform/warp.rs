use ndarray::{Array2, Array3, ArrayView2};

/// Where each pixel of the result comes from, in pixels around the centre of the image:
/// `source = matrix * target + offset`, `(x, y)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Affine {
    matrix: [[f64; 2]; 2],
    offset: [f64; 2],
}

impl Affine {
    /// Turns the content by `degrees` against the clock and enlarges it by `scale` about the
    /// centre, then shifts it by `(right, down)` pixels.
    pub(crate) fn new(degrees: f64, scale: f64, (right, down): (f64, f64)) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let matrix = [[cos / scale, -sin / scale], [sin / scale, cos / scale]];
        let back = |row: [f64; 2]| -(row[0] * right + row[1] * down);
        Self { matrix, offset: [back(matrix[0]), back(matrix[1])] }
    }

    /// Looks at the result in a mirror.
    pub(crate) fn mirrored(mut self, horizontally: bool, vertically: bool) -> Self {
        let sign = |flip: bool| if flip { -1.0 } else { 1.0 };
        for row in &mut self.matrix {
            row[0] *= sign(horizontally);
            row[1] *= sign(vertically);
        }
        self
    }

    fn source(&self, y: usize, x: usize, (height, width): (usize, usize)) -> (f64, f64) {
        let centre = ((width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0);
        let (dx, dy) = (x as f64 - centre.0, y as f64 - centre.1);
        let at = |row: [f64; 2], offset: f64| row[0] * dx + row[1] * dy + offset;
        (
            at(self.matrix[1], self.offset[1]) + centre.1,
            at(self.matrix[0], self.offset[0]) + centre.0,
        )
    }
}

/// Bilinear; beyond the edge the image goes on mirrored.
pub(crate) fn warp_image(image: &Array3<f32>, affine: &Affine) -> Array3<f32> {
    let (_, height, width) = image.dim();
    let mut warped = Array3::zeros(image.raw_dim());
    for (from, mut to) in image.outer_iter().zip(warped.outer_iter_mut()) {
        for ((y, x), value) in to.indexed_iter_mut() {
            let (row, column) = affine.source(y, x, (height, width));
            *value = bilinear(&from, row, column);
        }
    }
    warped
}

/// The nearest pixel; beyond the edge nothing is marked.
pub(crate) fn warp_mask(mask: &Array2<bool>, affine: &Affine) -> Array2<bool> {
    Array2::from_shape_fn(mask.raw_dim(), |(y, x)| {
        let (row, column) = affine.source(y, x, mask.dim());
        let (row, column) = (row.round(), column.round());
        row >= 0.0
            && column >= 0.0
            && mask.get((row as usize, column as usize)).copied().unwrap_or(false)
    })
}

fn bilinear(plane: &ArrayView2<'_, f32>, row: f64, column: f64) -> f32 {
    let (height, width) = plane.dim();
    let (top, left) = (row.floor(), column.floor());
    let (down, right) = ((row - top) as f32, (column - left) as f32);
    let at = |dy: f64, dx: f64| plane[[mirrored(top + dy, height), mirrored(left + dx, width)]];
    let upper = at(0.0, 0.0) * (1.0 - right) + at(0.0, 1.0) * right;
    let lower = at(1.0, 0.0) * (1.0 - right) + at(1.0, 1.0) * right;
    upper * (1.0 - down) + lower * down
}

/// The position within `0..len` that a mirror at either edge shows; the edge is shown twice.
fn mirrored(position: f64, len: usize) -> usize {
    let period = 2.0 * len as f64;
    let within = position.rem_euclid(period);
    let position = if within < len as f64 { within } else { period - 1.0 - within };
    (position as usize).min(len - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered() -> Array3<f32> {
        Array3::from_shape_fn((1, 3, 4), |(_, y, x)| (y * 4 + x) as f32)
    }

    #[test]
    fn nothing_changes_nothing() {
        let image = numbered();
        assert_eq!(warp_image(&image, &Affine::new(0.0, 1.0, (0.0, 0.0))), image);
    }

    #[test]
    fn shifts_move_the_content_right_and_down() {
        let moved = warp_image(&numbered(), &Affine::new(0.0, 1.0, (1.0, 1.0)));
        assert_eq!((moved[[0, 1, 1]], moved[[0, 2, 3]]), (0.0, 6.0));
        // Mirrored at the edge.
        assert_eq!((moved[[0, 0, 0]], moved[[0, 0, 1]]), (0.0, 0.0));
    }

    #[test]
    fn a_mirror_exchanges_left_and_right() {
        let turned =
            warp_image(&numbered(), &Affine::new(0.0, 1.0, (0.0, 0.0)).mirrored(true, false));
        assert_eq!((turned[[0, 0, 0]], turned[[0, 2, 3]]), (3.0, 8.0));
    }

    #[test]
    fn half_a_turn_is_both_mirrors() {
        let image = numbered();
        let turned = warp_image(&image, &Affine::new(180.0, 1.0, (0.0, 0.0)));
        let backwards = turned.iter().collect::<Vec<_>>().into_iter().rev();
        assert!(backwards.zip(&image).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn a_quarter_turn_goes_against_the_clock() {
        let image = Array3::from_shape_fn((1, 3, 3), |(_, y, x)| (y * 3 + x) as f32);
        let turned = warp_image(&image, &Affine::new(90.0, 1.0, (0.0, 0.0)));
        // What was at the right is at the top.
        assert!((turned[[0, 0, 1]] - 5.0).abs() < 1e-5, "{turned}");
    }

    #[test]
    fn masks_end_at_the_edge() {
        let mask = Array2::from_elem((3, 3), true);
        let moved = warp_mask(&mask, &Affine::new(0.0, 1.0, (1.0, 0.0)));
        assert_eq!(moved.iter().filter(|&&marked| marked).count(), 6);
        assert!(!moved[[0, 0]] && moved[[0, 1]]);
    }
}
