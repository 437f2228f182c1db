//! Between this crate and linfa, in both directions (feature `linfa`).

use std::panic::{AssertUnwindSafe, catch_unwind};

use linfa::DatasetBase;
use linfa::traits::{Fit as LinfaFit, PredictInplace, Transformer};
use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};
use novelty_core::{Assign, Features, Fit};

use crate::input::checked_for;
use crate::{
    ClusterError, Dbscan, DbscanConfig, GaussianMixture, GaussianMixtureConfig, KMeans,
    KMeansConfig, Pca, PcaConfig,
};

/// What can go wrong in a `fit` called through linfa's trait.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinfaFitError {
    /// Ours.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Theirs; the trait asks for it, no `fit` of this crate returns it.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

macro_rules! linfa_fit {
    ($($config:ty => $model:ty),*) => {$(
        impl<D: Data<Elem = f32>, T> LinfaFit<ArrayBase<D, Ix2>, T, LinfaFitError> for $config {
            type Object = $model;

            fn fit(
                &self,
                dataset: &DatasetBase<ArrayBase<D, Ix2>, T>,
            ) -> Result<$model, LinfaFitError> {
                Ok(Fit::fit(self, dataset.records.view())?)
            }
        }
    )*};
}

linfa_fit!(
    KMeansConfig => KMeans,
    GaussianMixtureConfig => GaussianMixture,
    DbscanConfig => Dbscan,
    PcaConfig => Pca
);

macro_rules! linfa_predict {
    ($($model:ty),*) => {$(
        /// linfa's trait knows no error: records that do not fit the model are all `None`. Call
        /// [`Assign::assign`] to learn why.
        impl<D: Data<Elem = f32>> PredictInplace<ArrayBase<D, Ix2>, Array1<Option<usize>>>
            for $model
        {
            fn predict_inplace<'a>(
                &'a self,
                x: &'a ArrayBase<D, Ix2>,
                y: &mut Array1<Option<usize>>,
            ) {
                *y = match self.assign(x.view()) {
                    Ok(labels) => labels.into(),
                    Err(_) => self.default_target(x),
                };
            }

            fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<Option<usize>> {
                Array1::from_elem(x.nrows(), None)
            }
        }
    )*};
}

linfa_predict!(KMeans, GaussianMixture, Dbscan);

impl<D: Data<Elem = f32>> Transformer<&ArrayBase<D, Ix2>, Result<Array2<f32>, ClusterError>>
    for Pca
{
    fn transform(&self, x: &ArrayBase<D, Ix2>) -> Result<Array2<f32>, ClusterError> {
        Pca::transform(self, x.view())
    }
}

/// A clustering fitted by linfa, as [`Assign`].
///
/// Input is checked first, as everywhere in this workspace. A panic in spite of that is caught
/// and becomes [`ClusterError::PeerPanicked`] (where panics unwind; a program built with
/// `panic = "abort"` aborts).
#[derive(Debug, Clone, PartialEq)]
pub struct LinfaAssign<M> {
    model: M,
    n_features: usize,
}

impl<M: PredictInplace<Array2<f64>, Array1<usize>>> LinfaAssign<M> {
    /// Wraps a model that was fitted to data of `n_features` features.
    #[must_use]
    pub fn new(model: M, n_features: usize) -> Self {
        Self { model, n_features }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &M {
        &self.model
    }
}

impl<M: PredictInplace<Array2<f64>, Array1<usize>>> Assign<Features<'_>> for LinfaAssign<M> {
    type Error = ClusterError;

    fn assign(&self, x: Features<'_>) -> Result<Vec<Option<usize>>, ClusterError> {
        let records = checked_for(&x, self.n_features)?.mapv(f64::from);
        let labels = guarded(|| {
            let mut labels = self.model.default_target(&records);
            self.model.predict_inplace(&records, &mut labels);
            labels
        })?;
        Ok(labels.into_iter().map(Some).collect())
    }
}

/// Runs code that may panic, such as a `fit` of linfa on data that nobody checked, and turns a
/// panic into [`ClusterError::PeerPanicked`].
///
/// The panic hook still runs, so that a message may appear on standard error.
///
/// # Errors
/// If `run` panics.
pub fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, ClusterError> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let message = payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
        ClusterError::PeerPanicked { message: message.unwrap_or_default() }
    })
}
