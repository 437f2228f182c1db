use ndarray::{Array2, Array4, Axis, CowArray, Ix2};
use novelty_core::{Embed, ImageShape, Images, InputError, Reconstruct, ensure_image_shape};

use super::Pca;
use crate::ClusterError;

/// A [`Pca`] of images: the cheap counterpart of an autoencoder.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "super::saved::SavedImagePca"))]
pub struct ImagePca {
    pub(super) pca: Pca,
    pub(super) image_shape: ImageShape,
}

impl ImagePca {
    /// The analysis of the flattened images.
    #[must_use]
    pub fn pca(&self) -> &Pca {
        &self.pca
    }
}

impl Embed for ImagePca {
    type Error = ClusterError;

    fn embed(&self, images: Images<'_>) -> Result<Array2<f32>, ClusterError> {
        ensure_image_shape("images", &images, self.image_shape)?;
        self.pca.transform(flatten(&images)?.view())
    }
}

impl Reconstruct for ImagePca {
    type Error = ClusterError;

    fn reconstruct(&self, images: Images<'_>) -> Result<Array4<f32>, ClusterError> {
        let flat = self.pca.inverse_transform(self.embed(images)?.view())?;
        let shape = images.raw_dim();
        Ok(flat.into_shape_with_order(shape).map_err(|_| shape_error(&images))?)
    }
}

pub(super) fn flatten<'a>(images: &'a Images<'_>) -> Result<CowArray<'a, f32, Ix2>, InputError> {
    let n = images.len_of(Axis(0));
    let pixels = images.shape()[1..].iter().product::<usize>();
    let rows = images.as_standard_layout().into_shape_with_order((n, pixels));
    rows.map_err(|_| shape_error(images))
}

fn shape_error(images: &Images<'_>) -> InputError {
    let got = images.shape().to_vec();
    InputError::Shape { place: "images", expected: got.clone(), got }
}
