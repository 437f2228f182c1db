use tch::{Kind, TchError, Tensor};

use crate::ModelError;
use crate::bridge::to_vec;
use crate::error::TorchContext;

/// Batches whose losses wait to be read together.
const AT_ONCE: usize = 1024;

/// The losses of an epoch's batches, for their means over samples.
///
/// They stay on the device until there are many: on a GPU, reading one waits for everything
/// before it. They are copied into one tensor made for them, and not kept as they come: small
/// tensors that outlive their step split the free memory between the large ones, and the next
/// step's images find no place in it. Training grew by a batch a step.
pub(super) struct EpochLosses {
    epoch: usize,
    /// `(AT_ONCE, losses of a batch)`, from the first batch on.
    waiting: Option<Tensor>,
    /// The samples of each batch that waits.
    sizes: Vec<usize>,
    /// The sums over samples of those read.
    sums: Vec<f64>,
    n_samples: usize,
    n_read: usize,
}

impl EpochLosses {
    pub(super) fn new(epoch: usize) -> Self {
        let sizes = Vec::with_capacity(AT_ONCE);
        Self { epoch, waiting: None, sizes, sums: Vec::new(), n_samples: 0, n_read: 0 }
    }

    /// Batches so far.
    pub(super) fn n_batches(&self) -> usize {
        self.n_read + self.sizes.len()
    }

    /// Adds the mean losses of a batch of `n` samples.
    pub(super) fn push(&mut self, losses: &[Tensor], n: usize) -> Result<(), ModelError> {
        self.keep(losses).during("keeping the losses")?;
        self.sizes.push(n);
        if self.sizes.len() < AT_ONCE { Ok(()) } else { self.read() }
    }

    fn keep(&mut self, losses: &[Tensor]) -> Result<(), TchError> {
        let Some(first) = losses.first() else { return Ok(()) };
        let _no_grad = tch::no_grad_guard();
        let size = [AT_ONCE as i64, losses.len() as i64];
        let waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => Tensor::f_zeros(size, (Kind::Float, first.device()))?,
        };
        let mut row = waiting.f_select(0, self.sizes.len() as i64)?;
        row.f_copy_(&Tensor::f_stack(losses, 0)?)?;
        self.waiting = Some(waiting);
        Ok(())
    }

    /// The mean of each loss.
    pub(super) fn means(mut self) -> Result<Vec<f64>, ModelError> {
        self.read()?;
        Ok(self.sums.iter().map(|sum| sum / self.n_samples as f64).collect())
    }

    fn read(&mut self) -> Result<(), ModelError> {
        let (Some(waiting), n_batches) = (&self.waiting, self.sizes.len()) else { return Ok(()) };
        let values = waiting.f_narrow(0, 0, n_batches as i64).during("reading the losses")?;
        let values = to_vec(&values)?;
        let n_kinds = values.len() / n_batches.max(1);
        if let Some(first) = values.iter().position(|loss| !loss.is_finite()) {
            let (batch, loss) = (self.n_read + first / n_kinds + 1, f64::from(values[first]));
            return Err(ModelError::Diverged { epoch: self.epoch, batch, loss });
        }
        self.sums.resize(n_kinds.max(self.sums.len()), 0.0);
        for (row, n) in values.chunks(n_kinds.max(1)).zip(&self.sizes) {
            let parts = self.sums.iter_mut().zip(row);
            parts.for_each(|(sum, &loss)| *sum += f64::from(loss) * *n as f64);
            self.n_samples += n;
        }
        self.n_read += n_batches;
        self.sizes.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(losses: [f64; 2]) -> Vec<Tensor> {
        losses.map(|loss| Tensor::from(loss as f32)).into()
    }

    #[test]
    fn means_are_weighted_and_memory_is_bounded() {
        let mut losses = EpochLosses::new(1);
        for i in 0..3 * AT_ONCE + 7 {
            assert_eq!(losses.n_batches(), i);
            losses.push(&batch([1.0, f64::from(i as u32)]), 4).unwrap();
            assert!(losses.sizes.len() < AT_ONCE);
        }
        losses.push(&batch([5.0, 0.0]), 2).unwrap();
        let n = (3 * AT_ONCE + 7) as f64;
        let means = losses.means().unwrap();
        assert!((means[0] - (4.0 * n + 10.0) / (4.0 * n + 2.0)).abs() < 1e-12, "{means:?}");
        let expected = 4.0 * n * (n - 1.0) / 2.0 / (4.0 * n + 2.0);
        assert!((means[1] / expected - 1.0).abs() < 1e-12, "{means:?}");
    }

    #[test]
    fn the_first_bad_batch_is_named() {
        let mut losses = EpochLosses::new(3);
        for _ in 0..AT_ONCE + 4 {
            losses.push(&batch([1.0, 2.0]), 1).unwrap();
        }
        losses.push(&batch([1.0, f64::NAN]), 1).unwrap();
        let error = losses.means().unwrap_err();
        let is_named = matches!(error, ModelError::Diverged { epoch: 3, batch, loss }
            if batch == AT_ONCE + 5 && loss.is_nan());
        assert!(is_named, "{error}");
    }
}
