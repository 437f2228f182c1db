//! One epoch of training from initial weights; the answer is its mean loss.

use novelty_benches::compare::{Run, TaskError};
use novelty_core::ImageShape;
use novelty_data::InMemoryDataset;
use novelty_models::{
    AdadeltaConfig, AdamConfig, DeepSvddConfig, Device, History, LeNet, Loss, NetworkConfig,
    TrainConfig, Trainer, VaeConfig, VaeGanTrainer, VaeTrainer,
};

use super::inputs::{Noise, Recorder, SEED, images, initial, noise};
use super::networks::{lenet, noisy_digits, vae_gan};

const NONE: Option<&InMemoryDataset> = None;

/// One epoch of Adam at 1e-3.
pub(super) fn settings(batch_size: usize) -> TrainConfig {
    TrainConfig::new().epochs(1).batch_size(batch_size).seed(SEED).device(Device::Cpu)
}

fn answer(history: &History) -> Result<Vec<f64>, TaskError> {
    Ok(history.final_train_loss().into_iter().collect())
}

/// An autoencoder by its mean squared error.
pub(super) fn autoencoder<C>(network: C, n: usize, batch_size: usize) -> Result<Run, TaskError>
where
    C: NetworkConfig + 'static,
    C::Network: 'static,
{
    let images = start(&network, n)?;
    redraw(Trainer::new(network, settings(batch_size)), images)
}

/// The denoising autoencoder as published: noise of 0.5, cross-entropy, Adadelta.
pub(super) fn denoising(n: usize, batch_size: usize) -> Result<Run, TaskError> {
    let network = noisy_digits();
    let images = start(&network, n)?;
    noise(Noise::Images, n, batch_size, pixels(network.image_shape))?;
    let config = settings(batch_size).optimizer(AdadeltaConfig::default()).learning_rate(1.0);
    let trainer = Trainer::new(network, config).noise(0.5).loss(Loss::BinaryCrossEntropy);
    redraw(trainer, images)
}

fn redraw<C>(trainer: Trainer<C>, images: InMemoryDataset) -> Result<Run, TaskError>
where
    C: NetworkConfig + 'static,
    C::Network: 'static,
{
    let images = Recorder::leave_order(images, 0, |data| {
        trainer.fit_dataset(data, NONE, &mut ())?;
        Ok(())
    })?;
    Ok(Box::new(move || answer(&trainer.fit_dataset(&images, NONE, &mut ())?.history)))
}

/// A variational autoencoder.
pub(super) fn variational(
    network: VaeConfig,
    n: usize,
    batch_size: usize,
) -> Result<Run, TaskError> {
    let images = start(&network, n)?;
    noise(Noise::Codes, n, batch_size, network.n_features)?;
    let trainer = VaeTrainer::new(network, settings(batch_size));
    let images = Recorder::leave_order(images, 0, |data| {
        trainer.fit_dataset(data, NONE, &mut ())?;
        Ok(())
    })?;
    Ok(Box::new(move || answer(&trainer.fit_dataset(&images, NONE, &mut ())?.history)))
}

/// An adversarial autoencoder: its discriminators, then the rest.
pub(super) fn adversarial(n: usize, batch_size: usize) -> Result<Run, TaskError> {
    let network = vae_gan();
    let images = start(&network, n)?;
    noise(Noise::Codes, n, batch_size, network.n_features)?;
    noise(Noise::Prior, n, batch_size, network.n_features)?;
    let trainer = VaeGanTrainer::new(network, settings(batch_size));
    let images = Recorder::leave_order(images, 0, |data| {
        trainer.fit_dataset(data, NONE, &mut ())?;
        Ok(())
    })?;
    Ok(Box::new(move || answer(&trainer.fit_dataset(&images, NONE, &mut ())?.history)))
}

/// A one-class hypersphere from random weights: its centre, an epoch, and every distance.
pub(super) fn hypersphere(n: usize, batch_size: usize) -> Result<Run, TaskError> {
    let network = lenet(LeNet::Mnist);
    let images = start(&network, n)?;
    let optimizer = AdamConfig::default().weight_decay(0.5e-6);
    let stage = settings(batch_size).learning_rate(1e-4).optimizer(optimizer);
    let config = DeepSvddConfig::new(network).pretraining(None).train(stage);
    // The images are read once for the centre.
    let images = Recorder::leave_order(images, n, |data| {
        config.fit_dataset(data, &mut ())?;
        Ok(())
    })?;
    Ok(Box::new(move || answer(&config.fit_dataset(&images, &mut ())?.history)))
}

/// Images and initial weights, left for the peers.
fn start<C: NetworkConfig>(network: &C, n: usize) -> Result<InMemoryDataset, TaskError> {
    initial(network)?;
    Ok(InMemoryDataset::new(images(network.image_shape(), n)?)?)
}

fn pixels(shape: ImageShape) -> usize {
    shape.channels * shape.height * shape.width
}
