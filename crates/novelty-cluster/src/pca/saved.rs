use ndarray::{Array1, Array2};
use novelty_core::ImageShape;

use super::{ImagePca, Pca};
use crate::ClusterError;

/// What is read back, before it is known to fit together.
#[derive(serde::Deserialize)]
pub(super) struct SavedPca {
    mean: Array1<f64>,
    components: Array2<f64>,
    variance: Array1<f64>,
    total_variance: f64,
    n_samples: usize,
    is_whitened: bool,
}

impl TryFrom<SavedPca> for Pca {
    type Error = ClusterError;

    fn try_from(saved: SavedPca) -> Result<Self, ClusterError> {
        let SavedPca { mean, components, variance, total_variance, n_samples, is_whitened } = saved;
        let ensure = |holds: bool, part| match holds {
            true => Ok(()),
            false => Err(ClusterError::Saved { model: "principal components", part }),
        };
        let is_finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        ensure(!mean.is_empty() && is_finite(&mean.to_vec()), "the mean")?;
        let shape = (variance.len(), mean.len());
        ensure(
            components.dim() == shape && components.iter().all(|x| x.is_finite()),
            "a direction",
        )?;
        // The products read the directions row by row.
        let components = components.as_standard_layout().into_owned();
        let is_spread = |value: &f64| (0.0..f64::INFINITY).contains(value);
        ensure(variance.iter().all(is_spread) && is_spread(&total_variance), "a variance")?;
        ensure(n_samples >= 1, "the number of samples")?;
        Ok(Self { mean, components, variance, total_variance, n_samples, is_whitened })
    }
}

/// What is read back, before it is known to fit together.
#[derive(serde::Deserialize)]
pub(super) struct SavedImagePca {
    pca: Pca,
    image_shape: ImageShape,
}

impl TryFrom<SavedImagePca> for ImagePca {
    type Error = ClusterError;

    fn try_from(SavedImagePca { pca, image_shape }: SavedImagePca) -> Result<Self, ClusterError> {
        if image_shape.checked_len() != Some(pca.mean.len()) {
            let part = "the image shape";
            return Err(ClusterError::Saved { model: "principal components of images", part });
        }
        Ok(Self { pca, image_shape })
    }
}
