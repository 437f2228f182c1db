//! Whether an adversarial autoencoder still draws different images of different codes.

use std::fmt;
use std::ops::ControlFlow;

use ndarray::{Array, Array2, Array4, Axis, RemoveAxis, concatenate};
use novelty_core::{Dataset, Embed};

use super::{VaeGan, VaeGanNetwork};
use crate::ModelError;
use crate::bridge::to_vec;
use crate::trainer::for_each_batch;

/// Images looked at after each epoch, spread over the dataset; and as many samples.
const N_PROBED: usize = 128;

/// Samples that differ less than a tenth as much as the images do are all one image.
const LEAST_SPREAD: f64 = 0.1;

/// A feature whose means vary less than this, where the prior's variance is 1, says nothing.
///
/// Burda, Grosse and Salakhutdinov, *Importance Weighted Autoencoders*, ICLR 2016.
const ACTIVE_VARIANCE: f64 = 0.01;

/// How an adversarial autoencoder can fail while its losses look well.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum VaeGanCollapse {
    /// Samples of all codes are nearly the same image: the decoder has found one that the
    /// discriminator takes for real.
    Samples {
        /// How much the pixels of samples vary, as a share of how much the images' do.
        spread: f64,
    },
    /// No feature of the code varies from image to image.
    Codes,
}

impl fmt::Display for VaeGanCollapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Samples { spread } => {
                write!(f, "samples vary {spread:.3} times as much as the images")
            }
            Self::Codes => f.write_str("no feature of the code varies from image to image"),
        }
    }
}

/// How well a model is, after an epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Health {
    sample_spread: f64,
    n_active: usize,
    /// Of the image discriminator, on images and samples alike.
    accuracy: f64,
}

impl Health {
    pub(super) fn collapse(&self) -> Option<VaeGanCollapse> {
        if self.n_active == 0 {
            Some(VaeGanCollapse::Codes)
        } else if self.sample_spread < LEAST_SPREAD {
            Some(VaeGanCollapse::Samples { spread: self.sample_spread })
        } else {
            None
        }
    }

    pub(super) fn measures(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("sample_spread", self.sample_spread),
            ("active_features", self.n_active as f64),
            ("discriminator_accuracy", self.accuracy),
        ]
    }
}

/// Looks at images of `data` and at as many samples.
pub(super) fn probe<D: Dataset + Sync + ?Sized>(
    model: &VaeGan,
    data: &D,
) -> Result<Health, ModelError> {
    let images = spread_images(data)?;
    let samples = model.sample(images.len_of(Axis(0)), 0)?;
    let codes = model.embed(images.view())?;
    // A single image, or images that are all alike, cannot be varied less.
    let variance = total_variance(&images).max(1e-12);
    Ok(Health {
        sample_spread: (total_variance(&samples) / variance).sqrt(),
        n_active: n_active(&codes),
        accuracy: (share_real(model, &images)? + 1.0 - share_real(model, &samples)?) / 2.0,
    })
}

fn spread_images<D: Dataset + Sync + ?Sized>(data: &D) -> Result<Array4<f32>, ModelError> {
    let n = data.len();
    let order: Vec<usize> = (0..n.min(N_PROBED)).map(|i| i * n / n.min(N_PROBED)).collect();
    let mut parts = Vec::new();
    for_each_batch(data, &order, N_PROBED, |read| {
        parts.push(read.images().to_owned());
        Ok(ControlFlow::Continue(()))
    })?;
    let views: Vec<_> = parts.iter().map(Array4::view).collect();
    concatenate(Axis(0), &views).map_err(|error| ModelError::Torch {
        operation: "joining batches",
        message: error.to_string(),
    })
}

/// The sum of the variances of the values, over samples.
fn total_variance<D: RemoveAxis>(samples: &Array<f32, D>) -> f64 {
    let wide = samples.mapv(f64::from);
    wide.var_axis(Axis(0), 0.0).sum()
}

fn n_active(codes: &Array2<f32>) -> usize {
    let variances = codes.mapv(f64::from).var_axis(Axis(0), 0.0);
    variances.iter().filter(|&&variance| variance > ACTIVE_VARIANCE).count()
}

/// The share that the image discriminator takes for real.
fn share_real(model: &VaeGan, images: &Array4<f32>) -> Result<f64, ModelError> {
    let logits = model.in_parts(&images.view(), |network: &VaeGanNetwork, part| {
        to_vec(&network.discriminator().look(part, false)?.logits)
    })?;
    let n_real = logits.iter().flatten().filter(|&&logit| logit > 0.0).count();
    Ok(n_real as f64 / images.len_of(Axis(0)) as f64)
}
