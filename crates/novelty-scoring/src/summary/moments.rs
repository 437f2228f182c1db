use ndarray::{Array1, Array2};
use novelty_core::{Features, InputError};
use pulp::Arch;
use rayon::prelude::*;

use crate::ScoringError;
use crate::features::Rows;
#[cfg(feature = "serde")]
use crate::saved::ensure_saved;

/// Features are at most this large, so that a product is at most 2^32.
const LIMIT: f32 = 65_536.0;
/// Adding and subtracting it rounds a product to a multiple of 2^-9.
const COARSE: f64 = 1.5 * (1_u64 << 43) as f64;
/// Adding and subtracting it rounds the rest, at most 2^-10, to a multiple of [`GRID`].
const FINE: f64 = 1.5;
const GRID_BITS: u32 = 52;
/// 2^-52, of which all sums are integers.
const GRID: f64 = f64::EPSILON;
/// Rows of which `f64` holds the two sums exactly: 2^10 of at most 2^32 in units of 2^-9, and of
/// at most 2^-10 in units of 2^-52.
const BLOCK: usize = 1024;
/// Samples of which 128 bits hold the sums: 2^43 of at most 2^32 in units of 2^-52.
const MAX_SAMPLES: u64 = 1 << 43;

/// Mean and covariance of embeddings that come in pieces, on any number of machines.
///
/// Each product of two features is rounded to a multiple of 2^-52 once, by itself; from there
/// on sums are sums of integers. So pieces may come in any order and be merged in any way, and
/// the state is the same, bit by bit. The rounding moves a mean or a mean product by at most
/// 2^-53, about 1.1e-16. It takes `8 (d + 1)(d + 2)` bytes.
///
/// Rounding to one grid beforehand is after Demmel and Nguyen, *Parallel Reproducible
/// Summation*, 2015.
///
/// ```
/// use ndarray::array;
/// use novelty_scoring::EmbeddingMoments;
///
/// let mut here = EmbeddingMoments::new(2)?;
/// here.update(array![[1.0, 2.0], [3.0, 2.0]].view())?;
/// let mut there = EmbeddingMoments::new(2)?;
/// there.update(array![[5.0, 5.0]].view())?;
/// here.merge(&there)?;
/// assert_eq!(here.mean()?.to_vec(), [3.0, 3.0]);
/// assert_eq!(here.covariance()?[[0, 0]], 4.0);
/// # Ok::<(), novelty_scoring::ScoringError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedMoments"))]
pub struct EmbeddingMoments {
    n_features: usize,
    n_samples: u64,
    /// The lower triangle of the sums of `(x, 1) (x, 1)'`, in units of the grid.
    sums: Vec<i128>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedMoments {
    n_features: usize,
    n_samples: u64,
    sums: Vec<i128>,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedMoments> for EmbeddingMoments {
    type Error = ScoringError;

    fn try_from(saved: SavedMoments) -> Result<Self, ScoringError> {
        let SavedMoments { n_features, n_samples, sums } = saved;
        let ensure = |holds, part| ensure_saved(holds, "moments", part);
        let is_number = n_features > 0 && triangle(n_features) == Some(sums.len());
        ensure(is_number, "the number of features")?;
        ensure(n_samples <= MAX_SAMPLES, "the number of samples")?;
        let count = i128::from(n_samples) << GRID_BITS;
        ensure(sums.last() == Some(&count), "the number of samples")?;
        let largest = count << 32;
        ensure(sums.iter().all(|sum| (-largest..=largest).contains(sum)), "a sum")?;
        Ok(Self { n_features, n_samples, sums })
    }
}

/// Entries of the lower triangle with one more row than there are features.
fn triangle(n_features: usize) -> Option<usize> {
    let width = n_features.checked_add(1)?;
    Some(width.checked_mul(width.checked_add(1)?)? / 2)
}

/// The position of an entry of the lower triangle.
fn at(i: usize, j: usize) -> usize {
    let (row, column) = (i.max(j), i.min(j));
    row * (row + 1) / 2 + column
}

impl EmbeddingMoments {
    /// Moments of no sample yet.
    ///
    /// # Errors
    /// If there is no feature, or memory cannot count so many.
    pub fn new(n_features: usize) -> Result<Self, ScoringError> {
        let wrong = || InputError::setting("n_features", n_features, "at least 1, and countable");
        let len = triangle(n_features).filter(|_| n_features > 0).ok_or_else(wrong)?;
        let mut sums = Vec::new();
        sums.try_reserve_exact(len).map_err(|_| wrong())?;
        sums.resize(len, 0);
        Ok(Self { n_features, n_samples: 0, sums })
    }

    /// Features of a sample.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Samples so far.
    #[must_use]
    pub fn n_samples(&self) -> u64 {
        self.n_samples
    }

    /// Adds samples; none is fine.
    ///
    /// # Errors
    /// If the number of features is another, or a feature is not finite or beyond 65,536; then
    /// nothing is added.
    pub fn update(&mut self, x: Features<'_>) -> Result<(), ScoringError> {
        let rows = Rows::to_score(&x, self.n_features)?;
        let values = rows.as_slice();
        let beyond = values.iter().enumerate().find(|(_, value)| value.abs() > LIMIT);
        if let Some((index, &value)) = beyond {
            let range = "in -65536..=65536";
            return Err(ScoringError::OutOfRange { place: "features", index, value, range });
        }
        let n_samples = self.counted(rows.n as u64)?;
        let blocks = values.par_chunks(BLOCK * self.n_features);
        let empty = || vec![0_i128; self.sums.len()];
        let added = blocks
            .fold(empty, |mut sums, block| {
                add_block(block, self.n_features, &mut sums);
                sums
            })
            .reduce(empty, |mut sums, more| {
                sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
                sums
            });
        self.sums.iter_mut().zip(added).for_each(|(sum, more)| *sum += more);
        self.n_samples = n_samples;
        Ok(())
    }

    /// Adds the samples of another: the same as if they had been added here.
    ///
    /// # Errors
    /// If the number of features is another; then nothing is added.
    pub fn merge(&mut self, other: &Self) -> Result<(), ScoringError> {
        if self.n_features != other.n_features {
            return Err(ScoringError::Unlike { what: "features" });
        }
        self.n_samples = self.counted(other.n_samples)?;
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, more)| *sum += more);
        Ok(())
    }

    fn counted(&self, more: u64) -> Result<u64, ScoringError> {
        let total = self.n_samples.checked_add(more).filter(|&total| total <= MAX_SAMPLES);
        total.ok_or(ScoringError::TooManySamples { limit: MAX_SAMPLES })
    }

    /// The mean of each feature.
    ///
    /// # Errors
    /// If there is no sample.
    pub fn mean(&self) -> Result<Array1<f64>, ScoringError> {
        self.need(1)?;
        let scale = GRID / self.n_samples as f64;
        let last = self.n_features;
        Ok((0..last).map(|j| self.sums[at(last, j)] as f64 * scale).collect())
    }

    /// The covariance of the features, `(n_features, n_features)`, divided by `n - 1`.
    ///
    /// The means are taken off in integers: an offset costs no digits of the variances as it
    /// does in `f64`, as long as it is below 2,048. An entry is off by at most
    /// `(|m_i| + |m_j| + 3) 2^-52` with the means `m`, besides the rounding of the result.
    ///
    /// # Errors
    /// If there are fewer than two samples.
    pub fn covariance(&self) -> Result<Array2<f64>, ScoringError> {
        self.need(2)?;
        let (n, last) = (i128::from(self.n_samples), self.n_features);
        let means: Vec<i128> = (0..last).map(|j| rounded(self.sums[at(last, j)], n)).collect();
        let scale = GRID * (self.n_samples as f64 / (self.n_samples - 1) as f64);
        let entry = |(i, j): (usize, usize)| {
            let mean = rounded(self.sums[at(i, j)], n);
            match means[i].checked_mul(means[j]) {
                Some(product) => (mean - (product >> GRID_BITS)) as f64 * scale,
                None => (mean as f64 - means[i] as f64 * (means[j] as f64 * GRID)) * scale,
            }
        };
        Ok(Array2::from_shape_fn((last, last), entry))
    }

    fn need(&self, needed: usize) -> Result<(), ScoringError> {
        if self.n_samples >= needed as u64 {
            return Ok(());
        }
        let n_samples = self.n_samples as usize;
        Err(ScoringError::TooFewSamples { place: "embeddings", n_samples, needed })
    }
}

/// The quotient, to the nearest integer below or above.
fn rounded(sum: i128, n: i128) -> i128 {
    let quotient = sum.div_euclid(n);
    if 2 * sum.rem_euclid(n) >= n { quotient + 1 } else { quotient }
}

/// Adds the products of at most [`BLOCK`] rows.
fn add_block(rows: &[f32], n_features: usize, sums: &mut [i128]) {
    let (mut coarse, mut fine) = (vec![0.0; sums.len()], vec![0.0; sums.len()]);
    let mut row = vec![1.0; n_features + 1];
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for values in rows.chunks_exact(n_features) {
                row.iter_mut().zip(values).for_each(|(to, &from)| *to = f64::from(from));
                add_products(&row, &mut coarse, &mut fine);
            }
        },
    );
    for (sum, (coarse, fine)) in sums.iter_mut().zip(coarse.into_iter().zip(fine)) {
        *sum += (coarse / GRID) as i128 + (fine / GRID) as i128;
    }
}

/// Of numbers with 24 digits each product is exact in `f64`, and so is what the first rounding
/// leaves.
#[inline(always)]
fn add_products(row: &[f64], coarse: &mut [f64], fine: &mut [f64]) {
    let mut first = 0;
    for (i, &left) in row.iter().enumerate() {
        let entries = first..first + i + 1;
        let sums = coarse[entries.clone()].iter_mut().zip(&mut fine[entries]);
        for ((coarse, fine), &right) in sums.zip(&row[..=i]) {
            let product = left * right;
            let rough = (product + COARSE) - COARSE;
            *coarse += rough;
            *fine += ((product - rough) + FINE) - FINE;
        }
        first += i + 1;
    }
}
