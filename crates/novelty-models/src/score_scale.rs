//! Scores of different kinds put on one scale and added.

use std::ops::ControlFlow;

use novelty_core::{Dataset, Images};
use tch::{Kind, TchError, Tensor};

use crate::error::TorchContext;
use crate::trainer::for_each_batch;
use crate::{Init, ModelError, Parameters};

/// Training images that a scale is taken from, spread over the dataset.
const N_MEASURED: usize = 1024;

/// Means of several scores over training images, and one over their standard deviations: saved
/// with the model, and not trained.
#[derive(Debug)]
pub(crate) struct ScoreScale {
    mean: Tensor,
    weight: Tensor,
}

impl ScoreScale {
    /// Of `n` scores; they are taken as they are until they are measured.
    pub(crate) fn build(parameters: &mut Parameters, n: usize) -> Result<Self, ModelError> {
        Ok(Self {
            mean: parameters.buffer("scores.mean", &[n], Init::Constant(0.0))?,
            weight: parameters.buffer("scores.weight", &[n], Init::Constant(1.0))?,
        })
    }

    /// The scores, each `(n)`, in standard deviations from their means, added.
    pub(crate) fn sum(&self, scores: &[&Tensor]) -> Result<Tensor, ModelError> {
        let sum = || -> Result<Tensor, TchError> {
            let all = Tensor::f_stack(scores, 1)?;
            let scaled = all.f_sub(&self.mean)?.f_mul(&self.weight)?;
            scaled.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)
        };
        sum().during("joining scores")
    }

    /// The same scale, which need not follow later changes.
    pub(crate) fn prepared(&self) -> Result<Self, ModelError> {
        let copy = |tensor: &Tensor| tensor.f_detach().during("preparing the layers");
        Ok(Self { mean: copy(&self.mean)?, weight: copy(&self.weight)? })
    }

    /// Takes the scale of training images; `scores` gives one list of each kind of score.
    pub(crate) fn measure<D: Dataset + Sync + ?Sized>(
        &self,
        data: &D,
        scores: impl Fn(Images<'_>) -> Result<Vec<Vec<f32>>, ModelError>,
    ) -> Result<(), ModelError> {
        let n = data.len();
        let order: Vec<usize> = (0..n.min(N_MEASURED)).map(|i| i * n / n.min(N_MEASURED)).collect();
        let mut all: Vec<Vec<f32>> = vec![Vec::new(); self.mean.numel()];
        for_each_batch(data, &order, 128, |read| {
            all.iter_mut().zip(scores(read.images())?).for_each(|(all, part)| all.extend(part));
            Ok(ControlFlow::Continue(()))
        })?;
        let moments: Vec<_> = all.iter().map(|scores| moments(scores)).collect();
        let means: Vec<f32> = moments.iter().map(|(mean, _)| *mean).collect();
        let weights: Vec<f32> = moments.iter().map(|(_, deviation)| deviation.recip()).collect();
        let _no_grad = tch::no_grad_guard();
        for (tensor, values) in [(&self.mean, means), (&self.weight, weights)] {
            let values = Tensor::f_from_slice(&values).during("measuring scores")?;
            tensor.shallow_clone().f_copy_(&values).during("measuring scores")?;
        }
        Ok(())
    }
}

/// Mean and standard deviation; the latter 1 where all values are alike.
fn moments(values: &[f32]) -> (f32, f32) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let squares: f64 = values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
    let deviation = (squares / n).sqrt() as f32;
    (
        mean as f32,
        if deviation > 1e-6 * mean.abs() as f32 && deviation > 0.0 { deviation } else { 1.0 },
    )
}
