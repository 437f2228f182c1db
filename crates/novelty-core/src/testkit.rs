use std::collections::HashSet;
use std::error::Error;

use ndarray::{Array, Array1, ArrayView, Axis, Dimension, RemoveAxis, Slice};
use thiserror::Error;

use crate::Score;

/// The share of distinct inputs that must get distinct scores.
const MIN_SPREAD: f64 = 0.9;

/// How far a sample's score may move with the batch it comes in, relative to the largest score:
/// matrix products are summed in an order that depends on their size.
const BATCH_TOLERANCE: f64 = 1e-4;

/// What a scorer does that a scorer must not do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckFailure {
    /// The inputs given to the check are too few.
    #[error("the check needs at least 8 distinct samples, got {0}")]
    TooFewSamples(usize),
    /// The scorer failed on good input.
    #[error("scoring {n_samples} samples failed: {message}")]
    Failed {
        /// Samples in the batch.
        n_samples: usize,
        /// The scorer's error.
        message: String,
    },
    /// Not one score a sample.
    #[error("{got} scores for {expected} samples")]
    Count {
        /// Samples.
        expected: usize,
        /// Scores.
        got: usize,
    },
    /// A score is NaN or infinite.
    #[error("sample {index} scores {value}")]
    NotFinite {
        /// The sample.
        index: usize,
        /// Its score.
        value: f32,
    },
    /// The same batch got other scores the second time.
    #[error("sample {index} scored {first}, then {second}: not deterministic")]
    NotDeterministic {
        /// The sample.
        index: usize,
        /// The first score.
        first: f32,
        /// The second score.
        second: f32,
    },
    /// A sample's score depends on the batch it is in, or on its place there.
    #[error("sample {index} scores {in_batch} in its batch and {alone} {context}")]
    BatchDependent {
        /// The sample.
        index: usize,
        /// Its score in the full batch.
        in_batch: f32,
        /// Its score in the other batch.
        alone: f32,
        /// The other batch.
        context: &'static str,
    },
    /// The scores hardly differ: a collapsed model.
    #[error("{distinct} distinct scores for {inputs} distinct samples: the scorer has collapsed")]
    Collapsed {
        /// Distinct scores.
        distinct: usize,
        /// Distinct inputs.
        inputs: usize,
    },
    /// Bad input was scored as if nothing were wrong.
    #[error("{0} was accepted; it must be an error")]
    AcceptedBadInput(&'static str),
}

/// Checks the contract of [`Score`] on real inputs, at least eight distinct samples along the
/// first axis (16 or more are better; all of them are scored several times).
///
/// Checked: one finite score a sample; bit-equal scores when repeated; the same score (to 1e-4
/// of the largest) alone, in another batch and in reverse order; more than 90 % distinct scores
/// on distinct inputs; an error, not a panic, for a NaN, for an infinity, and for samples that
/// are one value too wide; no panic on an empty batch.
///
/// # Errors
/// The first broken clause, as a [`CheckFailure`].
pub fn check_scorer<S, D, E>(scorer: &S, inputs: ArrayView<'_, f32, D>) -> Result<(), CheckFailure>
where
    S: for<'a> Score<ArrayView<'a, f32, D>, Error = E> + ?Sized,
    D: Dimension + RemoveAxis,
    E: Error + Send + Sync + 'static,
{
    let n_inputs = count_distinct(inputs.axis_iter(Axis(0)).map(|x| bits(x.iter())));
    if n_inputs < 8 {
        return Err(CheckFailure::TooFewSamples(n_inputs));
    }
    let scores = checked_scores(scorer, inputs.view())?;
    check_deterministic(scorer, &inputs, &scores)?;
    check_batches(scorer, &inputs, &scores)?;
    let distinct = count_distinct(scores.iter().map(|x| x.to_bits()));
    if distinct as f64 <= MIN_SPREAD * n_inputs as f64 {
        return Err(CheckFailure::Collapsed { distinct, inputs: n_inputs });
    }
    check_bad_input(scorer, &inputs)
}

fn bits<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<u32> {
    values.map(|x| x.to_bits()).collect()
}

fn count_distinct<T: Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> usize {
    values.collect::<HashSet<_>>().len()
}

fn checked_scores<S, D, E>(
    scorer: &S,
    inputs: ArrayView<'_, f32, D>,
) -> Result<Array1<f32>, CheckFailure>
where
    S: for<'a> Score<ArrayView<'a, f32, D>, Error = E> + ?Sized,
    D: Dimension + RemoveAxis,
    E: Error + Send + Sync + 'static,
{
    let n_samples = inputs.len_of(Axis(0));
    let scores = scorer
        .score(inputs)
        .map_err(|error| CheckFailure::Failed { n_samples, message: error.to_string() })?;
    if scores.len() != n_samples {
        return Err(CheckFailure::Count { expected: n_samples, got: scores.len() });
    }
    match scores.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, &value)) => Err(CheckFailure::NotFinite { index, value }),
        None => Ok(scores),
    }
}

fn check_deterministic<S, D, E>(
    scorer: &S,
    inputs: &ArrayView<'_, f32, D>,
    scores: &Array1<f32>,
) -> Result<(), CheckFailure>
where
    S: for<'a> Score<ArrayView<'a, f32, D>, Error = E> + ?Sized,
    D: Dimension + RemoveAxis,
    E: Error + Send + Sync + 'static,
{
    let again = checked_scores(scorer, inputs.view())?;
    let moved = (0..scores.len()).find(|&i| scores[i].to_bits() != again[i].to_bits());
    match moved {
        None => Ok(()),
        Some(index) => Err(CheckFailure::NotDeterministic {
            index,
            first: scores[index],
            second: again[index],
        }),
    }
}

fn check_batches<S, D, E>(
    scorer: &S,
    inputs: &ArrayView<'_, f32, D>,
    scores: &Array1<f32>,
) -> Result<(), CheckFailure>
where
    S: for<'a> Score<ArrayView<'a, f32, D>, Error = E> + ?Sized,
    D: Dimension + RemoveAxis,
    E: Error + Send + Sync + 'static,
{
    let largest = scores.iter().fold(0.0_f64, |m, &x| m.max(f64::from(x).abs()));
    let compare = |index: usize, alone: f32, context| {
        let in_batch = scores[index];
        if (f64::from(in_batch) - f64::from(alone)).abs() <= BATCH_TOLERANCE * largest {
            return Ok(());
        }
        Err(CheckFailure::BatchDependent { index, in_batch, alone, context })
    };
    let n = scores.len();
    for index in 0..n {
        let one = inputs.slice_axis(Axis(0), Slice::from(index..index + 1));
        compare(index, checked_scores(scorer, one)?[0], "alone")?;
    }
    let mut reversed = inputs.view();
    reversed.invert_axis(Axis(0));
    let backwards = checked_scores(scorer, reversed)?;
    (0..n).try_for_each(|i| compare(i, backwards[n - 1 - i], "in reverse order"))
}

fn check_bad_input<S, D, E>(scorer: &S, inputs: &ArrayView<'_, f32, D>) -> Result<(), CheckFailure>
where
    S: for<'a> Score<ArrayView<'a, f32, D>, Error = E> + ?Sized,
    D: Dimension + RemoveAxis,
    E: Error + Send + Sync + 'static,
{
    for (value, name) in [(f32::NAN, "a NaN"), (f32::INFINITY, "an infinity")] {
        let mut bad = inputs.to_owned();
        if let Some(last) = bad.iter_mut().last() {
            *last = value;
        }
        refused(scorer.score(bad.view()).is_err(), name)?;
    }
    let mut dim = inputs.raw_dim();
    let last_axis = dim.ndim() - 1;
    dim[last_axis] += 1;
    refused(scorer.score(Array::zeros(dim).view()).is_err(), "a sample one value too wide")?;
    let none = inputs.slice_axis(Axis(0), Slice::from(0..0));
    let counts_none = scorer.score(none).map_or(true, |scores| scores.is_empty());
    refused(counts_none, "a score for an empty batch")
}

fn refused(is_refused: bool, what: &'static str) -> Result<(), CheckFailure> {
    if is_refused { Ok(()) } else { Err(CheckFailure::AcceptedBadInput(what)) }
}
