//! Scoring with initial weights.

use novelty_benches::compare::{Run, TaskError};
use novelty_core::Score;
use novelty_data::InMemoryDataset;
use novelty_models::{DeepSvddConfig, LeNet, NetworkConfig, VaeConfig, VaeGanScore, VaeScore};
use novelty_scoring::ReconstructionError;

use super::inputs::{folder, images, initial};
use super::networks::{lenet, vae_gan};
use super::training::settings;

/// Mean squared reconstruction errors.
pub(super) fn errors<C>(network: &C, n: usize) -> Result<Run, TaskError>
where
    C: NetworkConfig + 'static,
    C::Network: 'static,
{
    let (images, model) = (images(network.image_shape(), n)?, initial(network)?);
    Ok(Box::new(move || answer(&ReconstructionError::mse(&model).score(images.view())?)))
}

/// Negative evidence lower bounds of a variational autoencoder.
pub(super) fn bounds(network: &VaeConfig, n: usize) -> Result<Run, TaskError> {
    let (images, model) = (images(network.image_shape, n)?, initial(network)?);
    Ok(Box::new(move || answer(&VaeScore::elbo(&model).score(images.view())?)))
}

/// The same of an adversarial autoencoder.
pub(super) fn adversarial_bounds(n: usize) -> Result<Run, TaskError> {
    let network = vae_gan();
    let (images, model) = (images(network.image_shape, n)?, initial(&network)?);
    Ok(Box::new(move || answer(&VaeGanScore::bound(&model).score(images.view())?)))
}

/// Squared distances from the centre of a hypersphere, after one epoch.
pub(super) fn distances(n: usize) -> Result<Run, TaskError> {
    let network = lenet(LeNet::Mnist);
    let images = images(network.image_shape(), n)?;
    let config = DeepSvddConfig::new(network).pretraining(None).train(settings(200));
    let data = InMemoryDataset::new(images.clone())?;
    let model = config.fit_dataset(&data, &mut ())?.model;
    model.save(folder())?;
    Ok(Box::new(move || answer(&model.score(images.view())?)))
}

fn answer(scores: &ndarray::Array1<f32>) -> Result<Vec<f64>, TaskError> {
    Ok(scores.iter().map(|&score| f64::from(score)).collect())
}
