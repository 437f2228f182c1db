use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Side};
use ndarray::{Array1, Array2, Array4, ArrayView2, Axis};
use novelty_core::{
    Embed, Features, Fit, ImageShape, Images, InputError, Reconstruct, ensure_finite,
    ensure_image_shape,
};

use crate::ClusterError;

/// Principal component analysis: the directions along which data varies most.
///
/// Of `n` samples of `d` features, with the mean taken off, it finds the `n_components`
/// orthonormal directions of largest variance. It is exact: the eigenvectors of the smaller of
/// the two Gram matrices, `d x d` or `n x n`, in `f64`. Each component's sign makes its largest
/// entry positive.
///
/// Pearson, *On Lines and Planes of Closest Fit to Systems of Points in Space*, 1901; Hotelling,
/// *Analysis of a Complex of Statistical Variables into Principal Components*, 1933.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PcaConfig {
    /// Directions to keep, in `1..=min(n_samples, n_features)`.
    pub n_components: usize,
}

impl PcaConfig {
    /// Keeps a number of directions.
    #[must_use]
    pub fn new(n_components: usize) -> Self {
        Self { n_components }
    }

    fn validate(&self, n_samples: usize, n_features: usize) -> Result<(), ClusterError> {
        let (n_components, limit) = (self.n_components, n_samples.min(n_features));
        if n_components == 0 {
            return Err(InputError::setting("n_components", 0, "at least 1").into());
        }
        if n_components > limit {
            return Err(ClusterError::TooManyComponents {
                n_components,
                n_samples,
                n_features,
                limit,
            });
        }
        Ok(())
    }
}

impl Fit<Features<'_>> for PcaConfig {
    type Fitted = Pca;
    type Error = ClusterError;

    fn fit(&self, x: Features<'_>) -> Result<Pca, ClusterError> {
        let (n_samples, n_features) = x.dim();
        if n_samples < 2 || n_features == 0 {
            return Err(InputError::Empty { place: "features (of two samples at least)" }.into());
        }
        self.validate(n_samples, n_features)?;
        ensure_finite("features", &x)?;
        let mean = mean_of_rows(&x);
        let centred = Mat::from_fn(n_samples, n_features, |i, j| f64::from(x[[i, j]]) - mean[j]);
        let total = centred.squared_norm_l2() / (n_samples - 1) as f64;
        let (components, values) = principal(centred.as_ref(), self.n_components)?;
        let scale = 1.0 / (n_samples - 1) as f64;
        Ok(Pca { mean, components, variance: values * scale, total_variance: total, n_samples })
    }
}

impl Fit<Images<'_>> for PcaConfig {
    type Fitted = ImagePca;
    type Error = ClusterError;

    /// Each pixel of each channel is a feature.
    fn fit(&self, images: Images<'_>) -> Result<ImagePca, ClusterError> {
        let (_, channels, height, width) = images.dim();
        let pca = self.fit(flatten(&images)?.view())?;
        Ok(ImagePca { pca, image_shape: ImageShape { channels, height, width } })
    }
}

fn mean_of_rows(x: &Features<'_>) -> Array1<f64> {
    let mut sum = Array1::<f64>::zeros(x.ncols());
    for row in x.outer_iter() {
        sum.zip_mut_with(&row, |sum, &value| *sum += f64::from(value));
    }
    sum / x.nrows() as f64
}

/// The directions of largest variance as rows, and the eigenvalues that belong to them.
fn principal(
    centred: MatRef<'_, f64>,
    n_components: usize,
) -> Result<(Array2<f64>, Array1<f64>), ClusterError> {
    let is_tall = centred.nrows() >= centred.ncols();
    let side = if is_tall { centred.transpose() } else { centred };
    let size = side.nrows();
    let mut gram = Mat::zeros(size, size);
    matmul(gram.as_mut(), Accum::Replace, side, side.transpose(), 1.0, Par::rayon(0));
    let eigen =
        gram.self_adjoint_eigen(Side::Lower).map_err(|_| ClusterError::NoConvergence { size })?;
    // faer sorts from small to large.
    let largest = |i: usize| size - 1 - i;
    let values: Array1<f64> =
        (0..n_components).map(|i| eigen.S().column_vector()[largest(i)].max(0.0)).collect();
    let vectors = Mat::from_fn(size, n_components, |row, i| eigen.U()[(row, largest(i))]);
    let directions = if is_tall { vectors } else { centred.transpose() * vectors };
    let mut components =
        Array2::from_shape_fn((n_components, directions.nrows()), |(i, j)| directions[(j, i)]);
    components.outer_iter_mut().for_each(normalise);
    Ok((components, values))
}

/// Unit length, and the largest entry positive. A direction of no variance stays zero.
fn normalise(mut direction: ndarray::ArrayViewMut1<'_, f64>) {
    let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
    let largest =
        direction.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
    if norm > 0.0 {
        direction /= norm.copysign(largest);
    }
}

/// A fitted [`PcaConfig`]: transforms features to components and back.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    mean: Array1<f64>,
    components: Array2<f64>,
    variance: Array1<f64>,
    total_variance: f64,
    n_samples: usize,
}

impl Pca {
    /// The mean of each feature.
    #[must_use]
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// The directions, `(n_components, n_features)`, by falling variance.
    #[must_use]
    pub fn components(&self) -> ArrayView2<'_, f64> {
        self.components.view()
    }

    /// The variance along each direction (divided by `n_samples - 1`).
    #[must_use]
    pub fn explained_variance(&self) -> &Array1<f64> {
        &self.variance
    }

    /// The singular values of the centred data: `sqrt((n_samples - 1) variance)`.
    #[must_use]
    pub fn singular_values(&self) -> Array1<f64> {
        self.variance.mapv(|variance| (variance * (self.n_samples - 1) as f64).sqrt())
    }

    /// The share of the whole variance along each direction; all zero for constant data.
    #[must_use]
    pub fn explained_variance_ratio(&self) -> Array1<f64> {
        if self.total_variance > 0.0 {
            &self.variance / self.total_variance
        } else {
            Array1::zeros(self.variance.len())
        }
    }

    /// The coordinates of each sample along the directions, `(n_samples, n_components)`.
    ///
    /// # Errors
    /// If `x` has another number of features, or is not finite.
    pub fn transform(&self, x: Features<'_>) -> Result<Array2<f32>, ClusterError> {
        self.check("features", &x, self.mean.len())?;
        let centred =
            Mat::from_fn(x.nrows(), x.ncols(), |i, j| f64::from(x[[i, j]]) - self.mean[j]);
        let coordinates = multiply(centred.as_ref(), as_faer(&self.components).transpose());
        Ok(to_f32(&coordinates))
    }

    /// The samples that lie at the given coordinates, `(n_samples, n_features)`.
    ///
    /// # Errors
    /// If `z` does not have one column a component, or is not finite.
    pub fn inverse_transform(&self, z: Features<'_>) -> Result<Array2<f32>, ClusterError> {
        self.check("coordinates", &z, self.components.nrows())?;
        let z = Mat::from_fn(z.nrows(), z.ncols(), |i, j| f64::from(z[[i, j]]));
        let mut x = multiply(z.as_ref(), as_faer(&self.components));
        for (j, mean) in self.mean.iter().enumerate() {
            x.col_mut(j).iter_mut().for_each(|value| *value += mean);
        }
        Ok(to_f32(&x))
    }

    fn check(
        &self,
        place: &'static str,
        x: &Features<'_>,
        n_columns: usize,
    ) -> Result<(), InputError> {
        if x.ncols() != n_columns {
            let expected = vec![x.nrows(), n_columns];
            return Err(InputError::Shape { place, expected, got: x.shape().to_vec() });
        }
        ensure_finite(place, x)
    }
}

fn multiply(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(a.nrows(), b.ncols());
    matmul(product.as_mut(), Accum::Replace, a, b, 1.0, Par::rayon(0));
    product
}

fn as_faer(x: &Array2<f64>) -> MatRef<'_, f64> {
    let values = x.as_slice().unwrap_or_default();
    MatRef::from_row_major_slice(values, x.nrows(), x.ncols())
}

fn to_f32(x: &Mat<f64>) -> Array2<f32> {
    Array2::from_shape_fn((x.nrows(), x.ncols()), |(i, j)| x[(i, j)] as f32)
}

/// A [`Pca`] of images: the cheap counterpart of an autoencoder.
#[derive(Debug, Clone, PartialEq)]
pub struct ImagePca {
    pca: Pca,
    image_shape: ImageShape,
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

fn flatten<'a>(
    images: &'a Images<'_>,
) -> Result<ndarray::CowArray<'a, f32, ndarray::Ix2>, InputError> {
    let n = images.len_of(Axis(0));
    let pixels = images.shape()[1..].iter().product::<usize>();
    let rows = images.as_standard_layout().into_shape_with_order((n, pixels));
    rows.map_err(|_| shape_error(images))
}

fn shape_error(images: &Images<'_>) -> InputError {
    let got = images.shape().to_vec();
    InputError::Shape { place: "images", expected: got.clone(), got }
}
