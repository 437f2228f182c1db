use tch::{Kind, TchError, Tensor};

use crate::ModelError;
use crate::bridge::to_vec;
use crate::error::TorchContext;

/// Batches whose losses stay on the device before they are read. On a GPU, reading one waits for
/// everything before it; keeping those of a long epoch would take memory by its length.
const UNREAD: usize = 1024;

/// The means of an epoch's losses over its samples.
#[derive(Debug, Default)]
pub(super) struct Means {
    epoch: usize,
    /// Losses of the batches in `sizes`, a row a batch. A tensor a batch would lie, small as it
    /// is, in a gap that a map of the next batch needs: memory would grow by the maps of a batch.
    unread: Option<Tensor>,
    /// Samples of each unread batch.
    sizes: Vec<usize>,
    sums: Vec<f64>,
    n_batches: usize,
    n_samples: usize,
}

impl Means {
    pub(super) fn of_epoch(epoch: usize) -> Self {
        Self { epoch, sizes: Vec::with_capacity(UNREAD), ..Self::default() }
    }

    /// Batches taken in.
    pub(super) fn n_batches(&self) -> usize {
        self.n_batches + self.sizes.len()
    }

    /// Takes in a batch's losses, each a mean over its samples.
    pub(super) fn push(&mut self, losses: &[Tensor], n_samples: usize) -> Result<(), ModelError> {
        self.note(losses).during("noting the losses")?;
        self.sizes.push(n_samples);
        if self.sizes.len() < UNREAD { Ok(()) } else { self.read() }
    }

    fn note(&mut self, losses: &[Tensor]) -> Result<(), TchError> {
        let Some(first) = losses.first() else { return Ok(()) };
        let table = match self.unread.take() {
            Some(table) => table,
            None => {
                let size = [UNREAD as i64, losses.len() as i64];
                Tensor::f_zeros(size, (Kind::Float, first.device()))?
            }
        };
        let row = table.f_get(self.sizes.len() as i64)?;
        for (kind, loss) in losses.iter().enumerate() {
            row.f_get(kind as i64)?.f_copy_(loss)?;
        }
        self.unread = Some(table);
        Ok(())
    }

    /// The means.
    pub(super) fn finish(mut self) -> Result<Vec<f64>, ModelError> {
        self.read()?;
        Ok(self.sums.iter().map(|sum| sum / self.n_samples as f64).collect())
    }

    /// Reads what is unread in one go, and refuses a loss that is not a number any more.
    fn read(&mut self) -> Result<(), ModelError> {
        let Some(table) = &self.unread else { return Ok(()) };
        let values = table.f_narrow(0, 0, self.sizes.len() as i64).during("reading the losses")?;
        let (values, n_kinds) = (to_vec(&values)?, values.size()[1] as usize);
        if let Some(first) = values.iter().position(|loss| !loss.is_finite()) {
            let (epoch, batch) = (self.epoch, self.n_batches + first / n_kinds + 1);
            return Err(ModelError::Diverged { epoch, batch, loss: f64::from(values[first]) });
        }
        self.sums.resize(n_kinds, 0.0);
        for (row, &n) in values.chunks(n_kinds).zip(&self.sizes) {
            for (sum, &loss) in self.sums.iter_mut().zip(row) {
                *sum += f64::from(loss) * n as f64;
            }
            self.n_samples += n;
        }
        self.n_batches += self.sizes.len();
        self.sizes.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(values: [f32; 2]) -> Vec<Tensor> {
        values.iter().map(|&x| Tensor::from(x)).collect()
    }

    #[test]
    fn long_epochs_are_read_in_parts() {
        let n = 2 * UNREAD + 3;
        let mut means = Means::of_epoch(1);
        for i in 0..n {
            means.push(&losses([i as f32, 1.0]), 1 + i % 2).unwrap();
            assert!(means.sizes.len() < UNREAD);
            assert_eq!(means.n_batches(), i + 1);
        }
        let (sum, count) = (0..n).fold((0.0, 0.0), |(sum, count), i| {
            let weight = (1 + i % 2) as f64;
            (sum + weight * i as f64, count + weight)
        });
        let found = means.finish().unwrap();
        assert!((found[0] - sum / count).abs() < 1e-9 && (found[1] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_first_bad_batch_is_named() {
        let mut means = Means::of_epoch(7);
        let read = (0..2 * UNREAD).try_for_each(|i| {
            let bad = if i >= UNREAD + 5 { f32::NAN } else { 0.0 };
            means.push(&losses([1.0, bad]), 1)
        });
        match read.unwrap_err() {
            ModelError::Diverged { epoch, batch, loss } => {
                assert_eq!((epoch, batch), (7, UNREAD + 6));
                assert!(loss.is_nan());
            }
            other => panic!("{other}"),
        }
    }
}
