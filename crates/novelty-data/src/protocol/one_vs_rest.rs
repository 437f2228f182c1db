use novelty_core::InputError;

use super::leak::shared_images;
use crate::{DataError, LabelledDataset, OneClass, Subset};

/// One class is normal: train on its samples of the train split, test on the whole test split.
///
/// The protocol of Ruff et al., "Deep One-Class Classification", ICML 2018, and most of what
/// followed. A test split that shares images with the training samples is refused.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OneVsRestConfig {
    /// The class that is normal.
    pub normal_class: usize,
    /// The largest share of the test images that may be among the training images too, 0 to 1;
    /// 0 unless set. Some published datasets hold a few images twice.
    pub max_shared: f64,
}

/// What a detector learns from, and what it is measured with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OneVsRest<A, B> {
    /// The samples of the normal class.
    pub train: Subset<OneClass<A>>,
    /// All test samples; those of other classes are anomalous.
    pub test: OneClass<B>,
}

impl OneVsRestConfig {
    /// Calls `normal_class` normal, and refuses any shared image.
    #[must_use]
    pub fn new(normal_class: usize) -> Self {
        Self { normal_class, max_shared: 0.0 }
    }

    /// Sets the largest share of test images that may be among the training images.
    #[must_use]
    pub fn max_shared(mut self, share: f64) -> Self {
        self.max_shared = share;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If the share is not in `[0, 1]`.
    pub fn validate(&self) -> Result<(), InputError> {
        if (0.0..=1.0).contains(&self.max_shared) {
            return Ok(());
        }
        Err(InputError::setting("max_shared", self.max_shared, "in [0, 1]"))
    }

    /// Applies the protocol. Reads every image of `test` and the normal ones of `train` once.
    ///
    /// # Errors
    /// If the normal class has no training sample, `test` is empty, an image cannot be read, or
    /// more images are shared than allowed ([`DataError::Leak`]).
    pub fn apply<A, B>(&self, train: A, test: B) -> Result<OneVsRest<A, B>, DataError>
    where
        A: LabelledDataset + Sync,
        B: LabelledDataset + Sync,
        A::Error: Into<DataError>,
        B::Error: Into<DataError>,
    {
        self.validate()?;
        let class = self.normal_class;
        let normal: Vec<usize> =
            (0..train.len()).filter(|&index| train.class(index) == Some(class)).collect();
        if normal.is_empty() {
            return Err(DataError::ClassSize { class, needed: 1, available: 0 });
        }
        if test.is_empty() {
            return Err(InputError::Empty { place: "test" }.into());
        }
        let train = Subset::new(OneClass::new(train, class), normal)?;
        let shared = shared_images(&train, &test)?;
        if let Some(&(first, second)) = shared.first() {
            let share = shared.len() as f64 / test.len() as f64;
            if share > self.max_shared {
                let (train, test) = (train.indices()[first], second);
                return Err(DataError::Leak { n_shared: shared.len(), train, test });
            }
            tracing::warn!(n_shared = shared.len(), "test images are among the training images");
        }
        Ok(OneVsRest { train, test: OneClass::new(test, class) })
    }
}
