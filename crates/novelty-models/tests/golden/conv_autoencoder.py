"""Golden values of a small convolutional autoencoder, by PyTorch 2.13.0:

    python3 conv_autoencoder.py

Writes weights.safetensors (the state_dict of the equivalent torch module), and
expected.safetensors: images, their codes and reconstructions in evaluation mode, and every tensor
after one step of Adam (learning rate 1e-2, weight decay 1e-3) on the mean squared error.
"""

from collections import OrderedDict

import torch
from safetensors.torch import save_file
from torch import nn


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def encoder():
    return nn.Sequential(
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


def decoder():
    return nn.Sequential(
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


torch.manual_seed(1)
torch.set_num_threads(1)
model = nn.Module()
model.encoder, model.decoder = encoder(), decoder()
for name, tensor in model.state_dict().items():
    if name.endswith("running_mean"):
        tensor.uniform_(-0.5, 0.5)
    if name.endswith("running_var"):
        tensor.uniform_(0.5, 2.0)
save_file({name: tensor.clone() for name, tensor in model.state_dict().items()}, "weights.safetensors")

images = torch.rand(7, 2, 8, 12)
model.eval()
with torch.no_grad():
    codes = model.encoder(images)
    expected = {"images": images, "codes": codes, "reconstructions": model.decoder(codes)}

model.train()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-3)
loss = nn.functional.mse_loss(model.decoder(model.encoder(images)), images)
loss.backward()
optimizer.step()
expected["loss"] = loss.detach()
for name, tensor in model.state_dict().items():
    if not name.endswith("num_batches_tracked"):
        expected[f"after.{name}"] = tensor.clone()
save_file(expected, "expected.safetensors")
