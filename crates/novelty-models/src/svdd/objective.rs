use std::ops::ControlFlow;

use ndarray::{Array1, Array2};
use novelty_core::{Dataset, ImageShape};
use tch::{Kind, TchError, Tensor};

use super::config::{RadiusRule, SvddObjective};
use super::encoder::{Encoder, EncoderConfig};
use super::model::{DeepSvdd, vector};
use crate::ModelError;
use crate::bridge::to_vec;
use crate::error::TorchContext;
use crate::parameters::Parameter;
use crate::precision::SharedPrecision;
use crate::trainer::{Batch, EVALUATION_BATCH, Losses, Objective, Steps, for_each_batch};

/// Added to the distance of a labelled sample, whose inverse is taken.
const SAD_EPSILON: f64 = 1e-6;

/// The second stage: an encoder that learns to map normal images to a centre.
pub(super) struct Contract<C: EncoderConfig> {
    pub(super) model: DeepSvdd<C>,
    objective: SvddObjective,
    center_epsilon: f64,
    /// On the device, so that a step need not wait for it; 0 in the warm-up.
    radius: Tensor,
    center: Tensor,
}

impl<C: EncoderConfig> Contract<C> {
    pub(super) fn new(
        model: DeepSvdd<C>,
        objective: SvddObjective,
        center_epsilon: f64,
    ) -> Result<Self, ModelError> {
        let device = model.device();
        let (radius, center) = (vector(&[0.0], device)?, vector(&model.center, device)?);
        Ok(Self { model, objective, center_epsilon, radius, center })
    }

    /// The squared distances of a batch, `(n)`.
    fn distances(&self, batch: &Batch<'_>, train: bool) -> Result<Tensor, ModelError> {
        let codes = self.model.encoder().encode(&batch.images, train)?;
        codes
            .f_sub(&self.center)
            .and_then(|far| far.f_square())
            .and_then(|far| far.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float))
            .during("computing the distance")
    }

    fn loss(&self, distances: &Tensor, labels: &[Option<bool>]) -> Result<Tensor, TchError> {
        match self.objective {
            SvddObjective::OneClass => distances.f_mean(Kind::Float),
            SvddObjective::SoftBoundary { nu, .. } => {
                let square = self.radius.f_square()?;
                let outside = distances.f_sub(&square)?.f_relu()?.f_mean(Kind::Float)?;
                outside.f_div_scalar(nu)?.f_add(&square)?.f_sum(Kind::Float)
            }
            SvddObjective::SemiSupervised { eta } => {
                let sign = |label: &Option<bool>| match label {
                    None => 0.0,
                    Some(false) => 1.0,
                    Some(true) => -1.0,
                };
                let signs: Vec<f32> = labels.iter().map(sign).collect();
                let signs = Tensor::f_from_slice(&signs)?.f_to_device(distances.device())?;
                let powers = distances.f_add_scalar(SAD_EPSILON)?.f_pow(&signs)?;
                let labelled = powers.f_mul_scalar(eta)?;
                distances.f_where_self(&signs.f_eq(0.0)?, &labelled)?.f_mean(Kind::Float)
            }
        }
    }

    /// Applies `take` to the codes of a dataset, in evaluation mode, with the samples' labels.
    fn for_each_code<D: Dataset + Sync + ?Sized>(
        &self,
        data: &D,
        mut take: impl FnMut(&Array2<f32>, &[Option<bool>]),
    ) -> Result<(), ModelError> {
        let order: Vec<usize> = (0..data.len()).collect();
        for_each_batch(data, &order, EVALUATION_BATCH, |read| {
            take(&self.model.codes(&read.images())?, read.labels());
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The mean code, of all samples but known anomalies, kept away from 0.
    fn find_center<D: Dataset + Sync + ?Sized>(&self, data: &D) -> Result<Vec<f32>, ModelError> {
        let is_supervised = matches!(self.objective, SvddObjective::SemiSupervised { .. });
        let (mut sum, mut n) = (Array1::<f64>::zeros(self.model.center.len()), 0_usize);
        self.for_each_code(data, |codes, labels| {
            for (code, label) in codes.outer_iter().zip(labels) {
                if !(is_supervised && *label == Some(true)) {
                    sum += &code.mapv(f64::from);
                    n += 1;
                }
            }
        })?;
        if n == 0 {
            let place = "the training set without its known anomalies";
            return Err(novelty_core::InputError::Empty { place }.into());
        }
        let center = sum.iter().map(|&x| away_from_zero(x / n as f64, self.center_epsilon));
        let center: Vec<f32> = center.map(|x| x as f32).collect();
        match center.iter().position(|x| !x.is_finite()) {
            Some(index) => Err(ModelError::Output { index }),
            None => Ok(center),
        }
    }

    /// The squared distances of a dataset, in its order.
    fn all_distances<D: Dataset + Sync + ?Sized>(&self, data: &D) -> Result<Vec<f64>, ModelError> {
        let mut all = Vec::with_capacity(data.len());
        self.for_each_code(data, |codes, _| all.extend(self.model.distances(codes)))?;
        match all.iter().position(|d| !d.is_finite()) {
            Some(index) => Err(ModelError::Output { index }),
            None => Ok(all),
        }
    }

    /// Sets the radius that leaves a share `nu` outside.
    fn fit_radius(&mut self, distances: &[f64], nu: f64) -> Result<(), ModelError> {
        let radii = distances.iter().copied().map(f64::sqrt).collect();
        let radius = quantile(radii, 1.0 - nu) as f32;
        let radius = vector(&[radius], self.model.device())?;
        self.radius.f_copy_(&radius).during("setting the radius")
    }

    fn radius_value(&self) -> Result<f64, ModelError> {
        Ok(to_vec(&self.radius)?.first().map_or(0.0, |&radius| f64::from(radius)))
    }

    /// The model with its centre and, where it has one, the radius of its final weights.
    ///
    /// A collapsed model is an error: it would score, and mean nothing.
    pub(super) fn finish<D: Dataset + Sync + ?Sized>(
        mut self,
        data: &D,
    ) -> Result<DeepSvdd<C>, ModelError> {
        self.model.center = to_vec(&self.center)?;
        let distances = self.all_distances(data)?;
        ensure_not_collapsed(&distances, &self.model.center)?;
        if let SvddObjective::SoftBoundary { nu, radius, .. } = self.objective {
            if radius == RadiusRule::AllData {
                self.fit_radius(&distances, nu)?;
            }
            self.model.radius = Some(self.radius_value()?);
        }
        Ok(self.model)
    }
}

impl<C: EncoderConfig> Objective for Contract<C> {
    fn parameters(&self) -> &[Parameter] {
        self.model.parameters()
    }

    fn device(&self) -> tch::Device {
        self.model.device()
    }

    fn precision(&self) -> &SharedPrecision {
        self.model.shared_precision()
    }

    fn image_shape(&self) -> ImageShape {
        self.model.image_shape()
    }

    fn losses(&self, batch: &Batch<'_>, train: bool) -> Result<Losses, ModelError> {
        let distances = self.distances(batch, train)?;
        Ok(self.loss(&distances, batch.labels).during("computing the loss")?.into())
    }

    fn step(&mut self, batch: &Batch<'_>, steps: &mut Steps<'_>) -> Result<Losses, ModelError> {
        let distances = self.distances(batch, true)?;
        let loss = self.loss(&distances, batch.labels).during("computing the loss")?;
        steps.take(0, &loss)?;
        if let SvddObjective::SoftBoundary { nu, warm_up, radius: RadiusRule::LastBatch } =
            self.objective
            && batch.epoch > warm_up
        {
            let _no_grad = tch::no_grad_guard();
            distances
                .f_sqrt()
                .and_then(|radii| radii.f_quantile_scalar(1.0 - nu, 0, false, "linear"))
                .and_then(|radius| self.radius.f_copy_(&radius))
                .during("setting the radius")?;
        }
        Ok(loss.into())
    }

    fn prepare<D: Dataset + Sync + ?Sized>(&mut self, data: &D) -> Result<(), ModelError> {
        let center = self.find_center(data)?;
        self.center.f_copy_(&vector(&center, self.model.device())?).during("setting the centre")?;
        self.model.center = center;
        Ok(())
    }

    fn epoch_done<D: Dataset + Sync + ?Sized>(
        &mut self,
        epoch: usize,
        data: &D,
    ) -> Result<(), ModelError> {
        match self.objective {
            SvddObjective::SoftBoundary { nu, warm_up, radius: RadiusRule::AllData }
                if epoch >= warm_up =>
            {
                // After a resumption the model has yet to hear of its centre.
                self.model.center = to_vec(&self.center)?;
                let distances = self.all_distances(data)?;
                self.fit_radius(&distances, nu)
            }
            _ => Ok(()),
        }
    }

    fn measures(&self) -> Result<Vec<(&'static str, f64)>, ModelError> {
        let center = to_vec(&self.center)?;
        let norm = center.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
        Ok(vec![("center_norm", norm), ("radius", self.radius_value()?)])
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        let (center, radius) = (self.center.shallow_clone(), self.radius.shallow_clone());
        vec![("center".to_owned(), center), ("radius".to_owned(), radius)]
    }
}

/// A coordinate of the centre that is nearer to 0 than `epsilon` moves out to it. An exact 0,
/// which the authors' code leaves, moves to the positive side.
fn away_from_zero(x: f64, epsilon: f64) -> f64 {
    if x.abs() >= epsilon {
        x
    } else if x < 0.0 {
        -epsilon
    } else {
        epsilon
    }
}

/// Refuses distances that are all the same, or lost in the rounding of the centre.
///
/// The bounds are at what 32-bit floats resolve, far from any model that has learned something:
/// rounding moves a squared distance by about 1e-14 of the centre's squared norm.
fn ensure_not_collapsed(distances: &[f64], center: &[f32]) -> Result<(), ModelError> {
    let n = distances.len() as f64;
    let mean = distances.iter().sum::<f64>() / n;
    let variance = distances.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / n;
    let (spread, norm) =
        (variance.sqrt(), center.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>());
    let is_point = mean <= 1e-10 * norm;
    let is_shell = distances.len() > 1 && spread <= 1e-5 * mean;
    if is_point || is_shell {
        return Err(ModelError::Collapsed { mean, spread, n_samples: distances.len() });
    }
    Ok(())
}

/// The quantile `q` in 0..=1 by linear interpolation between order statistics, as NumPy's and
/// PyTorch's.
fn quantile(mut values: Vec<f64>, q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = q * values.len().saturating_sub(1) as f64;
    let at = |i: f64| values.get(i as usize).copied().unwrap_or(0.0);
    let (low, high) = (at(place.floor()), at(place.ceil()));
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_coordinate_of_the_centre_is_near_zero() {
        let moved = [0.05, -0.05, 0.0, -0.0, 0.1, -0.3].map(|x| away_from_zero(x, 0.1));
        let wanted = [0.1, -0.1, 0.1, 0.1, 0.1, -0.3];
        assert!(moved.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-15), "{moved:?}");
    }

    #[test]
    fn collapsed_distances_are_refused() {
        let center = [0.5, -0.5];
        assert!(ensure_not_collapsed(&[0.2, 0.3, 0.1], &center).is_ok());
        assert!(ensure_not_collapsed(&[1e-6, 3e-7, 2e-6], &center).is_ok());
        assert!(ensure_not_collapsed(&[0.2], &center).is_ok());
        for distances in [[0.2, 0.2, 0.2], [0.2, 0.2 + 1e-7, 0.2], [1e-13, 3e-13, 1e-14]] {
            let refused = ensure_not_collapsed(&distances, &center);
            assert!(matches!(refused, Err(ModelError::Collapsed { n_samples: 3, .. })));
        }
    }

    #[test]
    fn quantiles_interpolate() {
        let values = || vec![4.0, 1.0, 3.0, 2.0];
        for (q, wanted) in [(0.0, 1.0), (0.5, 2.5), (0.9, 3.7), (1.0, 4.0)] {
            assert!((quantile(values(), q) - wanted).abs() < 1e-12);
        }
    }
}
