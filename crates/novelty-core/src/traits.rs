use std::error::Error;
use std::sync::Arc;

use ndarray::{Array1, Array2, Array3, Array4, ArrayView2, ArrayView4};

use crate::{DriftReport, ImageShape, Sample, Threshold};

/// A batch of images: `(n, channels, height, width)`, values in `[0, 1]`.
pub type Images<'a> = ArrayView4<'a, f32>;

/// A batch of feature vectors: `(n_samples, n_features)`.
pub type Features<'a> = ArrayView2<'a, f32>;

/// A configuration that learns from data.
///
/// `Self` holds the settings, [`Fitted`](Fit::Fitted) what was learned. Implementations check
/// their settings first and draw every random number from the seed among them.
pub trait Fit<X> {
    /// What fitting produces: a model that can score, embed, reconstruct or assign.
    type Fitted;
    /// Why fitting can fail.
    type Error: Error + Send + Sync + 'static;

    /// Learns from `x`.
    ///
    /// # Errors
    /// If a setting is out of range, or `x` is empty, of the wrong shape or not finite.
    fn fit(&self, x: X) -> Result<Self::Fitted, Self::Error>;
}

/// Something that says how anomalous each sample is.
///
/// The contract, checked by `check_scorer` (feature `testkit`): one finite score a sample, in
/// input order, higher = more anomalous; the same input gives the same bits; a sample's score
/// does not depend on the batch it came in; bad input is an error, never a panic.
pub trait Score<X> {
    /// Why scoring can fail.
    type Error: Error + Send + Sync + 'static;

    /// Scores every sample of `x`; the result has one entry a sample.
    ///
    /// # Errors
    /// If `x` does not have the shape the scorer was fitted for, or is not finite.
    fn score(&self, x: X) -> Result<Array1<f32>, Self::Error>;
}

/// A scorer that can also say where: one score a pixel.
pub trait ScoreMap<X>: Score<X> {
    /// Scores every pixel; `(n, height, width)`, higher = more anomalous.
    ///
    /// # Errors
    /// As [`Score::score`].
    fn score_map(&self, x: X) -> Result<Array3<f32>, Self::Error>;
}

/// A model that redraws an image from what it knows.
///
/// Trained on normal images only, it redraws anomalous ones badly; the difference is the score.
pub trait Reconstruct {
    /// Why reconstruction can fail.
    type Error: Error + Send + Sync + 'static;

    /// Redraws `x`; the result has the shape of `x`.
    ///
    /// # Errors
    /// If `x` does not have the shape the model was made for, or is not finite.
    fn reconstruct(&self, x: Images<'_>) -> Result<Array4<f32>, Self::Error>;
}

/// A model that describes an image by a vector.
pub trait Embed {
    /// Why embedding can fail.
    type Error: Error + Send + Sync + 'static;

    /// Embeds `x`; `(n, n_features)`.
    ///
    /// # Errors
    /// If `x` does not have the shape the model was made for, or is not finite.
    fn embed(&self, x: Images<'_>) -> Result<Array2<f32>, Self::Error>;
}

/// A clustering that puts samples into clusters.
pub trait Assign<X> {
    /// Why assignment can fail.
    type Error: Error + Send + Sync + 'static;

    /// The cluster of every sample, counted from 0; `None` for noise.
    ///
    /// # Errors
    /// If `x` has another number of features than the clustering, or is not finite.
    fn assign(&self, x: X) -> Result<Vec<Option<usize>>, Self::Error>;
}

/// A test of whether a window of samples comes from the reference population.
pub trait DetectDrift<X> {
    /// Why the test can fail.
    type Error: Error + Send + Sync + 'static;

    /// Compares `window` with the reference the detector holds.
    ///
    /// # Errors
    /// If `window` is empty, of the wrong shape or not finite.
    fn detect(&self, window: X) -> Result<DriftReport, Self::Error>;
}

/// A rule that says where anomalous begins.
pub trait SelectThreshold {
    /// Why no threshold can be chosen.
    type Error: Error + Send + Sync + 'static;

    /// Chooses a threshold from reference `scores`, and from `labels` (true = anomalous) where
    /// the rule needs them. Never give it the scores that it is to judge afterwards: a
    /// threshold chosen on test data makes any detector look better than it is.
    ///
    /// # Errors
    /// If `scores` is empty or not finite, or `labels` is missing or of another length.
    fn select(&self, scores: &[f32], labels: Option<&[bool]>) -> Result<Threshold, Self::Error>;
}

/// A source of images of one shape, read one at a time.
pub trait Dataset {
    /// Why a sample cannot be read.
    type Error: Error + Send + Sync + 'static;

    /// The number of samples.
    fn len(&self) -> usize;

    /// Whether there is no sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape every image has.
    fn image_shape(&self) -> ImageShape;

    /// Reads sample `index`.
    ///
    /// # Errors
    /// If `index >= len()`, or the sample cannot be read.
    fn get(&self, index: usize) -> Result<Sample, Self::Error>;
}

impl<X, S: Score<X> + ?Sized> Score<X> for &S {
    type Error = S::Error;

    fn score(&self, x: X) -> Result<Array1<f32>, Self::Error> {
        (**self).score(x)
    }
}

impl<R: Reconstruct + ?Sized> Reconstruct for &R {
    type Error = R::Error;

    fn reconstruct(&self, x: Images<'_>) -> Result<Array4<f32>, Self::Error> {
        (**self).reconstruct(x)
    }
}

impl<E: Embed + ?Sized> Embed for &E {
    type Error = E::Error;

    fn embed(&self, x: Images<'_>) -> Result<Array2<f32>, Self::Error> {
        (**self).embed(x)
    }
}

impl<D: Dataset + ?Sized> Dataset for Arc<D> {
    type Error = D::Error;

    fn len(&self) -> usize {
        (**self).len()
    }

    fn image_shape(&self) -> ImageShape {
        (**self).image_shape()
    }

    fn get(&self, index: usize) -> Result<Sample, Self::Error> {
        (**self).get(index)
    }
}

impl<D: Dataset + ?Sized> Dataset for &D {
    type Error = D::Error;

    fn len(&self) -> usize {
        (**self).len()
    }

    fn image_shape(&self) -> ImageShape {
        (**self).image_shape()
    }

    fn get(&self, index: usize) -> Result<Sample, Self::Error> {
        (**self).get(index)
    }
}
