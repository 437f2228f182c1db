"""Peers of novelty-models: the same networks in PyTorch, from the same weights.

`load_state_dict(strict=True)` on our checkpoint is part of the comparison.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from harness import serve
from safetensors.torch import load_file
from torch.nn.functional import mse_loss

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "crates/novelty-models/tests/golden"))

from architectures import MODELS  # noqa: E402

FOLDER = os.environ.get("NOVELTY_COMPARE_DIR", ".")
# Images scored at a time: PyTorch is slower in parts of 256, whose values leave the caches.
PART = 64

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))


def images(shape):
    values = np.fromfile(os.path.join(FOLDER, "images.f32"), dtype="<f4")
    return torch.from_numpy(values.reshape(-1, *shape))


def model_and_weights(make):
    weights = load_file(os.path.join(FOLDER, "model.safetensors"))
    model = make()
    state = model.state_dict()
    counters = {name: t for name, t in state.items() if name.endswith("num_batches_tracked")}
    model.load_state_dict({**counters, **weights}, strict=True)
    return model, {name: tensor.clone() for name, tensor in model.state_dict().items()}


def train(name, batch_size, compiled):
    make, shape = MODELS[name]

    def prepare():
        x = images(shape)
        with open(os.path.join(FOLDER, "order.json"), encoding="ascii") as file:
            order = torch.tensor(json.load(file))
        model, weights = model_and_weights(make)
        forward = torch.compile(model) if compiled else model
        model.train()

        def run():
            model.load_state_dict(weights)
            optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
            total = torch.zeros(())
            for indices in order.split(batch_size):
                batch = x[indices]
                optimizer.zero_grad()
                loss = mse_loss(forward(batch), batch)
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(indices)
            return [total.item() / len(order)]

        return run

    return prepare, torch.__version__


def score(name, compiled):
    make, shape = MODELS[name]

    def prepare():
        x = images(shape)
        model, _ = model_and_weights(make)
        model.eval()
        forward = torch.compile(model) if compiled else model

        @torch.inference_mode()
        def run():
            parts = [((forward(part) - part) ** 2).mean(dim=(1, 2, 3)) for part in x.split(PART)]
            return torch.cat(parts).tolist()

        return run

    return prepare, torch.__version__


TASKS = {
    "train_28x28_batch_32": lambda compiled: train("conv", 32, compiled),
    "train_28x28_batch_128": lambda compiled: train("conv", 128, compiled),
    "train_64x64x3_batch_128": lambda compiled: train("face_norm", 128, compiled),
    "train_32x32x3_batch_200": lambda compiled: train("lenet_cifar", 200, compiled),
    "score_28x28": lambda compiled: score("conv", compiled),
    "score_64x64x3": lambda compiled: score("face_norm", compiled),
    "score_32x32x3": lambda compiled: score("lenet_cifar", compiled),
}

if __name__ == "__main__":
    peers = {"torch eager": False, "torch compile": True}
    serve(
        {
            (name, peer): task(compiled)
            for name, task in TASKS.items()
            for peer, compiled in peers.items()
        }
    )
