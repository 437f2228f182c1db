use novelty_core::{Dataset, ImageShape, InputError, Sample};

use crate::random::{Purpose, generator, shuffle};
use crate::{DataError, LabelledDataset, OneClass, Subset};

/// Training data of semi-supervised methods: samples of the normal class nobody labelled, and
/// a few anomalies that are known to be such.
///
/// Of all training samples, `share` are known anomalies, drawn at random from the other classes
/// (or from `anomaly_class`): the `gamma_l` of Ruff et al., "Deep Semi-Supervised Anomaly
/// Detection", ICLR 2020.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AnomalyBudgetConfig {
    /// The class that is normal.
    pub normal_class: usize,
    /// The class that known anomalies come from; every other class unless set.
    pub anomaly_class: Option<usize>,
    /// Known anomalies among all training samples, 0 to below 1; 0.01 unless set.
    pub share: f64,
    /// Decides which anomalies are known, and the order; 0 unless set.
    pub seed: u64,
}

impl AnomalyBudgetConfig {
    /// One percent of known anomalies.
    #[must_use]
    pub fn new(normal_class: usize) -> Self {
        Self { normal_class, anomaly_class: None, share: 0.01, seed: 0 }
    }

    /// Sets the class that known anomalies come from.
    #[must_use]
    pub fn anomaly_class(mut self, class: usize) -> Self {
        self.anomaly_class = Some(class);
        self
    }

    /// Sets the share of known anomalies among all training samples.
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
    /// If the share is not in `[0, 1)`, or both classes are the same.
    pub fn validate(&self) -> Result<(), InputError> {
        if !(0.0..1.0).contains(&self.share) {
            return Err(InputError::setting("share", self.share, "in [0, 1)"));
        }
        if self.anomaly_class == Some(self.normal_class) {
            let range = "another class than normal_class";
            return Err(InputError::setting("anomaly_class", self.normal_class, range));
        }
        Ok(())
    }

    /// Applies the protocol to the training part of `dataset`. In the result, a known anomaly
    /// has the label `Some(true)` and every other sample `None`.
    ///
    /// # Errors
    /// If a setting is out of range, the normal class is empty, or there are too few anomalies.
    pub fn apply<D: LabelledDataset>(
        &self,
        dataset: D,
    ) -> Result<KnownAnomalies<Subset<OneClass<D>>>, DataError>
    where
        D::Error: Into<DataError>,
    {
        self.validate()?;
        let (mut indices, mut anomalies) = (Vec::new(), Vec::new());
        for index in 0..dataset.len() {
            match dataset.class(index) {
                Some(class) if class == self.normal_class => indices.push(index),
                Some(class) if self.anomaly_class.is_none_or(|wanted| wanted == class) => {
                    anomalies.push(index);
                }
                _ => {}
            }
        }
        let class = self.normal_class;
        if indices.is_empty() {
            return Err(DataError::ClassSize { class, needed: 1, available: 0 });
        }
        let exact = indices.len() as f64 * self.share / (1.0 - self.share);
        let (needed, available) = (exact.round() as usize, anomalies.len());
        if needed > available {
            return Err(DataError::TooFewAnomalies { needed, available });
        }
        let mut rng = generator(self.seed, Purpose::AnomalyBudget, 0);
        shuffle(&mut rng, &mut anomalies);
        indices.extend(&anomalies[..needed]);
        shuffle(&mut rng, &mut indices);
        Ok(KnownAnomalies { dataset: Subset::new(OneClass::new(dataset, class), indices)? })
    }
}

/// A dataset of which only the anomalies are labelled; made by [`AnomalyBudgetConfig::apply`].
#[derive(Debug, Clone)]
pub struct KnownAnomalies<D> {
    dataset: D,
}

impl<D> KnownAnomalies<D> {
    /// The dataset underneath, which knows all labels.
    pub fn inner(&self) -> &D {
        &self.dataset
    }
}

impl<D: LabelledDataset> Dataset for KnownAnomalies<D> {
    type Error = D::Error;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn image_shape(&self) -> ImageShape {
        self.dataset.image_shape()
    }

    fn get(&self, index: usize) -> Result<Sample, D::Error> {
        let mut sample = self.dataset.get(index)?;
        sample.is_anomalous = self.is_anomalous(index);
        if sample.is_anomalous.is_none() {
            // The class would tell.
            (sample.class, sample.class_name, sample.mask) = (None, None, None);
        }
        Ok(sample)
    }
}

impl<D: LabelledDataset> LabelledDataset for KnownAnomalies<D> {
    fn class(&self, index: usize) -> Option<usize> {
        self.is_anomalous(index).and_then(|_| self.dataset.class(index))
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        self.dataset.is_anomalous(index).filter(|&is_anomalous| is_anomalous)
    }
}
