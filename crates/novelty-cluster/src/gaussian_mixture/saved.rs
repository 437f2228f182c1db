use super::blocks::TILE;
use super::components::{Component, Factor};
use super::{CovarianceKind, GaussianMixture};
use crate::ClusterError;

/// What is read back, before it is known to fit together.
#[derive(serde::Deserialize)]
pub(super) struct SavedMixture {
    components: Vec<Component>,
    kind: CovarianceKind,
    n_features: usize,
    lower_bound: f64,
    n_iter: usize,
    has_converged: bool,
}

impl TryFrom<SavedMixture> for GaussianMixture {
    type Error = ClusterError;

    fn try_from(saved: SavedMixture) -> Result<Self, ClusterError> {
        let SavedMixture { components, kind, n_features, lower_bound, n_iter, has_converged } =
            saved;
        let wrong = |part| ClusterError::Saved { model: "mixture", part };
        let padded = n_features.checked_next_multiple_of(TILE).filter(|_| n_features > 0);
        let width = padded.ok_or_else(|| wrong("the number of features"))?;
        if components.is_empty() || !lower_bound.is_finite() {
            return Err(wrong("the list of components"));
        }
        if !components.iter().all(|component| is_whole(component, kind, width)) {
            return Err(wrong("a component"));
        }
        Ok(Self { components, kind, n_features, lower_bound, n_iter, has_converged })
    }
}

fn is_whole(component: &Component, kind: CovarianceKind, width: usize) -> bool {
    let Component { weight, mean, covariance, factor, log_constant } = component;
    let size = if kind.is_diagonal() { Some(width) } else { width.checked_mul(width) };
    let (is_diagonal, factor) = match factor {
        Factor::Lower(factor) => (false, factor),
        Factor::Diagonal(factor) => (true, factor),
    };
    let values = mean.iter().chain(covariance).chain(factor);
    mean.len() == width
        && size == Some(covariance.len())
        && size == Some(factor.len())
        && is_diagonal == kind.is_diagonal()
        && (0.0..=1.0 + 1e-9).contains(weight)
        && values.chain([log_constant]).all(|value| value.is_finite())
}
