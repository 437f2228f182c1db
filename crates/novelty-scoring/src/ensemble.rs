use std::error::Error;
use std::fmt;

use ndarray::{Array1, ArrayView, Dimension};
use novelty_core::{Fit, InputError, Score};

use crate::normalise::{Normalisation, ScoreNormaliser};
use crate::{ScoringError, threshold::ensure_scores};

/// How the scores of several scorers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Combination {
    /// Their weighted mean: what all see a little of.
    #[default]
    Mean,
    /// The largest: what one of them sees.
    Max,
}

impl Combination {
    /// Combines scores, one list a scorer, by weights that are at least 0 and not all 0. The
    /// maximum is of the scores of those with a weight.
    ///
    /// The scores should have one scale; see [`Normalisation`].
    ///
    /// # Errors
    /// If there is no list, the lists or the weights differ in number, a score is not finite,
    /// or a weight is out of its range.
    pub fn combine(self, scores: &[&[f32]], weights: &[f64]) -> Result<Vec<f32>, InputError> {
        let n = check_lists(scores)?;
        check_weights(weights, scores.len())?;
        let total: f64 = weights.iter().sum();
        let members = || scores.iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
        let combined = |i: usize| match self {
            Self::Mean => {
                members().map(|(scores, weight)| weight * f64::from(scores[i])).sum::<f64>() / total
            }
            Self::Max => {
                members().map(|(scores, _)| f64::from(scores[i])).fold(f64::NEG_INFINITY, f64::max)
            }
        };
        Ok((0..n).map(|i| combined(i) as f32).collect())
    }
}

/// The mean rank of each sample among the samples given, scaled to `0..=1`; equal scores share
/// their mean rank. It needs no reference, but a sample's value depends on the others: for a
/// ranking of one finished list. [`Ensemble`] with [`Normalisation::EmpiricalCdf`] is the same
/// against a reference.
///
/// # Errors
/// If there is no list, the lists differ in length, or a score is not finite.
pub fn mean_rank(scores: &[&[f32]]) -> Result<Vec<f32>, InputError> {
    let n = check_lists(scores)?;
    let mut sums = vec![0.0_f64; n];
    for scores in scores {
        add_ranks(scores, &mut sums);
    }
    let scale = (scores.len() * n.saturating_sub(1).max(1)) as f64;
    Ok(sums.into_iter().map(|sum| (sum / scale) as f32).collect())
}

/// Adds each sample's rank from 0.
fn add_ranks(scores: &[f32], sums: &mut [f64]) {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut first = 0;
    for equal in order.chunk_by(|&a, &b| scores[a] >= scores[b]) {
        let rank = first as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&i| sums[i] += rank);
        first += equal.len();
    }
}

fn check_lists(scores: &[&[f32]]) -> Result<usize, InputError> {
    let Some(first) = scores.first() else {
        return Err(InputError::Empty { place: "list of scorers" });
    };
    for scores in scores {
        if scores.len() != first.len() {
            return Err(InputError::Length {
                left: "the first scorer",
                left_len: first.len(),
                right: "another",
                right_len: scores.len(),
            });
        }
        if !scores.is_empty() {
            ensure_scores("scores", scores)?;
        }
    }
    Ok(first.len())
}

fn check_weights(weights: &[f64], n: usize) -> Result<(), InputError> {
    if weights.len() != n {
        return Err(InputError::Length {
            left: "weights",
            left_len: weights.len(),
            right: "scorers",
            right_len: n,
        });
    }
    let bad = weights.iter().find(|weight| !(0.0..f64::INFINITY).contains(*weight));
    if let Some(weight) = bad {
        return Err(InputError::setting("weight", weight, "finite and at least 0"));
    }
    if weights.iter().all(|&weight| weight <= 0.0) {
        return Err(InputError::setting("weights", 0, "not all 0"));
    }
    Ok(())
}

type BoxedError = Box<dyn Error + Send + Sync>;

/// A scorer whose kind is forgotten.
trait Member<D: Dimension>: Send + Sync {
    fn scores(&self, x: ArrayView<'_, f32, D>) -> Result<Array1<f32>, BoxedError>;
}

impl<D, S> Member<D> for S
where
    D: Dimension,
    S: for<'a> Score<ArrayView<'a, f32, D>> + Send + Sync,
{
    fn scores(&self, x: ArrayView<'_, f32, D>) -> Result<Array1<f32>, BoxedError> {
        self.score(x).map_err(|error| Box::new(error) as BoxedError)
    }
}

struct Weighted<D: Dimension> {
    scorer: Box<dyn Member<D>>,
    normaliser: ScoreNormaliser,
    weight: f64,
}

/// Several scorers of the same images (`D` = `Ix4`) or features (`Ix2`) as one.
///
/// Each is put on the scale of its own scores of reference samples first.
///
/// ```
/// use ndarray::{Array2, Ix2, array};
/// use novelty_core::{Fit, Score};
/// use novelty_scoring::{
///     Combination, Ensemble, HypersphereConfig, KNearestNeighborsConfig, Normalisation,
/// };
///
/// let reference = Array2::from_shape_fn((20, 2), |(i, j)| ((i * (7 + 5 * j)) % 23) as f32);
/// let neighbors = KNearestNeighborsConfig::new(3).fit(reference.view())?;
/// let sphere = HypersphereConfig::new().fit(reference.view())?;
/// let sphere_scores = sphere.score(reference.view())?.to_vec();
/// let neighbor_scores = neighbors.reference_scores()?.to_vec();
/// let ensemble = Ensemble::<Ix2>::new(Normalisation::MinMax, Combination::Mean)
///     .with(sphere, &sphere_scores, 1.0)?
///     .with(neighbors, &neighbor_scores, 2.0)?;
/// let scores = ensemble.score(array![[14.0, 1.0], [400.0, 0.0]].view())?;
/// assert!(scores[0] < 1.0 && scores[1] > 10.0, "{scores}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Ensemble<D: Dimension> {
    normalisation: Normalisation,
    combination: Combination,
    members: Vec<Weighted<D>>,
}

impl<D: Dimension> fmt::Debug for Ensemble<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ensemble")
            .field("normalisation", &self.normalisation)
            .field("combination", &self.combination)
            .field("n_members", &self.members.len())
            .finish()
    }
}

impl<D: Dimension> Ensemble<D> {
    /// An ensemble without members.
    #[must_use]
    pub fn new(normalisation: Normalisation, combination: Combination) -> Self {
        Self { normalisation, combination, members: Vec::new() }
    }

    /// Adds a scorer, with its scores of reference samples and its weight.
    ///
    /// # Errors
    /// If the reference scores cannot be normalised, or the weight is negative or not finite.
    pub fn with<S>(
        mut self,
        scorer: S,
        reference_scores: &[f32],
        weight: f64,
    ) -> Result<Self, ScoringError>
    where
        S: for<'a> Score<ArrayView<'a, f32, D>> + Send + Sync + 'static,
    {
        if !(0.0..f64::INFINITY).contains(&weight) {
            return Err(InputError::setting("weight", weight, "finite and at least 0").into());
        }
        let normaliser = self.normalisation.fit(reference_scores)?;
        self.members.push(Weighted { scorer: Box::new(scorer), normaliser, weight });
        Ok(self)
    }
}

impl<D: Dimension> Score<ArrayView<'_, f32, D>> for Ensemble<D> {
    type Error = ScoringError;

    fn score(&self, x: ArrayView<'_, f32, D>) -> Result<Array1<f32>, ScoringError> {
        let mut scores = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let raw = member.scorer.scores(x.view()).map_err(ScoringError::Scorer)?;
            scores.push(member.normaliser.normalise(&raw.to_vec())?);
        }
        let lists: Vec<&[f32]> = scores.iter().map(Vec::as_slice).collect();
        let weights: Vec<f64> = self.members.iter().map(|member| member.weight).collect();
        Ok(self.combination.combine(&lists, &weights)?.into())
    }
}
