//! The largest eigenvalues of a symmetric operator, by block Lanczos with full
//! orthogonalisation and thick restarts.
//!
//! Every application of the operator widens a Krylov space, in which all eigenvalues are
//! approximated at once; that takes a fraction of the passes over the data that subspace
//! iteration takes. The residuals come with it, so that it stops when the answer is good.
//!
//! Golub and Underwood, *The Block Lanczos Method for Computing Eigenvalues*, 1977; Musco and
//! Musco, *Randomized Block Krylov Methods for Stronger and Faster Approximate Singular Value
//! Decomposition*, 2015; Wu and Simon, *Thick-Restart Lanczos Method*, 2000.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::eigen::Eigen;
use super::orthonormal::orthonormal;
use crate::ClusterError;

/// What to look for, and how long.
pub(crate) struct Search {
    /// Eigenvalues.
    pub(crate) k: usize,
    /// Columns a block.
    pub(crate) block: usize,
    /// Columns that a restart keeps, at least `k`.
    pub(crate) kept: usize,
    /// Columns of the basis at most, at least those kept and two blocks.
    pub(crate) max_basis: usize,
    /// Applications of the operator at most.
    pub(crate) max_passes: usize,
    /// By which factor the basis has grown when the residuals are looked at again.
    pub(crate) growth: f64,
    /// Every residual is at most this share of its eigenvalue, or of the share `floor` of the
    /// largest one where the eigenvalue is smaller.
    pub(crate) tolerance: f64,
    pub(crate) floor: f64,
    pub(crate) seed: u64,
}

/// The `k` largest eigenvalues and vectors, and whether the residuals are small enough.
pub(crate) fn largest(
    size: usize,
    search: &Search,
    mut apply: impl FnMut(MatRef<'_, f64>) -> Mat<f64>,
) -> Result<(Eigen, bool), ClusterError> {
    let mut next = random_block(size, search)?;
    // Allocated once: to widen it by copying would hold it twice.
    let mut space = Mat::<f64>::zeros(size, search.max_basis);
    let mut width = 0;
    let mut projected = Mat::<f64>::zeros(0, 0);
    let mut check_at = search.kept.max(search.block);
    for pass in 1.. {
        let mut image = apply(next.as_ref());
        space.subcols_mut(width, search.block).copy_from(&next);
        width += search.block;
        let basis = space.subcols(0, width);
        let coefficients = transposed_times(basis, image.as_ref());
        projected = bordered(projected.as_ref(), coefficients.as_ref());
        subtract(image.as_mut(), basis, coefficients.as_ref());
        let rest = transposed_times(basis, image.as_ref());
        subtract(image.as_mut(), basis, rest.as_ref());
        let coupling;
        (next, coupling) = orthonormal(image)?;

        let is_full = width + search.block > search.max_basis;
        if width < check_at && !is_full && pass < search.max_passes {
            continue;
        }
        check_at = (width as f64 * search.growth) as usize;
        let eigen = Eigen::of(projected.as_ref())?;
        let is_done = search.accepts(&eigen, coupling.as_ref());
        if is_done || pass >= search.max_passes {
            let eigen = eigen.truncated(search.k);
            let vectors = times(basis, eigen.vectors.as_ref());
            return Ok((Eigen { vectors, ..eigen }, is_done));
        }
        if is_full {
            let kept = eigen.truncated(search.kept);
            let restarted = times(basis, kept.vectors.as_ref());
            space.subcols_mut(0, search.kept).copy_from(&restarted);
            width = search.kept;
            check_at = 0;
            projected =
                Mat::from_fn(width, width, |i, j| if i == j { kept.values[i] } else { 0.0 });
        }
    }
    Err(ClusterError::NoConvergence { size })
}

impl Search {
    /// A residual is the coupling to the next block times the last entries of the vector.
    fn accepts(&self, eigen: &Eigen, coupling: MatRef<'_, f64>) -> bool {
        let last =
            eigen.vectors.subrows(eigen.vectors.nrows() - coupling.ncols(), coupling.ncols());
        let residuals = times(coupling, last.subcols(0, self.k));
        (0..self.k).all(|at| {
            let scale = eigen.values[at].max(self.floor * eigen.values[0]).max(0.0);
            residuals.col(at).norm_l2() <= self.tolerance * scale
        })
    }
}

fn random_block(size: usize, search: &Search) -> Result<Mat<f64>, ClusterError> {
    let mut random = ChaCha8Rng::seed_from_u64(search.seed);
    let block = Mat::from_fn(size, search.block, |_, _| random.gen_range(-1.0..1.0));
    Ok(orthonormal(block)?.0)
}

fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(a.nrows(), b.ncols());
    matmul(product.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
    product
}

fn times(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    product(a, b)
}

fn transposed_times(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    product(a.transpose(), b)
}

fn subtract(from: faer::MatMut<'_, f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    matmul(from, Accum::Add, a, b, -1.0, Par::Seq);
}

/// The projected operator with new last columns, and the same as last rows.
fn bordered(before: MatRef<'_, f64>, columns: MatRef<'_, f64>) -> Mat<f64> {
    let old = before.ncols();
    Mat::from_fn(columns.nrows(), columns.nrows(), |i, j| match (i < old, j < old) {
        (true, true) => before[(i, j)],
        (true, false) => columns[(i, j - old)],
        (false, true) => columns[(j, i - old)],
        (false, false) => 0.5 * (columns[(i, j - old)] + columns[(j, i - old)]),
    })
}
