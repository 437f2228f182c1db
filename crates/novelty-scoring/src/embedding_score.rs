use ndarray::Array1;
use novelty_core::{Embed, Features, Images, Score};

use crate::ScoringError;

/// Scores images by a scorer of features on what a model makes of them.
///
/// ```
/// use ndarray::{Array2, Array4, Axis, array};
/// use novelty_core::{Embed, Images, InputError, Score};
/// use novelty_scoring::{EmbeddingScore, Hypersphere};
///
/// struct Brightness;
///
/// impl Embed for Brightness {
///     type Error = InputError;
///
///     fn embed(&self, x: Images<'_>) -> Result<Array2<f32>, InputError> {
///         Ok(Array2::from_shape_fn((x.len_of(Axis(0)), 1), |(i, _)| x.index_axis(Axis(0), i).mean().unwrap_or(0.0)))
///     }
/// }
///
/// let scorer = EmbeddingScore { model: Brightness, scorer: Hypersphere::new(array![0.5].view(), 0.0)? };
/// assert_eq!(scorer.score(Array4::ones((1, 1, 2, 2)).view())?[0], 0.25);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EmbeddingScore<M, S> {
    /// Makes features of images.
    pub model: M,
    /// Scores the features; fitted to the embeddings of reference images.
    pub scorer: S,
}

impl<M, S> Score<Images<'_>> for EmbeddingScore<M, S>
where
    M: Embed,
    S: for<'a> Score<Features<'a>>,
{
    type Error = ScoringError<M::Error>;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, Self::Error> {
        let features = self.model.embed(images).map_err(ScoringError::Model)?;
        self.scorer.score(features.view()).map_err(|error| ScoringError::Scorer(Box::new(error)))
    }
}
