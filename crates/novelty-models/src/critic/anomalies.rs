use ndarray::{Array3, Array4, ArrayView3, ArrayView4, Axis, s};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What an anomaly is made of, given normal images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PseudoAnomaly {
    /// Noise alone: from single pixels to patches of half the image, of any contrast, down to a
    /// plain surface.
    Noise,
    /// The image turned by one, two or three quarters, or upside down as in a mirror; the quarters
    /// of square images only.
    Turn,
    /// The image moved by a quarter to three quarters of its sides, what leaves it coming in
    /// again at the other side.
    Shift,
    /// The image with 30 to 80 % of such noise mixed in. To be restored.
    Blend,
    /// A rectangle of the image replaced by such noise. To be restored.
    Patch,
    /// A rectangle of the image replaced by one from elsewhere in another image of the batch. To
    /// be restored.
    Paste,
}

impl PseudoAnomaly {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Noise, Self::Turn, Self::Shift, Self::Blend, Self::Patch, Self::Paste];

    /// Whether enough is left of the image to draw it whole.
    fn is_restorable(self) -> bool {
        matches!(self, Self::Blend | Self::Patch | Self::Paste)
    }
}

/// Makes anomalies of some kinds.
#[derive(Debug)]
pub(super) struct Maker {
    restorable: Vec<PseudoAnomaly>,
    others: Vec<PseudoAnomaly>,
}

impl Maker {
    pub(super) fn new(kinds: &[PseudoAnomaly]) -> Self {
        let (restorable, others) =
            kinds.iter().copied().partition(|kind: &PseudoAnomaly| kind.is_restorable());
        Self { restorable, others }
    }

    /// An anomaly of each image, in their order, and how many of the first are to be restored:
    /// half of them where there are kinds of both sorts.
    pub(super) fn make(
        &self,
        images: ArrayView4<'_, f32>,
        rng: &mut ChaCha8Rng,
    ) -> (Array4<f32>, usize) {
        let n = images.len_of(Axis(0));
        let n_restored = match (self.restorable.is_empty(), self.others.is_empty()) {
            (true, _) => 0,
            (false, true) => n,
            (false, false) => n.div_ceil(2),
        };
        let mut made = images.to_owned();
        for (i, mut image) in made.outer_iter_mut().enumerate() {
            let kinds = if i < n_restored { &self.restorable } else { &self.others };
            let kind = kinds.choose(rng).copied().unwrap_or(PseudoAnomaly::Noise);
            let other = images.index_axis(Axis(0), (i + 1) % n);
            image.assign(&anomaly(kind, images.index_axis(Axis(0), i), other, rng));
        }
        (made, n_restored)
    }
}

fn anomaly(
    kind: PseudoAnomaly,
    image: ArrayView3<'_, f32>,
    other: ArrayView3<'_, f32>,
    rng: &mut ChaCha8Rng,
) -> Array3<f32> {
    match kind {
        PseudoAnomaly::Noise => noise(image.dim(), rng),
        PseudoAnomaly::Turn => turned(image, rng),
        PseudoAnomaly::Shift => shifted(image, |side| (side / 4, 3 * side / 4), rng),
        PseudoAnomaly::Blend => {
            let share = rng.gen_range(0.3_f32..0.8);
            let noise = noise(image.dim(), rng);
            &image * (1.0 - share) + noise * share
        }
        PseudoAnomaly::Patch => {
            let noise = noise(image.dim(), rng);
            patched(image, noise.view(), rng)
        }
        PseudoAnomaly::Paste => {
            let moved = shifted(other, |side| (0, side.saturating_sub(1)), rng);
            patched(image, moved.view(), rng)
        }
    }
}

/// A coarse grid of uniform values, interpolated, of a random contrast and level.
fn noise((channels, height, width): (usize, usize, usize), rng: &mut ChaCha8Rng) -> Array3<f32> {
    let cell = 1_usize << rng.gen_range(0..6_u32);
    let (rows, columns) = ((height / cell).max(2), (width / cell).max(2));
    let grid = Array3::from_shape_fn((channels, rows, columns), |_| rng.r#gen::<f32>());
    let (contrast, level) = (rng.r#gen::<f32>(), rng.r#gen::<f32>());
    let y: Vec<_> = (0..height).map(|y| between(y, height, rows)).collect();
    let x: Vec<_> = (0..width).map(|x| between(x, width, columns)).collect();
    Array3::from_shape_fn((channels, height, width), |(c, row, column)| {
        let ((y0, y1, v), (x0, x1, u)) = (y[row], x[column]);
        let upper = grid[[c, y0, x0]] * (1.0 - u) + grid[[c, y0, x1]] * u;
        let lower = grid[[c, y1, x0]] * (1.0 - u) + grid[[c, y1, x1]] * u;
        level * (1.0 - contrast) + contrast * (upper * (1.0 - v) + lower * v)
    })
}

/// The two points of a grid of `n` around the position `i` of `len`, and how near the second is.
fn between(i: usize, len: usize, n: usize) -> (usize, usize, f32) {
    let position = i as f32 * (n - 1) as f32 / len.saturating_sub(1).max(1) as f32;
    let first = (position as usize).min(n - 1);
    (first, (first + 1).min(n - 1), position - first as f32)
}

fn turned(image: ArrayView3<'_, f32>, rng: &mut ChaCha8Rng) -> Array3<f32> {
    let (_, height, width) = image.dim();
    let mut turned = image;
    let quarters = if height == width { rng.gen_range(0..4) } else { 2 * rng.gen_range(0..2) };
    if quarters % 2 == 1 {
        turned.swap_axes(1, 2);
        turned.invert_axis(Axis(1 + usize::from(quarters == 3)));
    } else {
        turned.invert_axis(Axis(1));
        if quarters == 2 {
            turned.invert_axis(Axis(2));
        }
    }
    turned.to_owned()
}

/// Moved in a circle by steps that `range` gives the bounds of, for each side.
fn shifted(
    image: ArrayView3<'_, f32>,
    range: impl Fn(usize) -> (usize, usize),
    rng: &mut ChaCha8Rng,
) -> Array3<f32> {
    let (_, height, width) = image.dim();
    let mut step = |side| {
        let (low, high) = range(side);
        rng.gen_range(low..=high)
    };
    let (down, right) = (step(height), step(width));
    Array3::from_shape_fn(image.dim(), |(c, y, x)| {
        image[[c, (y + down) % height, (x + right) % width]]
    })
}

/// The image with a rectangle of a fifth to seven tenths of its sides taken from another.
fn patched(
    image: ArrayView3<'_, f32>,
    from: ArrayView3<'_, f32>,
    rng: &mut ChaCha8Rng,
) -> Array3<f32> {
    let (_, height, width) = image.dim();
    let mut span = |side: usize| {
        let low = (side / 5).max(1);
        let length = rng.gen_range(low..=(7 * side / 10).max(low));
        let start = rng.gen_range(0..=side - length);
        start..start + length
    };
    let (rows, columns) = (span(height), span(width));
    let mut patched = image.to_owned();
    let place = s![.., rows, columns];
    patched.slice_mut(place).assign(&from.slice(place));
    patched
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn made(kinds: &[PseudoAnomaly], size: [usize; 4]) -> (Array4<f32>, Array4<f32>, usize) {
        let images = Array4::from_shape_fn(size, |(n, c, y, x)| {
            ((7 * n + 5 * c + 3 * y + 2 * x) % 11) as f32 / 10.0
        });
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let (anomalies, n_restored) = Maker::new(kinds).make(images.view(), &mut rng);
        (images, anomalies, n_restored)
    }

    #[test]
    fn every_kind_changes_images_of_any_size_and_stays_in_range() {
        for kind in PseudoAnomaly::ALL {
            for size in [[9, 3, 16, 16], [9, 1, 7, 12], [2, 1, 1, 2], [1, 1, 1, 1]] {
                let (images, anomalies, n_restored) = made(&[kind], size);
                assert_eq!(anomalies.dim(), images.dim());
                assert_eq!(n_restored, if kind.is_restorable() { size[0] } else { 0 });
                assert!(anomalies.iter().all(|x| (-1e-6..=1.0 + 1e-6).contains(x)), "{kind:?}");
                let n_changed = images
                    .outer_iter()
                    .zip(anomalies.outer_iter())
                    .filter(|(image, anomaly)| image != anomaly)
                    .count();
                assert!(size[3] < 12 || n_changed >= 7, "{kind:?}, {size:?}: {n_changed}");
            }
        }
    }

    #[test]
    fn half_of_a_batch_is_to_be_restored() {
        let (images, anomalies, n_restored) = made(&PseudoAnomaly::ALL, [5, 1, 16, 16]);
        assert_eq!(n_restored, 3);
        assert_eq!(made(&PseudoAnomaly::ALL, [5, 1, 16, 16]).1, anomalies);
        assert_ne!(images, anomalies);
        assert_eq!(made(&PseudoAnomaly::ALL, [0, 1, 4, 4]).2, 0);
    }

    /// What is patched keeps at least half of the pixels outside of the rectangle.
    #[test]
    fn a_patch_leaves_the_rest_alone() {
        let (images, anomalies, _) = made(&[PseudoAnomaly::Paste], [20, 1, 20, 20]);
        for (image, anomaly) in images.outer_iter().zip(anomalies.outer_iter()) {
            let n_same =
                image.iter().zip(anomaly).filter(|(a, b)| a.to_bits() == b.to_bits()).count();
            assert!(n_same >= 204, "{n_same} of 400");
        }
    }
}
