//! Scores from how badly a model redraws an image.

mod gradient;
mod multi_scale;
mod pixel_error;
mod pointwise;
mod pooling;
mod ssim;

use ndarray::{Array1, Array2, Array3, Array4, Axis};
use novelty_core::{Images, Reconstruct, Score, ScoreMap};

use crate::ScoringError;

pub use pixel_error::{PixelError, mean_absolute_error, mean_squared_error};
pub use pooling::Pooling;

/// Scores an image by how badly a model redraws it.
///
/// Every pixel of every channel gets a [`PixelError`] between the image and what the model made
/// of it; a map is their mean over the channels, and [`Pooling`] makes one score of the map. The
/// default, the mean, of squared errors in images of `[0, 1]` lies in `0..=1`. It works with any
/// [`Reconstruct`], owned or borrowed.
///
/// Japkowicz, Myers and Gluck, *A Novelty Detection Approach to Classification*, IJCAI 1995.
///
/// ```
/// use novelty_scoring::{PixelError, Pooling, ReconstructionError};
/// # use ndarray::Array4;
/// # use novelty_core::{Images, InputError, Reconstruct, Score};
/// # struct Black;
/// # impl Reconstruct for Black {
/// #     type Error = InputError;
/// #     fn reconstruct(&self, x: Images<'_>) -> Result<Array4<f32>, InputError> {
/// #         Ok(Array4::zeros(x.dim()))
/// #     }
/// # }
/// let mut image = Array4::zeros((1, 1, 2, 2));
/// image[[0, 0, 0, 1]] = 0.5;
///
/// assert_eq!(ReconstructionError::mse(Black).score(image.view())?[0], 0.0625);
/// assert_eq!(ReconstructionError::euclidean(Black).score(image.view())?[0], 0.5);
/// let worst = ReconstructionError::new(Black, PixelError::Absolute).pooling(Pooling::Max);
/// assert_eq!(worst.score(image.view())?[0], 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReconstructionError<M> {
    model: M,
    error: PixelError,
    pooling: Pooling,
}

impl<M: Reconstruct> ReconstructionError<M> {
    /// The mean of an error of `model`.
    pub fn new(model: M, error: PixelError) -> Self {
        Self { model, error, pooling: Pooling::Mean }
    }

    /// The mean squared error of `model`, `mean((x - model(x))^2)`.
    pub fn mse(model: M) -> Self {
        Self::new(model, PixelError::Squared)
    }

    /// The mean absolute error of `model`, `mean(|x - model(x)|)`.
    pub fn mae(model: M) -> Self {
        Self::new(model, PixelError::Absolute)
    }

    /// The root of the summed squared error of `model`, `sqrt(sum((x - model(x))^2))`.
    pub fn euclidean(model: M) -> Self {
        Self::new(model, PixelError::Squared).pooling(Pooling::RootSum)
    }

    /// Pools the errors of the pixels in another way.
    #[must_use]
    pub fn pooling(mut self, pooling: Pooling) -> Self {
        self.pooling = pooling;
        self
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// One score a channel, `(n, channels)`: each channel pooled by itself.
    ///
    /// # Errors
    /// As [`Score::score`].
    pub fn channel_scores(
        &self,
        images: Images<'_>,
    ) -> Result<Array2<f32>, ScoringError<M::Error>> {
        let redrawn = self.redraw(images)?;
        let scores = self.error.channel_scores(images, redrawn.view(), self.pooling);
        scores.map_err(ScoringError::with_model)
    }

    fn redraw(&self, images: Images<'_>) -> Result<Array4<f32>, ScoringError<M::Error>> {
        self.model.reconstruct(images).map_err(ScoringError::Model)
    }
}

impl<M: Reconstruct> Score<Images<'_>> for ReconstructionError<M> {
    type Error = ScoringError<M::Error>;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, Self::Error> {
        let redrawn = self.redraw(images)?;
        let scores = self.error.scores(images, redrawn.view(), self.pooling);
        scores.map_err(ScoringError::with_model)
    }
}

impl<M: Reconstruct> ScoreMap<Images<'_>> for ReconstructionError<M> {
    /// The mean of the errors over the channels.
    fn score_map(&self, images: Images<'_>) -> Result<Array3<f32>, Self::Error> {
        let redrawn = self.redraw(images)?;
        let maps = self.error.maps(images, redrawn.view()).map_err(ScoringError::with_model)?;
        let (n, _, height, width) = maps.dim();
        Ok(maps.mean_axis(Axis(1)).unwrap_or_else(|| Array3::zeros((n, height, width))))
    }
}
