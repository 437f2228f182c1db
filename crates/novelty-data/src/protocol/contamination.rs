use novelty_core::InputError;

use crate::random::{Purpose, generator, shuffle};
use crate::{DataError, LabelledDataset, OneClass, Subset};

/// Training data as it comes in practice: one class, with a few samples of another hidden in it.
///
/// All samples of the normal class are taken, and of the anomalous class
/// `floor(share * n_normal)` chosen at random; their order is random too. A model trains on them
/// without labels; [`is_anomalous`](crate::LabelledDataset::is_anomalous) tells afterwards which
/// they were.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ContaminationConfig {
    /// The class that is normal.
    pub normal_class: usize,
    /// The class that is hidden in it.
    pub anomaly_class: usize,
    /// Anomalous samples for each normal one, 0 to 1; 0.01 unless set.
    pub share: f64,
    /// Decides which samples are hidden, and the order; 0 unless set.
    pub seed: u64,
}

impl ContaminationConfig {
    /// One percent of `anomaly_class` hidden in `normal_class`.
    #[must_use]
    pub fn new(normal_class: usize, anomaly_class: usize) -> Self {
        Self { normal_class, anomaly_class, share: 0.01, seed: 0 }
    }

    /// Sets how many anomalous samples are hidden for each normal one.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = share;
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
    /// If the share is not in `[0, 1]`, or both classes are the same.
    pub fn validate(&self) -> Result<(), InputError> {
        if !(0.0..=1.0).contains(&self.share) {
            return Err(InputError::setting("share", self.share, "in [0, 1]"));
        }
        if self.normal_class == self.anomaly_class {
            let range = "another class than normal_class";
            return Err(InputError::setting("anomaly_class", self.anomaly_class, range));
        }
        Ok(())
    }

    /// Applies the protocol to the training part of `dataset`.
    ///
    /// # Errors
    /// If a setting is out of range, the normal class is empty, or the anomalous class has too
    /// few samples.
    pub fn apply<D: LabelledDataset>(&self, dataset: D) -> Result<Subset<OneClass<D>>, DataError>
    where
        D::Error: Into<DataError>,
    {
        self.validate()?;
        let (mut indices, mut hidden) = (Vec::new(), Vec::new());
        for index in 0..dataset.len() {
            match dataset.class(index) {
                Some(class) if class == self.normal_class => indices.push(index),
                Some(class) if class == self.anomaly_class => hidden.push(index),
                _ => {}
            }
        }
        let n_hidden = self.n_hidden(indices.len());
        ensure_size(self.normal_class, 1, indices.len())?;
        ensure_size(self.anomaly_class, n_hidden, hidden.len())?;
        let mut rng = generator(self.seed, Purpose::Contamination, 0);
        shuffle(&mut rng, &mut hidden);
        indices.extend(&hidden[..n_hidden]);
        shuffle(&mut rng, &mut indices);
        Subset::new(OneClass::new(dataset, self.normal_class), indices)
    }

    /// `floor(share * n_normal)`, with room for the rounding of products such as 0.29 * 100.
    fn n_hidden(&self, n_normal: usize) -> usize {
        let exact = self.share * n_normal as f64;
        (exact * (1.0 + 4.0 * f64::EPSILON)).floor() as usize
    }
}

fn ensure_size(class: usize, needed: usize, available: usize) -> Result<(), DataError> {
    if available >= needed {
        return Ok(());
    }
    Err(DataError::ClassSize { class, needed, available })
}
