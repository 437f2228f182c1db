"""Peers of novelty-models: the same networks in PyTorch, from the same weights.

`load_state_dict(strict=True)` on our checkpoint is part of the comparison.
"""

import json
import os
from collections import OrderedDict

import numpy as np
import torch
from harness import serve
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import mse_loss

N_TRAINED = 1280
N_SCORED = 2560
FOLDER = os.environ.get("NOVELTY_COMPARE_DIR", ".")

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))


class ConvAutoencoder(nn.Module):
    """filters (32, 64), code 16, on 28x28; BatchNorm with Keras's settings."""

    def __init__(self):
        super().__init__()

        def norm(channels):
            return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)

        self.encoder = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(1, 32, 3, stride=2, padding=1),
                relu0=nn.LeakyReLU(0.2),
                norm0=norm(32),
                conv1=nn.Conv2d(32, 64, 3, stride=2, padding=1),
                relu1=nn.LeakyReLU(0.2),
                norm1=norm(64),
                flatten=nn.Flatten(),
                linear=nn.Linear(64 * 7 * 7, 16),
            )
        )
        self.decoder = nn.Sequential(
            OrderedDict(
                linear=nn.Linear(16, 64 * 7 * 7),
                unflatten=nn.Unflatten(1, (64, 7, 7)),
                conv0=nn.ConvTranspose2d(64, 64, 3, stride=2, padding=1, output_padding=1),
                relu0=nn.LeakyReLU(0.2),
                norm0=norm(64),
                conv1=nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1),
                relu1=nn.LeakyReLU(0.2),
                norm1=norm(32),
                output=nn.ConvTranspose2d(32, 1, 3, padding=1),
                sigmoid=nn.Sigmoid(),
            )
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def images(n):
    values = np.fromfile(os.path.join(FOLDER, "images.f32"), dtype="<f4")
    return torch.from_numpy(values.reshape(n, 1, 28, 28))


def model_and_weights():
    weights = load_file(os.path.join(FOLDER, "model.safetensors"))
    model = ConvAutoencoder()
    model.load_state_dict(weights, strict=True)
    return model, {name: tensor.clone() for name, tensor in model.state_dict().items()}


def train(batch_size, compiled):
    def prepare():
        x = images(N_TRAINED)
        with open(os.path.join(FOLDER, "order.json"), encoding="ascii") as file:
            order = torch.tensor(json.load(file))
        model, weights = model_and_weights()
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


def score(compiled):
    def prepare():
        x = images(N_SCORED)
        model, _ = model_and_weights()
        model.eval()
        forward = torch.compile(model) if compiled else model

        @torch.inference_mode()
        def run():
            parts = [((forward(part) - part) ** 2).mean(dim=(1, 2, 3)) for part in x.split(256)]
            return torch.cat(parts).tolist()

        return run

    return prepare, torch.__version__


if __name__ == "__main__":
    serve(
        {
            ("train_28x28_batch_32", "torch eager"): train(32, compiled=False),
            ("train_28x28_batch_32", "torch compile"): train(32, compiled=True),
            ("train_28x28_batch_128", "torch eager"): train(128, compiled=False),
            ("train_28x28_batch_128", "torch compile"): train(128, compiled=True),
            ("score_28x28", "torch eager"): score(compiled=False),
            ("score_28x28", "torch compile"): score(compiled=True),
        }
    )
