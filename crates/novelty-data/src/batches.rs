use novelty_core::InputError;

use crate::random::{Purpose, generator, shuffle};

/// How samples are put into batches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchConfig {
    /// Samples in a batch, at least 1.
    pub batch_size: usize,
    /// Whether every epoch has a random order of its own; on unless set.
    pub shuffle: bool,
    /// Whether a last batch with fewer samples is left out; off unless set.
    pub drop_last: bool,
    /// Decides the order, together with the epoch; 0 unless set.
    pub seed: u64,
}

impl BatchConfig {
    /// Shuffled batches of `batch_size` samples, the last one with what is left.
    #[must_use]
    pub fn new(batch_size: usize) -> Self {
        Self { batch_size, shuffle: true, drop_last: false, seed: 0 }
    }

    /// Sets whether every epoch has a random order of its own.
    #[must_use]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Sets whether a last batch with fewer samples is left out.
    #[must_use]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If the batch size is 0.
    pub fn validate(&self) -> Result<(), InputError> {
        if self.batch_size == 0 {
            return Err(InputError::setting("batch_size", self.batch_size, "at least 1"));
        }
        Ok(())
    }

    /// The batches of one epoch over `n_samples` samples, as sample numbers.
    ///
    /// Epochs may be asked for in any order: each has its own generator.
    ///
    /// # Errors
    /// If the batch size is 0.
    ///
    /// ```
    /// use novelty_data::BatchConfig;
    ///
    /// let batches = BatchConfig::new(4).shuffle(false).index_batches(10, 0)?;
    /// assert_eq!(batches.len(), 3);
    /// assert_eq!(batches.last(), Some(vec![8, 9]));
    /// # Ok::<(), novelty_core::InputError>(())
    /// ```
    pub fn index_batches(&self, n_samples: usize, epoch: u64) -> Result<IndexBatches, InputError> {
        self.validate()?;
        let mut order: Vec<usize> = (0..n_samples).collect();
        if self.shuffle {
            shuffle(&mut generator(self.seed, Purpose::Batches, epoch), &mut order);
        }
        if self.drop_last {
            order.truncate(n_samples - n_samples % self.batch_size);
        }
        Ok(IndexBatches { order, batch_size: self.batch_size, next: 0 })
    }
}

/// The batches of one epoch, as sample numbers. Made by [`BatchConfig::index_batches`].
#[derive(Debug, Clone)]
pub struct IndexBatches {
    order: Vec<usize>,
    batch_size: usize,
    next: usize,
}

impl Iterator for IndexBatches {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let rest = &self.order[self.next..];
        let batch = &rest[..rest.len().min(self.batch_size)];
        self.next += batch.len();
        (!batch.is_empty()).then(|| batch.to_vec())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.order.len() - self.next).div_ceil(self.batch_size);
        (left, Some(left))
    }
}

impl ExactSizeIterator for IndexBatches {}
