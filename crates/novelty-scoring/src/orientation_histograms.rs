use ndarray::{Array2, ArrayView3, Axis};
use novelty_core::{Embed, ImageShape, Images, InputError, ensure_finite, ensure_image_shape};
use rayon::prelude::*;

/// Describes images by the directions of their edges, place by place.
///
/// The image is smoothed with a Gaussian. At each pixel, the channel whose gradient (central
/// differences) is longest votes with that length for the two of `n_orientations` directions
/// around the full circle that its gradient lies between, by nearness. The votes for a direction
/// are spread over their neighbourhood by another Gaussian, and read off every `stride` pixels.
/// All values are taken to a power, and the vector is scaled to length one; that of an image
/// without edges is zero.
///
/// Two drawings of one thing that differ by a pixel or a slant have most votes in common, where
/// their pixels hardly overlap; brightness and contrast do not count at all. So distances
/// between such vectors say more than those between pixels: `docs/RESULTS.md` has the
/// comparison on digits, clothes and photographs. What has no edges of its own, such as a stain
/// with soft borders, is better seen by pixels.
///
/// `n_orientations * rows * columns` features, by direction, row and column; with the defaults
/// 800 of 28x28 pixels. The cost of an image is `n_orientations * height * width` times the
/// spread. An image's features do not depend on the batch or on threads.
///
/// Dalal and Triggs, *Histograms of Oriented Gradients for Human Detection*, CVPR 2005; the
/// square root and the length of one after Arandjelović and Zisserman, *Three Things Everyone
/// Should Know to Improve Object Retrieval*, CVPR 2012.
///
/// ```
/// use ndarray::{Array4, Axis};
/// use novelty_core::{Embed, ImageShape};
/// use novelty_scoring::OrientationHistograms;
///
/// // A vertical bar, the same one pixel further, and a horizontal one.
/// let bars = Array4::from_shape_fn((3, 1, 28, 28), |(n, _, y, x)| {
///     let across = [x, x + 1, y][n];
///     if (12..15).contains(&across) { 1.0 } else { 0.0 }
/// });
/// let features = OrientationHistograms::new(ImageShape::new(1, 28, 28)).embed(bars.view())?;
/// let near = features.row(0).dot(&features.row(1));
/// let far = features.row(0).dot(&features.row(2));
/// assert!(near > 0.9 && far < 0.3, "{near} {far}");
/// # Ok::<(), novelty_core::InputError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OrientationHistograms {
    /// The images described.
    pub image_shape: ImageShape,
    /// Directions told apart, in `1..=64`; 8 by default.
    pub n_orientations: usize,
    /// Standard deviation in pixels of the smoothing before gradients are taken, in `0..=16`;
    /// 0 is none; 0.7 by default.
    pub smoothing: f32,
    /// Standard deviation in pixels of what a vote is spread by, in `0..=64`; 1.5 by default.
    pub spread: f32,
    /// Pixels from one place read off to the next, at least 1; 3 by default. About twice the
    /// spread loses nothing.
    pub stride: usize,
    /// The power that values are taken to, above 0, at most 1; 0.5 by default.
    pub power: f32,
}

impl OrientationHistograms {
    /// The defaults, for images of about 28x28 pixels.
    #[must_use]
    pub fn new(image_shape: ImageShape) -> Self {
        Self { image_shape, n_orientations: 8, smoothing: 0.7, spread: 1.5, stride: 3, power: 0.5 }
    }

    /// Sets the number of directions.
    #[must_use]
    pub fn n_orientations(mut self, n_orientations: usize) -> Self {
        self.n_orientations = n_orientations;
        self
    }

    /// Sets the smoothing of the image.
    #[must_use]
    pub fn smoothing(mut self, pixels: f32) -> Self {
        self.smoothing = pixels;
        self
    }

    /// Sets what votes are spread by.
    #[must_use]
    pub fn spread(mut self, pixels: f32) -> Self {
        self.spread = pixels;
        self
    }

    /// Sets the distance of the places read off.
    #[must_use]
    pub fn stride(mut self, pixels: usize) -> Self {
        self.stride = pixels;
        self
    }

    /// Sets the power that values are taken to.
    #[must_use]
    pub fn power(mut self, power: f32) -> Self {
        self.power = power;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If one is outside its range, or an image has no pixel.
    pub fn validate(&self) -> Result<(), InputError> {
        let ImageShape { channels, height, width } = self.image_shape;
        if channels == 0 || height == 0 || width == 0 {
            return Err(InputError::Empty { place: "image_shape" });
        }
        let check = |name, value: f64, is_in: bool, range| {
            if is_in { Ok(()) } else { Err(InputError::setting(name, value, range)) }
        };
        let (n, stride) = (self.n_orientations, self.stride);
        let is_power = self.power > 0.0 && self.power <= 1.0;
        check("n_orientations", n as f64, (1..=64).contains(&n), "in 1..=64")?;
        let is_smoothing = (0.0..=16.0).contains(&self.smoothing);
        check("smoothing", self.smoothing.into(), is_smoothing, "in 0..=16")?;
        check("spread", self.spread.into(), (0.0..=64.0).contains(&self.spread), "in 0..=64")?;
        check("stride", stride as f64, stride >= 1, "at least 1")?;
        check("power", self.power.into(), is_power, "above 0, at most 1")
    }

    /// Length of an image's vector.
    #[must_use]
    pub fn n_features(&self) -> usize {
        let ImageShape { height, width, .. } = self.image_shape;
        self.n_orientations * self.places(height).count() * self.places(width).count()
    }

    /// What is read off a side: every `stride`-th pixel, with equal margins.
    fn places(&self, side: usize) -> impl Iterator<Item = usize> + Clone {
        let stride = self.stride.max(1);
        (side.saturating_sub(1) % stride / 2..side).step_by(stride)
    }

    fn describe(&self, image: ArrayView3<'_, f32>, kernels: &Kernels, features: &mut [f32]) {
        let ImageShape { height, width, .. } = self.image_shape;
        let planes: Vec<Vec<f32>> = image
            .outer_iter()
            .map(|plane| {
                let plane: Vec<f32> = plane.iter().copied().collect();
                smoothed(&plane, width, &kernels.smoothing)
            })
            .collect();
        let votes = self.votes(&planes);
        let n_places = features.len() / self.n_orientations;
        let columns: Vec<usize> = self.places(width).collect();
        for (votes, features) in
            votes.chunks_exact(height * width).zip(features.chunks_exact_mut(n_places))
        {
            let narrow: Vec<f32> = votes
                .chunks_exact(width)
                .flat_map(|row| columns.iter().map(|&at| weighted(row, at, 1, &kernels.spread)))
                .collect();
            for (row, features) in self.places(height).zip(features.chunks_exact_mut(columns.len()))
            {
                for (column, feature) in features.iter_mut().enumerate() {
                    let along = &narrow[column..];
                    let sum = weighted(along, row, columns.len(), &kernels.spread);
                    *feature = sum.powf(self.power);
                }
            }
        }
        to_length_one(features);
    }

    /// How much each pixel votes for each direction, a plane a direction.
    fn votes(&self, planes: &[Vec<f32>]) -> Vec<f32> {
        let ImageShape { height, width, .. } = self.image_shape;
        let (n, n_pixels) = (self.n_orientations, height * width);
        let mut votes = vec![0.0; n * n_pixels];
        for (pixel, (row, column)) in
            (0..height).flat_map(|row| (0..width).map(move |column| (row, column))).enumerate()
        {
            let (down, across) = longest_gradient(planes, (row, column), (height, width));
            let length = down.hypot(across);
            if length <= 0.0 {
                continue;
            }
            let turn = down.atan2(across) / std::f32::consts::TAU;
            let place = turn.rem_euclid(1.0) * n as f32;
            let (first, share) = (place as usize % n, place.fract());
            votes[first * n_pixels + pixel] += length * (1.0 - share);
            votes[(first + 1) % n * n_pixels + pixel] += length * share;
        }
        votes
    }
}

/// The weights of the two Gaussians, from the middle outwards.
struct Kernels {
    smoothing: Vec<f32>,
    spread: Vec<f32>,
}

/// `exp(-x^2 / 2 s^2)` at `-r..=r` pixels, `r` three deviations, of sum 1; from `x = 0` outwards.
fn gaussian(deviation: f32) -> Vec<f32> {
    let deviation = f64::from(deviation);
    let radius = (3.0 * deviation).round() as usize;
    let at = |x: usize| if x == 0 { 1.0 } else { (-0.5 * (x as f64 / deviation).powi(2)).exp() };
    let sum = 1.0 + 2.0 * (1..=radius).map(at).sum::<f64>();
    (0..=radius).map(|x| (at(x) / sum) as f32).collect()
}

/// Both ways over a plane. Outside of it the nearest pixel counts: an image does not end in an
/// edge.
fn smoothed(plane: &[f32], width: usize, kernel: &[f32]) -> Vec<f32> {
    let height = plane.len() / width;
    let along = |values: &[f32], (at, stride, len): (usize, usize, usize), start: usize| -> f32 {
        let value = |at: usize| values[start + at * stride];
        let beside = kernel.iter().enumerate().skip(1).map(|(by, weight)| {
            weight * (value(at.saturating_sub(by)) + value((at + by).min(len - 1)))
        });
        kernel[0] * value(at) + beside.sum::<f32>()
    };
    let across: Vec<f32> = (0..plane.len())
        .map(|pixel| along(plane, (pixel % width, 1, width), pixel / width * width))
        .collect();
    (0..plane.len())
        .map(|pixel| along(&across, (pixel / width, width, height), pixel % width))
        .collect()
}

/// The weighted sum around a place of every `stride`-th value. Outside there are no votes.
fn weighted(values: &[f32], at: usize, stride: usize, kernel: &[f32]) -> f32 {
    let value = |at: Option<usize>| at.and_then(|at| values.get(at * stride)).copied();
    let beside = kernel.iter().enumerate().skip(1).map(|(by, weight)| {
        let before = value(at.checked_sub(by)).unwrap_or(0.0);
        weight * (before + value(Some(at + by)).unwrap_or(0.0))
    });
    kernel[0] * value(Some(at)).unwrap_or(0.0) + beside.sum::<f32>()
}

/// Half the difference of the neighbours, down and across, of the channel where it is longest.
fn longest_gradient(
    planes: &[Vec<f32>],
    (row, column): (usize, usize),
    (height, width): (usize, usize),
) -> (f32, f32) {
    let (above, below) = (row.saturating_sub(1), (row + 1).min(height - 1));
    let (left, right) = (column.saturating_sub(1), (column + 1).min(width - 1));
    let gradient = |plane: &Vec<f32>| {
        let at = |row: usize, column: usize| plane[row * width + column];
        (0.5 * (at(below, column) - at(above, column)), 0.5 * (at(row, right) - at(row, left)))
    };
    planes.iter().map(gradient).fold((0.0, 0.0), |longest: (f32, f32), next| {
        if next.0.hypot(next.1) > longest.0.hypot(longest.1) { next } else { longest }
    })
}

fn to_length_one(features: &mut [f32]) {
    let length = features.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    if length > 0.0 {
        features.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
}

impl Embed for OrientationHistograms {
    type Error = InputError;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, InputError> {
        self.validate()?;
        ensure_image_shape("images", &images, self.image_shape)?;
        ensure_finite("images", &images)?;
        let kernels =
            Kernels { smoothing: gaussian(self.smoothing), spread: gaussian(self.spread) };
        let n_features = self.n_features();
        let mut features = Array2::zeros((images.len_of(Axis(0)), n_features));
        let rows = features.as_slice_mut().unwrap_or_default();
        rows.par_chunks_mut(n_features).enumerate().for_each(|(index, row)| {
            self.describe(images.index_axis(Axis(0), index), &kernels, row);
        });
        ensure_finite("features", &features)?;
        Ok(features)
    }
}
