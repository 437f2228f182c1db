use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{
    qr_in_place, qr_in_place_scratch, recommended_block_size,
};
use faer::{Conj, Mat, Par};

use crate::ClusterError;

/// The QR decomposition of a tall block: its orthonormal columns `Q` and the upper triangle `R`.
///
/// One thread does it: how faer's own `qr` cuts the work depends on the number of threads, and
/// the last bits with it.
pub(crate) fn orthonormal(mut block: Mat<f64>) -> Result<(Mat<f64>, Mat<f64>), ClusterError> {
    let (size, l) = block.shape();
    let inner = recommended_block_size::<f64>(size, l);
    let mut coefficients = Mat::zeros(inner, l.min(size));
    let needed = qr_in_place_scratch::<f64>(size, l, inner, Par::Seq, Default::default())
        .or(apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(size, inner, l));
    let mut buffer =
        MemBuffer::try_new(needed).map_err(|_| ClusterError::NoConvergence { size })?;
    let stack = MemStack::new(&mut buffer);
    qr_in_place(block.as_mut(), coefficients.as_mut(), Par::Seq, stack, Default::default());
    let triangle = Mat::from_fn(l, l, |i, j| if i <= j { block[(i, j)] } else { 0.0 });
    let mut columns = Mat::identity(size, l);
    apply_block_householder_sequence_on_the_left_in_place_with_conj(
        block.as_ref(),
        coefficients.as_ref(),
        Conj::No,
        columns.as_mut(),
        Par::Seq,
        stack,
    );
    Ok((columns, triangle))
}
