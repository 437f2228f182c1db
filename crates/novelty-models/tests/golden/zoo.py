"""Golden values of every architecture, by PyTorch 2.13: `python zoo.py`, one thread. Given names,
it replaces the values of those only.

Weights and images are not stored but come from a formula both sides know: entry `i` of the
tensor called `name` is made of `u = mix(fnv(name) + i * 0x9E3779B9) / 2^31 - 1`, in -1..1. What
is stored, in zoo.json, are a few entries of each tensor: of the codes and reconstructions in
evaluation mode, and of every weight and running statistic after one step of Adam in training
mode on the mean squared error, or on the variational bound with noise of the same kind. Which entries, is a formula too.

Adam's epsilon is 1e-3 here: with 1e-8, a bias before a BatchNorm, whose true gradient is 0,
moves by a whole learning rate in the direction of rounding noise.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from architectures import MODELS, Critic, StyleVaeGan, Vae, VaeGan, count

HERE = Path(__file__).parent
N_IMAGES = 3
N_STORED = 12


def fnv(name):
    h = 0x811C9DC5
    for byte in name.encode():
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def mixed(seed, n):
    h = np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed)
    h ^= h >> 16
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> 13
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> 16
    return h


def entries(name, shape):
    n = int(np.prod(shape))
    u = mixed(fnv(name), n).astype(np.float64) / 2.0**31 - 1.0
    if name == "images":
        u = (u + 1.0) / 2.0
    elif name.endswith("running_var"):
        u = 1.0 + 0.5 * u
    elif len(shape) > 1 and not name.endswith("noise"):
        u *= (3.0 * shape[0] / n) ** 0.5
    elif name.endswith("noise"):
        pass
    elif name.endswith("weight"):
        u = 1.0 + 0.2 * u
    else:
        u *= 0.1
    return torch.from_numpy(u.astype(np.float32).reshape(shape))


def sample(name, tensor):
    flat = tensor.detach().contiguous().reshape(-1)
    places = mixed(fnv("sample " + name), N_STORED) % np.uint32(flat.numel())
    return [float(np.float32(flat[int(place)])) for place in places]


def golden(name):
    make, shape = MODELS[name]
    model = make()
    state = model.state_dict()
    for key, tensor in state.items():
        if not key.endswith("num_batches_tracked"):
            tensor.copy_(entries(key, tuple(tensor.shape)))
    images = entries("images", (N_IMAGES, *shape))
    model.eval()
    with torch.no_grad():
        vae = isinstance(model, Vae)
        style = isinstance(model, StyleVaeGan)
        gan = isinstance(model, VaeGan) and not style
        codes = model.distribution(images)[0] if vae or gan else None
        if codes is None:
            codes = model.codes(images) if style else model.encoder(images)
        out = {"codes": sample("codes", codes), "images": sample("redrawn", model.decoder(codes))}
        if vae:
            noise = entries("noise", (N_IMAGES, model.code))
            out["scores"] = model.losses(images, torch.zeros_like(noise)).tolist()
            out["noise"] = sample("noise", noise)
        if gan:
            out["scores"] = model.combined(images).tolist()
        if style:
            styled = 0.5 + 0.5 * entries("style noise", tuple(images.shape))
            out["rerendered"] = sample("rerendered", model.rerendered(styled, 2))
            out["scores"] = model.logits(model.split(styled)[2]).softmax(dim=1).flatten().tolist()
        critic = isinstance(model, Critic)
        if critic:
            anomalies = 0.5 + 0.5 * entries("anomaly noise", tuple(images.shape))
            out["scores"] = model.all_scores(images).tolist()
            out["noise"] = sample("anomalies", anomalies)
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-3)
    if vae:
        # A share of the loss a pixel: the gradients of the convolutional network sum 31x31 kernels
        # over 67,500 pixels, and their rounding noise must stay far below Adam's epsilon.
        loss = model.losses(images, noise).mean() / (64 * images[0].numel())
    elif gan:
        noise, prior = (entries(name, (N_IMAGES, model.code)) for name in ("noise", "prior noise"))
        loss = model.losses(images, noise, prior) / (64 * images[0].numel())
    elif style:
        noise, styles = entries("noise", (2 * N_IMAGES, model.content)), torch.tensor([1, 2, 1])
        loss = model.losses(images, styled, styles, noise) / (64 * images[0].numel())
    elif critic:
        loss = model.losses(images, anomalies, 2)
    else:
        loss = torch.nn.functional.mse_loss(model(images), images)
    loss.backward()
    optimizer.step()
    out["parameters"] = count(model)
    out["loss"] = loss.item()
    kept = ((k, t) for k, t in model.state_dict().items() if not k.endswith("tracked"))
    out["after"] = {key: sample(key, tensor) for key, tensor in kept}
    return out


if __name__ == "__main__":
    torch.set_num_threads(1)
    wanted = sys.argv[1:] or list(MODELS)
    known = json.loads((HERE / "zoo.json").read_text("utf-8")) if sys.argv[1:] else {}
    values = {name: golden(name) if name in wanted else known[name] for name in MODELS}
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
    (HERE / "zoo.json").write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")
    print({name: value["parameters"] for name, value in values.items()}, torch.__version__)
