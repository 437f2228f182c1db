"""Loads an autoencoder saved by novelty-models into the equivalent torch module, strictly:

    python3 load_strict.py MODEL.safetensors CASE.safetensors

CASE holds images and the reconstructions computed by novelty-models; prints the largest difference
from PyTorch's. The network is that of conv_autoencoder.py.
"""

import sys
from collections import OrderedDict

import torch
from safetensors.torch import load_file
from torch import nn


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


model = nn.Module()
model.encoder = nn.Sequential(
    OrderedDict(
        conv0=nn.Conv2d(2, 4, 3, stride=2, padding=1),
        relu0=nn.LeakyReLU(0.2),
        norm0=norm(4),
        conv1=nn.Conv2d(4, 6, 3, stride=2, padding=1),
        relu1=nn.LeakyReLU(0.2),
        norm1=norm(6),
        flatten=nn.Flatten(),
        linear=nn.Linear(6 * 2 * 3, 5),
    )
)
model.decoder = nn.Sequential(
    OrderedDict(
        linear=nn.Linear(5, 6 * 2 * 3),
        unflatten=nn.Unflatten(1, (6, 2, 3)),
        conv0=nn.ConvTranspose2d(6, 6, 3, stride=2, padding=1, output_padding=1),
        relu0=nn.LeakyReLU(0.2),
        norm0=norm(6),
        conv1=nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1),
        relu1=nn.LeakyReLU(0.2),
        norm1=norm(4),
        output=nn.ConvTranspose2d(4, 2, 3, padding=1),
        sigmoid=nn.Sigmoid(),
    )
)
model.load_state_dict(load_file(sys.argv[1]), strict=True)
model.eval()
case = load_file(sys.argv[2])
with torch.no_grad():
    back = model.decoder(model.encoder(case["images"]))
print((back - case["reconstructions"]).abs().max().item())
