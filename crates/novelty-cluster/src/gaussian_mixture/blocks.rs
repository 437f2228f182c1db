use novelty_core::Features;
use rayon::prelude::*;

/// Samples a block.
pub(crate) const BLOCK: usize = 128;
/// Features are filled up with zeros to a multiple of this, so that tiles have no remainder.
pub(crate) const TILE: usize = 4;

/// The data in blocks of [`BLOCK`] samples, each with one row of lanes a feature. The lanes
/// after the last sample repeat it.
pub(crate) struct Blocks {
    values: Vec<f32>,
    pub(crate) n_samples: usize,
    pub(crate) n_features: usize,
    /// Features with the zeros.
    pub(crate) width: usize,
}

impl Blocks {
    /// Of at least one sample.
    pub(crate) fn new(x: &Features<'_>) -> Self {
        let (n_samples, n_features) = x.dim();
        let width = n_features.next_multiple_of(TILE);
        let mut values = vec![0.0_f32; n_samples.div_ceil(BLOCK) * BLOCK * width];
        values.par_chunks_mut(BLOCK * width).enumerate().for_each(|(index, block)| {
            for lane in 0..BLOCK {
                let row = x.row((index * BLOCK + lane).min(n_samples - 1));
                for (feature, &value) in row.iter().enumerate() {
                    block[feature * BLOCK + lane] = value;
                }
            }
        });
        Self { values, n_samples, n_features, width }
    }

    pub(crate) fn len(&self) -> usize {
        self.n_samples.div_ceil(BLOCK)
    }

    pub(crate) fn get(&self, index: usize) -> &[f32] {
        let len = BLOCK * self.width;
        &self.values[index * len..(index + 1) * len]
    }

    /// The samples in a block.
    pub(crate) fn n_valid(&self, index: usize) -> usize {
        (self.n_samples - index * BLOCK).min(BLOCK)
    }

    /// Blocks that are summed one after the other. It does not depend on the number of
    /// threads, so that no result does; `sums_len` values are kept a chunk.
    pub(crate) fn chunk(&self, sums_len: usize) -> usize {
        const MAX_CHUNKS: usize = 32;
        const MAX_VALUES: usize = 1 << 24;
        let n_chunks = (MAX_VALUES / sums_len.max(1)).clamp(4, MAX_CHUNKS);
        self.len().div_ceil(n_chunks)
    }
}
