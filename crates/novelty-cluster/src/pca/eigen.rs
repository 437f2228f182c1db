use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, MatRef, Par};

use crate::ClusterError;

/// Eigenvalues from large to small, and the eigenvectors that belong to them as columns.
pub(crate) struct Eigen {
    pub(crate) values: Vec<f64>,
    pub(crate) vectors: Mat<f64>,
}

impl Eigen {
    /// All of a symmetric matrix, of which the lower triangle is read. One thread does it, so
    /// that the number of threads changes no bit.
    pub(crate) fn of(matrix: MatRef<'_, f64>) -> Result<Self, ClusterError> {
        let size = matrix.nrows();
        let mut values = Diag::<f64>::zeros(size);
        let mut vectors = Mat::<f64>::zeros(size, size);
        let spec = Default::default();
        let needed =
            self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, spec);
        let mut buffer =
            MemBuffer::try_new(needed).map_err(|_| ClusterError::NoConvergence { size })?;
        self_adjoint_evd(
            matrix,
            values.as_mut(),
            Some(vectors.as_mut()),
            Par::Seq,
            MemStack::new(&mut buffer),
            spec,
        )
        .map_err(|_| ClusterError::NoConvergence { size })?;
        // Theirs are from small to large.
        let ascending = values.column_vector();
        let values = (0..size).rev().map(|at| ascending[at]).collect();
        let vectors = Mat::from_fn(size, size, |row, at| vectors[(row, size - 1 - at)]);
        Ok(Self { values, vectors })
    }

    /// The first `k` only.
    pub(crate) fn truncated(mut self, k: usize) -> Self {
        self.values.truncate(k);
        self.vectors = self.vectors.subcols(0, k).to_owned();
        self
    }
}
