use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use novelty_core::{Dataset, Sample};
use rayon::prelude::*;

use crate::DataError;

/// Checks that no image of `test` is in `train` too, whatever files or positions they come from:
/// a detector is not to be measured with what it has seen.
///
/// Every image is read once; two are the same if all their values are, to the last bit.
///
/// # Errors
/// [`DataError::Leak`] with how many of the test images are in the training set and the first
/// such pair; or the error of an image that cannot be read.
pub fn ensure_disjoint<A, B>(train: &A, test: &B) -> Result<(), DataError>
where
    A: Dataset + Sync,
    B: Dataset + Sync,
    A::Error: Into<DataError>,
    B::Error: Into<DataError>,
{
    let shared = shared_images(train, test)?;
    match shared.first() {
        None => Ok(()),
        Some(&(train, test)) => Err(DataError::Leak { n_shared: shared.len(), train, test }),
    }
}

/// The images of `test` that are in `train` too: pairs of positions, `(in train, in test)`.
///
/// # Errors
/// If an image cannot be read.
pub fn shared_images<A, B>(train: &A, test: &B) -> Result<Vec<(usize, usize)>, DataError>
where
    A: Dataset + Sync,
    B: Dataset + Sync,
    A::Error: Into<DataError>,
    B::Error: Into<DataError>,
{
    let state = RandomState::new();
    let train_hashes = hashes(train, &state)?;
    let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, &hash) in train_hashes.iter().enumerate() {
        by_hash.entry(hash).or_default().push(index);
    }
    let mut shared = Vec::new();
    for (index, hash) in hashes(test, &state)?.iter().enumerate() {
        let Some(candidates) = by_hash.get(hash) else { continue };
        let image = test.get(index).map_err(Into::into)?.image;
        for &candidate in candidates {
            // Two images may have one hash without being the same.
            if train.get(candidate).map_err(Into::into)?.image == image {
                shared.push((candidate, index));
                break;
            }
        }
    }
    Ok(shared)
}

fn hashes<D: Dataset + Sync>(dataset: &D, state: &RandomState) -> Result<Vec<u64>, DataError>
where
    D::Error: Into<DataError>,
{
    let hash = |index| dataset.get(index).map(|sample| hash(&sample, state)).map_err(Into::into);
    (0..dataset.len()).into_par_iter().map(hash).collect()
}

fn hash(sample: &Sample, state: &RandomState) -> u64 {
    let mut hasher = state.build_hasher();
    for &side in sample.image.shape() {
        hasher.write_usize(side);
    }
    match sample.image.as_slice() {
        // Equal values have equal bytes but for the two zeros, which decoding does not mix.
        Some(values) => hasher.write(bytemuck::cast_slice(values)),
        None => sample.image.iter().for_each(|value| hasher.write_u32(value.to_bits())),
    }
    hasher.finish()
}
