use ndarray::{Array1, Array2, Array4, ArrayBase, CowArray, Data, Ix4};
use novelty_core::{Images, InputError, ensure_finite, ensure_same_shape};
use rayon::prelude::*;

use super::pooling::{Pooling, root_sum};
use super::{gradient, multi_scale, pointwise, ssim};
use crate::ScoringError;

/// How far a pixel is from what it should be. All are 0 for equal images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum PixelError {
    /// The square of the difference: few large errors weigh more than many small ones.
    Squared,
    /// The size of the difference: all errors weigh by how large they are.
    Absolute,
    /// Binary cross-entropy, `-(x ln y + (1 - x) ln(1 - y))` for an image `x` and its
    /// reconstruction `y`, both in `[0, 1]`; logarithms are cut at -100, as PyTorch's `BCELoss`
    /// does. What networks with a sigmoid at the end are often trained on. Not 0 for equal
    /// images, unless they are black and white.
    BinaryCrossEntropy,
    /// `1 - SSIM`: what changed in the structure of a pixel's neighbourhood. The window is the
    /// Gaussian of standard deviation 1.5 cut to 11x11 pixels, `K1 = 0.01`, `K2 = 0.03`, and the
    /// data range 1: `structural_similarity` of scikit-image with `gaussian_weights` and without
    /// `use_sample_covariance`. Mean pooling takes, as it does, the pixels whose window lies
    /// inside; a map has all of them, mirrored at the edges. Images have at least 11 rows and
    /// columns. Wang, Bovik, Sheikh and Simoncelli, *Image Quality Assessment: From Error
    /// Visibility to Structural Similarity*, 2004.
    Ssim,
    /// `1 - MS-SSIM`: structure at several scales, each of half the size of the one before. The
    /// exponents are the first `scales` of the paper's five, scaled to sum to 1. Images have at
    /// least `11 * 2^(scales - 1)` rows and columns. The map is the same product for each pixel
    /// instead of the means. Images with no structure in common all score 1. Wang, Simoncelli and Bovik, *Multi-Scale Structural Similarity for
    /// Image Quality Assessment*, 2003.
    MultiScaleSsim {
        /// Scales, in `1..=5`.
        scales: usize,
    },
    /// `1 - GMS`, the dissimilarity of gradient magnitudes: edges that came or went, whatever
    /// the brightness. Prewitt gradients, constant 0.0026, at full size. Xue, Zhang, Mou and
    /// Bovik, *Gradient Magnitude Similarity Deviation*, 2014.
    GradientMagnitude,
}

/// The channels of two batches, one after the other in memory.
struct Planes<'a> {
    x: CowArray<'a, f32, Ix4>,
    y: CowArray<'a, f32, Ix4>,
    n: usize,
    channels: usize,
    height: usize,
    width: usize,
}

impl<'a> Planes<'a> {
    fn new(x: &'a Images<'_>, y: &'a Images<'_>) -> Result<Self, InputError> {
        ensure_same_shape("reconstruction", y, x)?;
        let (n, channels, height, width) = x.dim();
        if n > 0 && channels * height * width == 0 {
            return Err(InputError::Empty { place: "image" });
        }
        let (x, y) = (x.as_standard_layout(), y.as_standard_layout());
        Ok(Self { x, y, n, channels, height, width })
    }

    fn plane_len(&self) -> usize {
        self.height * self.width
    }

    /// `of(x, y)` of each run of `len` values, in order.
    fn map<T: Send>(&self, len: usize, of: impl Fn(&[f32], &[f32]) -> T + Sync) -> Vec<T> {
        if self.n == 0 {
            return Vec::new();
        }
        let (x, y) = (slice(&self.x), slice(&self.y));
        x.par_chunks(len).zip(y.par_chunks(len)).map(|(x, y)| of(x, y)).collect()
    }

    /// A bad pixel makes its image's score bad, so that only bad scores need the images looked
    /// at.
    fn ensure_good<S, D>(&self, scores: &ArrayBase<S, D>) -> Result<(), InputError>
    where
        S: Data<Elem = f32>,
        D: ndarray::Dimension,
    {
        if ensure_finite("scores", scores).is_ok() {
            return Ok(());
        }
        ensure_finite("images", &self.x)?;
        ensure_finite("reconstruction", &self.y)?;
        ensure_finite("scores", scores)
    }
}

fn slice<'a>(images: &'a CowArray<'_, f32, Ix4>) -> &'a [f32] {
    images.as_slice().unwrap_or_default()
}

impl PixelError {
    /// One score an image, `(n)`.
    ///
    /// # Errors
    /// If the shapes differ, an image has no pixel or is too small, a value is not finite or
    /// outside the error's range, or a setting is out of its range.
    pub fn scores(
        self,
        x: Images<'_>,
        y: Images<'_>,
        pooling: Pooling,
    ) -> Result<Array1<f32>, ScoringError> {
        let planes = self.checked(&x, &y, pooling)?;
        let scores = Array1::from(planes.map(planes.channels * planes.plane_len(), |x, y| {
            self.image_score(x, y, &planes, pooling) as f32
        }));
        planes.ensure_good(&scores)?;
        Ok(scores)
    }

    /// One score a channel, `(n, channels)`.
    ///
    /// # Errors
    /// As [`PixelError::scores`].
    pub fn channel_scores(
        self,
        x: Images<'_>,
        y: Images<'_>,
        pooling: Pooling,
    ) -> Result<Array2<f32>, ScoringError> {
        let planes = self.checked(&x, &y, pooling)?;
        let mut scores = Array2::zeros((planes.n, planes.channels));
        let values =
            planes.map(planes.plane_len(), |x, y| self.image_score(x, y, &planes, pooling) as f32);
        scores.iter_mut().zip(values).for_each(|(score, value)| *score = value);
        planes.ensure_good(&scores)?;
        Ok(scores)
    }

    /// One error a pixel of a channel, `(n, channels, height, width)`.
    ///
    /// # Errors
    /// As [`PixelError::scores`].
    pub fn maps(self, x: Images<'_>, y: Images<'_>) -> Result<Array4<f32>, ScoringError> {
        let planes = self.checked(&x, &y, Pooling::Mean)?;
        let mut maps = Array4::zeros(x.dim());
        if let Some(out) = maps.as_slice_mut().filter(|out| !out.is_empty()) {
            let len = planes.plane_len();
            let pairs = slice(&planes.x).par_chunks(len).zip(slice(&planes.y).par_chunks(len));
            out.par_chunks_mut(len)
                .zip(pairs)
                .for_each(|(out, (x, y))| self.plane_map(x, y, planes.width, out));
        }
        planes.ensure_good(&maps)?;
        Ok(maps)
    }

    fn checked<'a>(
        self,
        x: &'a Images<'_>,
        y: &'a Images<'_>,
        pooling: Pooling,
    ) -> Result<Planes<'a>, ScoringError> {
        pooling.validate()?;
        let planes = Planes::new(x, y)?;
        let is_sum = matches!(pooling, Pooling::Mean | Pooling::RootSum);
        if !(is_sum && matches!(self, Self::Squared | Self::Absolute)) {
            // A sum shows a bad pixel; a maximum or a neighbourhood may hide it.
            ensure_finite("images", &planes.x)?;
            ensure_finite("reconstruction", &planes.y)?;
        }
        match self {
            Self::BinaryCrossEntropy => {
                ensure_unit("images", slice(&planes.x))?;
                ensure_unit("reconstruction", slice(&planes.y))?;
            }
            Self::Ssim => ensure_side(&planes, ssim::WINDOW, "SSIM")?,
            Self::MultiScaleSsim { scales } => {
                if !(1..=multi_scale::MAX_SCALES).contains(&scales) {
                    return Err(InputError::setting("scales", scales, "in 1..=5").into());
                }
                ensure_side(&planes, ssim::WINDOW << (scales - 1), "MS-SSIM of this many scales")?;
            }
            Self::Squared | Self::Absolute | Self::GradientMagnitude => {}
        }
        Ok(planes)
    }

    /// The score of one image or channel, given as its channels one after the other.
    fn image_score(self, x: &[f32], y: &[f32], planes: &Planes<'_>, pooling: Pooling) -> f64 {
        match pooling {
            Pooling::Mean => return self.mean(x, y, planes),
            Pooling::RootSum => return root_sum(self.mean(x, y, planes), x.len()),
            Pooling::Max | Pooling::TopMean { .. } => {}
        }
        let len = planes.plane_len();
        let channels = x.len() / len;
        let (mut map, mut plane) = (vec![0.0_f32; len], vec![0.0_f32; len]);
        for (x, y) in x.chunks_exact(len).zip(y.chunks_exact(len)) {
            self.plane_map(x, y, planes.width, &mut plane);
            map.iter_mut().zip(&plane).for_each(|(sum, value)| *sum += value / channels as f32);
        }
        pooling.of_map(&mut map, channels)
    }

    fn mean(self, x: &[f32], y: &[f32], planes: &Planes<'_>) -> f64 {
        let len = x.len() as f64;
        match self {
            Self::Squared => pointwise::sum_squared(x, y) / len,
            Self::Absolute => pointwise::sum_absolute(x, y) / len,
            Self::BinaryCrossEntropy => pointwise::sum_cross_entropy(x, y) / len,
            _ => {
                let plane = planes.plane_len();
                let channels = (x.len() / plane) as f64;
                let pairs = x.chunks_exact(plane).zip(y.chunks_exact(plane));
                pairs.map(|(x, y)| self.plane_mean(x, y, planes)).sum::<f64>() / channels
            }
        }
    }

    /// The mean of the errors that look at a neighbourhood.
    fn plane_mean(self, x: &[f32], y: &[f32], planes: &Planes<'_>) -> f64 {
        let (height, width) = (planes.height, planes.width);
        match self {
            Self::Ssim => {
                let deficits = ssim::deficits(x, y, width);
                ssim::mean_inside(height, width, |i| deficits.at(i))
            }
            Self::MultiScaleSsim { scales } => multi_scale::mean(x, y, width, scales),
            _ => {
                let mut map = vec![0.0; x.len()];
                self.plane_map(x, y, width, &mut map);
                map.iter().map(|&error| f64::from(error)).sum::<f64>() / map.len() as f64
            }
        }
    }

    fn plane_map(self, x: &[f32], y: &[f32], width: usize, out: &mut [f32]) {
        match self {
            Self::Squared => pointwise::map_squared(x, y, out),
            Self::Absolute => pointwise::map_absolute(x, y, out),
            Self::BinaryCrossEntropy => pointwise::map_cross_entropy(x, y, out),
            Self::Ssim => {
                let deficits = ssim::deficits(x, y, width);
                out.iter_mut().enumerate().for_each(|(i, out)| *out = deficits.at(i));
            }
            Self::MultiScaleSsim { scales } => multi_scale::map(x, y, width, scales, out),
            Self::GradientMagnitude => gradient::map(x, y, width, out),
        }
    }
}

fn ensure_unit(place: &'static str, values: &[f32]) -> Result<(), ScoringError> {
    match values.iter().enumerate().find(|(_, value)| !(0.0..=1.0).contains(*value)) {
        None => Ok(()),
        Some((index, &value)) => {
            Err(ScoringError::OutOfRange { place, index, value, range: "in 0..=1" })
        }
    }
}

fn ensure_side(planes: &Planes<'_>, needed: usize, what: &'static str) -> Result<(), ScoringError> {
    let (height, width) = (planes.height, planes.width);
    if height.min(width) < needed {
        return Err(ScoringError::ImageTooSmall { height, width, what, needed });
    }
    Ok(())
}

/// The mean squared difference of each pair of images, `mean((x - y)^2)`.
///
/// # Errors
/// If the shapes differ, an image has no pixel, or a value is not finite.
pub fn mean_squared_error(x: Images<'_>, y: Images<'_>) -> Result<Array1<f32>, InputError> {
    mean_of(x, y, pointwise::sum_squared)
}

/// The mean absolute difference of each pair of images, `mean(|x - y|)`.
///
/// # Errors
/// As [`mean_squared_error`].
pub fn mean_absolute_error(x: Images<'_>, y: Images<'_>) -> Result<Array1<f32>, InputError> {
    mean_of(x, y, pointwise::sum_absolute)
}

fn mean_of(
    x: Images<'_>,
    y: Images<'_>,
    sum: fn(&[f32], &[f32]) -> f64,
) -> Result<Array1<f32>, InputError> {
    let planes = Planes::new(&x, &y)?;
    let len = planes.channels * planes.plane_len();
    let scores = Array1::from(planes.map(len, |x, y| (sum(x, y) / len as f64) as f32));
    planes.ensure_good(&scores)?;
    Ok(scores)
}
