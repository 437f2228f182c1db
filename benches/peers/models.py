"""Peers of novelty-models: the same networks in PyTorch, from the same weights.

`load_state_dict(strict=True)` on our checkpoint is part of the comparison.
"""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from harness import serve
from safetensors.torch import load_file
from torch.nn.functional import binary_cross_entropy, mse_loss, softplus

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "crates/novelty-models/tests/golden"))

from architectures import MODELS, Vae, drift_encoder, drift_slim_decoder  # noqa: E402

FOLDER = os.environ.get("NOVELTY_COMPARE_DIR", ".")
# Images scored at a time: PyTorch is slower in parts of 256, whose values leave the caches.
PART = 64

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))


def vae_slim():
    return Vae(drift_encoder(512), 512, 32, drift_slim_decoder(32))


NETWORKS = {**MODELS, "vae_slim": (vae_slim, (3, 150, 150))}


def floats(name, *shape):
    values = np.fromfile(os.path.join(FOLDER, name), dtype="<f4")
    return torch.from_numpy(values.reshape(-1, *shape))


def model_and_weights(make):
    weights = load_file(os.path.join(FOLDER, "model.safetensors"))
    model = make()
    state = model.state_dict()
    counters = {name: t for name, t in state.items() if name.endswith("num_batches_tracked")}
    model.load_state_dict({**counters, **weights}, strict=True)
    return model, {name: tensor.clone() for name, tensor in model.state_dict().items()}


def adam(model, **settings):
    return torch.optim.Adam(model.parameters(), **{"lr": 1e-3, **settings})


def epoch(step, order, batch_size):
    """The mean loss over an epoch of `step(indices, place)`, read once, at its end."""
    total = torch.zeros(())
    starts = [*range(0, len(order), batch_size), len(order)]
    for start, end in pairwise(starts):
        total += step(order[start:end], slice(start, end)) * (end - start)
    return [total.item() / len(order)]


def training(name, batch_size, compiled, prepare_step):
    """A task: `prepare_step(model, x, compiled)` gives a function that starts an epoch."""
    make, shape = NETWORKS[name]

    def prepare():
        x = floats("images.f32", *shape)
        with open(os.path.join(FOLDER, "order.json"), encoding="ascii") as file:
            order = torch.tensor(json.load(file))
        model, weights = model_and_weights(make)
        begin = prepare_step(model, x, torch.compile if compiled else lambda function: function)
        model.train()

        def run():
            model.load_state_dict(weights)
            return epoch(begin(), order, batch_size)

        return run

    return prepare, torch.__version__


def descend(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def redraw(model, x, compiled):
    forward = compiled(model)

    def begin():
        optimizer = adam(model)

        def step(indices, _):
            batch = x[indices]
            return descend(optimizer, mse_loss(forward(batch), batch))

        return step

    return begin


def denoise(model, x, compiled):
    forward, noise = compiled(model), floats("noise-1.f32", *x.shape[1:])

    def begin():
        optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0, rho=0.95, eps=1e-6)

        def step(indices, place):
            batch = x[indices]
            noisy = (batch + 0.5 * noise[place]).clamp_(0.0, 1.0)
            return descend(optimizer, binary_cross_entropy(forward(noisy), batch))

        return step

    return begin


def vary(model, x, compiled):
    losses, noise = compiled(model.losses), floats("noise-2.f32", model.code)

    def begin():
        optimizer = adam(model)
        return lambda indices, place: descend(optimizer, losses(x[indices], noise[place]).mean())

    return begin


def contest(model, x, compiled):
    """The discriminator's step, then the autoencoder's, as VaeGanTrainer takes them."""
    noise, prior = (floats(f"noise-{k}.f32", model.code) for k in (2, 3))

    def draw(images, noise, prior):
        mean, log_variance = model.distribution(images)
        codes = mean + noise * torch.exp(0.5 * log_variance)
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1)
        return model.decoder(torch.cat([codes, prior])), divergence

    def judge(images, drawn):
        logits = model.look(torch.cat([images, drawn]))[1]
        real, made = logits[: len(images)], logits[len(images) :]
        return (0.9 * softplus(-real) + 0.1 * softplus(real)).mean() + softplus(made).mean()

    def deceive(images, drawn, divergence):
        n = len(images)
        error = binary_cross_entropy(drawn[:n], images, reduction="none").flatten(1).sum(dim=1)
        features, logits = model.look(drawn)
        with torch.no_grad():
            original = model.look(images)[0]
        apart = ((features[:n] - original) ** 2).sum(dim=1) / (original**2).sum(dim=1)
        loss = error.mean() + divergence.mean() + 20.0 * apart.mean()
        return loss + 2.0 * softplus(-logits).mean()

    draw, judge, deceive = compiled(draw), compiled(judge), compiled(deceive)

    def begin():
        makers = [adam(model.encoder), adam(model.decoder)]
        critic = adam(model.image_discriminator, lr=3e-4)

        def step(indices, place):
            images = x[indices]
            drawn, divergence = draw(images, noise[place], prior[place])
            descend(critic, judge(images, drawn.detach()))
            loss = deceive(images, drawn, divergence)
            for maker in makers:
                maker.zero_grad()
            loss.backward()
            for maker in makers:
                maker.step()
            return loss.detach()

        return step

    return begin


def contract(model, x, compiled):
    """Deep SVDD from random weights: the centre, an epoch, and every distance at the end."""
    encoder, compiled_encoder = model.encoder, compiled(model.encoder)

    def codes():
        encoder.eval()
        with torch.inference_mode():
            parts = torch.cat([compiled_encoder(part) for part in x.split(PART)])
        encoder.train()
        return parts

    def begin():
        center = codes().mean(dim=0).clone()
        center[(center.abs() < 0.1) & (center < 0)] = -0.1
        center[(center.abs() < 0.1) & (center >= 0)] = 0.1
        optimizer = adam(encoder, lr=1e-4, weight_decay=0.5e-6)
        left = len(x)

        def step(indices, _):
            nonlocal left
            distances = ((compiled_encoder(x[indices]) - center) ** 2).sum(dim=1)
            loss = descend(optimizer, distances.mean())
            left -= len(indices)
            if left == 0:
                ((codes() - center) ** 2).sum(dim=1)
            return loss

        return step

    return begin


def scoring(name, compiled, prepare_score):
    """A task: `prepare_score(model)` gives the function from images to scores."""
    make, shape = NETWORKS[name]

    def prepare():
        x = floats("images.f32", *shape)
        score = prepare_score(make)
        score = torch.compile(score) if compiled else score

        @torch.inference_mode()
        def run():
            return torch.cat([score(part) for part in x.split(PART)]).tolist()

        return run

    return prepare, torch.__version__


def errors(make):
    model = model_and_weights(make)[0].eval()
    return lambda x: ((model(x) - x) ** 2).mean(dim=(1, 2, 3))


def bounds(make):
    model = model_and_weights(make)[0].eval()

    def bound(x):
        mean, log_variance = model.distribution(x)
        output = model.decoder(mean)
        error = binary_cross_entropy(output, x, reduction="none").flatten(1).sum(dim=1)
        return error - 0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1)

    return bound


def distances(make):
    model = make()
    weights = load_file(os.path.join(FOLDER, "model.safetensors"))
    missing = model.load_state_dict(weights, strict=False).missing_keys
    assert all(name.startswith("decoder.") or name.endswith("tracked") for name in missing)
    model.eval()
    with open(os.path.join(FOLDER, "model.json"), encoding="utf-8") as file:
        center = torch.tensor(json.load(file)["center"])
    return lambda x: ((model.encoder(x) - center) ** 2).sum(dim=1)


TRAINING = {
    "train_28x28_batch_32": ("conv", 32, redraw),
    "train_28x28_batch_128": ("conv", 128, redraw),
    "train_64x64x3_norm": ("face_norm", 128, redraw),
    "train_64x64x3_conv": ("face", 128, redraw),
    "train_64x64x3_mlp": ("mlp", 128, redraw),
    "train_denoising": ("denoising", 128, denoise),
    "train_lenet_mnist": ("lenet_mnist", 200, redraw),
    "train_lenet_fashion": ("lenet_fashion", 200, redraw),
    "train_lenet_cifar": ("lenet_cifar", 200, redraw),
    "train_gray": ("gray", 8, redraw),
    "train_drift_slim": ("drift", 16, redraw),
    "train_drift_published": ("drift_big", 2, redraw),
    "train_vae_mlp": ("vae_mlp", 128, vary),
    "train_vae_conv": ("vae_slim", 16, vary),
    "train_vae_gan": ("vae_gan", 128, contest),
    "train_deep_svdd": ("lenet_mnist", 200, contract),
}

SCORING = {
    "score_28x28": ("conv", errors),
    "score_64x64x3_norm": ("face_norm", errors),
    "score_64x64x3_conv": ("face", errors),
    "score_64x64x3_mlp": ("mlp", errors),
    "score_denoising": ("denoising", errors),
    "score_lenet_mnist": ("lenet_mnist", errors),
    "score_lenet_fashion": ("lenet_fashion", errors),
    "score_lenet_cifar": ("lenet_cifar", errors),
    "score_gray": ("gray", errors),
    "score_drift_slim": ("drift", errors),
    "score_drift_published": ("drift_big", errors),
    "score_vae_mlp": ("vae_mlp", bounds),
    "score_vae_conv": ("vae_slim", bounds),
    "score_vae_gan": ("vae_gan", bounds),
    "score_deep_svdd": ("lenet_mnist", distances),
}

if __name__ == "__main__":
    serve(
        {
            (task, peer): make
            for peer, compiled in {"torch eager": False, "torch compile": True}.items()
            for task, make in [
                *(
                    (task, training(name, size, compiled, step))
                    for task, (name, size, step) in TRAINING.items()
                ),
                *((task, scoring(name, compiled, score)) for task, (name, score) in SCORING.items()),
            ]
        }
    )
