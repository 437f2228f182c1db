//! `novelty-models` against PyTorch: the same networks from the same weights, on the same images
//! in the same order, with the same noise.

mod inputs;
mod networks;
mod scoring;
mod training;

use std::process::ExitCode;

use novelty_benches::compare::{Peer, Prepare, Task, serve};
use novelty_models::LeNet;

use networks::{
    digit_vae, digits, faces, flat_faces, lenet, noisy_digits, part_vae, parts, plain_faces,
    published_parts, sheets,
};
use scoring::{adversarial_bounds, bounds, distances, errors};
use training::{adversarial, autoencoder, denoising, hypersphere, variational};

fn main() -> ExitCode {
    serve(&[&training_tasks()[..], &scoring_tasks()[..]].concat())
}

type Listed = (&'static str, &'static str, Prepare);

/// An epoch of training, from fresh weights and optimiser to the mean loss.
fn training_tasks() -> Vec<Task<'static>> {
    let tasks: [Listed; 16] = [
        ("train_28x28_batch_32", "640 MNIST images, 28x28 autoencoder", || {
            autoencoder(digits(), 640, 32)
        }),
        ("train_28x28_batch_128", "the same in batches of 128", || autoencoder(digits(), 640, 128)),
        ("train_64x64x3_norm", "512 images, face autoencoder with BatchNorm, batch 128", || {
            autoencoder(faces(), 512, 128)
        }),
        ("train_64x64x3_conv", "the same without BatchNorm", || {
            autoencoder(plain_faces(), 512, 128)
        }),
        ("train_64x64x3_mlp", "2,048 images, fully connected face autoencoder, batch 128", || {
            autoencoder(flat_faces(), 2048, 128)
        }),
        ("train_denoising", "512 images, denoising autoencoder, Adadelta, batch 128", || {
            denoising(512, 128)
        }),
        ("train_lenet_mnist", "1,000 images, MNIST LeNet, batch 200", || {
            autoencoder(lenet(LeNet::Mnist), 1000, 200)
        }),
        ("train_lenet_fashion", "600 images, Fashion-MNIST LeNet, batch 200", || {
            autoencoder(lenet(LeNet::FashionMnist), 600, 200)
        }),
        ("train_lenet_cifar", "400 images, CIFAR-10 LeNet, batch 200", || {
            autoencoder(lenet(LeNet::Cifar10), 400, 200)
        }),
        ("train_gray", "16 images, 128x128 gray autoencoder, batch 8", || {
            autoencoder(sheets(), 16, 8)
        }),
        ("train_drift_slim", "32 images 150x150x3, drift autoencoder, slim, batch 16", || {
            autoencoder(parts(), 32, 16)
        }),
        ("train_drift_published", "2 images, the published decoder, batch 2", || {
            autoencoder(published_parts(), 2, 2)
        }),
        ("train_vae_mlp", "10,240 MNIST images, fully connected VAE, batch 128", || {
            variational(digit_vae(), 10240, 128)
        }),
        ("train_vae_conv", "32 images 150x150x3, convolutional VAE, batch 16", || {
            variational(part_vae(), 32, 16)
        }),
        ("train_vae_gan", "512 MNIST images, VAEGAN, batch 128", || adversarial(512, 128)),
        ("train_deep_svdd", "2,000 MNIST images, Deep SVDD's second stage, batch 200", || {
            hypersphere(2000, 200)
        }),
    ];
    // Convolutions of another memory layout sum in another order.
    tasks.map(|task| against_pytorch(task, 2e-3)).into()
}

/// A score an image, from arrays to arrays.
fn scoring_tasks() -> Vec<Task<'static>> {
    let tasks: [Listed; 15] = [
        ("score_28x28", "2,560 MNIST images, 28x28 autoencoder", || errors(&digits(), 2560)),
        ("score_64x64x3_norm", "1,024 images, face autoencoder with BatchNorm", || {
            errors(&faces(), 1024)
        }),
        ("score_64x64x3_conv", "the same without BatchNorm", || errors(&plain_faces(), 1024)),
        ("score_64x64x3_mlp", "2,048 images, fully connected face autoencoder", || {
            errors(&flat_faces(), 2048)
        }),
        ("score_denoising", "1,024 MNIST images, denoising autoencoder", || {
            errors(&noisy_digits(), 1024)
        }),
        ("score_lenet_mnist", "2,560 images, MNIST LeNet", || errors(&lenet(LeNet::Mnist), 2560)),
        ("score_lenet_fashion", "1,024 images, Fashion-MNIST LeNet", || {
            errors(&lenet(LeNet::FashionMnist), 1024)
        }),
        ("score_lenet_cifar", "512 images, CIFAR-10 LeNet", || errors(&lenet(LeNet::Cifar10), 512)),
        ("score_gray", "64 images, 128x128 gray autoencoder", || errors(&sheets(), 64)),
        ("score_drift_slim", "128 images 150x150x3, drift autoencoder, slim", || {
            errors(&parts(), 128)
        }),
        ("score_drift_published", "2 images, the published decoder", || {
            errors(&published_parts(), 2)
        }),
        ("score_vae_mlp", "10,240 MNIST images, fully connected VAE, bound", || {
            bounds(&digit_vae(), 10240)
        }),
        ("score_vae_conv", "128 images 150x150x3, convolutional VAE, bound", || {
            bounds(&part_vae(), 128)
        }),
        ("score_vae_gan", "2,560 MNIST images, VAEGAN, bound", || adversarial_bounds(2560)),
        ("score_deep_svdd", "5,120 MNIST images, Deep SVDD", || distances(5120)),
    ];
    tasks.map(|task| against_pytorch(task, 1e-4)).into()
}

fn against_pytorch((name, description, ours): Listed, rtol: f64) -> Task<'static> {
    let peers = &[Peer::Python("torch eager"), Peer::Python("torch compile")];
    Task { name, description, rtol, atol: 0.0, ours, peers }
}
